#include "harness/weights/published_weights.h"

#include <brotli/decode.h>

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <memory>
#include <set>

#include "base/error.h"
#include "base/message.h"
#include "engine/codec/transform.h"
#include "harness/weights/stored_zip.h"
#include "harness/weights/torch_pickle.h"

namespace pgolf {
namespace {

constexpr size_t kMostBytes = 256 << 20;  // as our container's
constexpr size_t kShuffleHeader = 5;      // "BSHF" and the stride

Bytes brotli_to_a_bound(ByteView file, std::string_view origin) {
  const std::unique_ptr<BrotliDecoderState, void (*)(BrotliDecoderState*)> state(
      BrotliDecoderCreateInstance(nullptr, nullptr, nullptr), BrotliDecoderDestroyInstance);
  const auto* in = reinterpret_cast<const uint8_t*>(file.data());
  size_t left = file.size(), room = 0;
  Bytes out;
  for (;;) {
    const BrotliDecoderResult result = BrotliDecoderDecompressStream(state.get(), &left, &in, &room, nullptr, nullptr);
    size_t size = 0;
    const auto* bytes = reinterpret_cast<const std::byte*>(BrotliDecoderTakeOutput(state.get(), &size));
    if (size > kMostBytes - out.size()) fail(ErrorKind::submission, "{}: holds more than {} bytes", origin, kMostBytes);
    out.insert(out.end(), bytes, bytes + size);
    if (result == BROTLI_DECODER_RESULT_SUCCESS && left == 0) return out;
    if (result != BROTLI_DECODER_RESULT_NEEDS_MORE_OUTPUT)
      fail(ErrorKind::submission, "{}: no Brotli stream, or damaged; the container of pull request 2143 is expected",
           origin);
  }
}

Bytes unshuffled(Bytes data, std::string_view origin) {
  if (data.size() < kShuffleHeader || std::string_view(reinterpret_cast<const char*>(data.data()), 4) != "BSHF")
    return data;
  const int stride = std::to_integer<int>(data[4]);
  return stride < 2 ? Bytes(data.begin() + kShuffleHeader, data.end())
                    : byte_unshuffle(data, stride, data.size() - kShuffleHeader, origin);
}

class WeightReader {
 public:
  WeightReader(ByteView saved, std::string_view origin)
      : origin_(origin), files_(read_stored_zip(saved, origin)), pickle_(file("/data.pkl"), origin) {
    if (const ByteView order = find_file("/byteorder"); !order.empty() && as_text(order) != "little")
      fail(ErrorKind::submission, "{}: its numbers are not of least byte first", origin);
    tensors_ = member("w"), how_ = member("m");
  }

  std::vector<ArtifactTensor> read(const std::vector<ParamSpec>& wanted) {
    std::vector<ArtifactTensor> out;
    for (const ParamSpec& spec : wanted) out.push_back(read(spec));
    for (const auto& [name, value] : tensors_->pairs)
      if (!used_.contains(value))
        fail(ErrorKind::submission, "{}: tensor {} is not part of the model", origin_, as_message(name->text));
    return out;
  }

 private:
  using Kind = PickledValue::Kind;

  [[noreturn]] void refuse(const std::string& tensor, const std::string& why) const {
    fail(ErrorKind::submission, "{}: tensor {} {}", origin_, tensor, why);
  }
  static std::string_view as_text(ByteView bytes) {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
  }

  // "archive/data.pkl": the folder's name is the file's that was saved.
  ByteView find_file(std::string_view end) const {
    for (const auto& [name, bytes] : files_)
      if (name.ends_with(end) && name.find('/') == name.size() - end.size()) return bytes;
    return {};
  }
  ByteView file(std::string_view end) const {
    const ByteView out = find_file(end);
    if (out.data() == nullptr) fail(ErrorKind::submission, "{}: has no file '{}'; no torch.save", origin_, end);
    return out;
  }

  const PickledValue* member(const char* name) const {
    const PickledValue* out = pickle_.root().kind == Kind::dict ? pickle_.root().find(name) : nullptr;
    if (!out || out->kind != Kind::dict)
      fail(ErrorKind::submission, "{}: has no dictionary '{}' of tensors or of how they are stored", origin_, name);
    return out;
  }

  // As one part, bit by bit.
  ArtifactPart part(const std::string& tensor, const std::string& suffix, const std::string& key, ElementType type) {
    const PickledValue* value = tensors_->find(tensor + suffix);
    if (!value || value->kind != Kind::tensor) refuse(tensor + suffix, "is missing");
    used_.insert(value);
    const PickledTensor& t = value->tensor;
    const bool half = type == ElementType::f16;
    if (t.storage_type != (half ? "HalfStorage" : "CharStorage"))
      refuse(tensor + suffix, fmt::format("is of {}, not of {}", t.storage_type, half ? "float16" : "int8"));
    ArtifactPart out{key, type, t.shape, {}};
    const ByteView bytes = file("/data/" + t.key);
    int64_t numel = 1, step = 1;
    for (size_t i = t.shape.size(); i-- > 0; step *= std::max<int64_t>(t.shape[i], 1)) {
      if (t.shape[i] > static_cast<int64_t>(kMostBytes) || numel > static_cast<int64_t>(kMostBytes))
        refuse(tensor + suffix, "is too large");
      if (t.shape[i] > 1 && t.strides[i] != step) refuse(tensor + suffix, "does not lie in one piece");
      numel *= t.shape[i];
    }
    const auto size = static_cast<int64_t>(element_size(type));
    const auto held = static_cast<int64_t>(bytes.size()) / size;
    if (t.offset > held || numel > held - t.offset) refuse(tensor + suffix, "is larger than its storage");
    const ByteView own = bytes.subspan(static_cast<size_t>(t.offset * size), static_cast<size_t>(numel * size));
    out.bytes.assign(own.begin(), own.end());
    if (half) check_finite(out, tensor + suffix);
    return out;
  }

  void check_finite(const ArtifactPart& part, const std::string& tensor) const {
    for (size_t i = 0; i + 1 < part.bytes.size(); i += 2) {
      const auto bits = std::to_integer<unsigned>(part.bytes[i]) | std::to_integer<unsigned>(part.bytes[i + 1]) << 8;
      if ((bits & 0x7c00u) == 0x7c00u) refuse(tensor, "has a value that is not finite");
    }
  }

  void check_codes(const ArtifactPart& part, int bits, const std::string& tensor) const {
    const int most = (1 << (bits - 1)) - 1;
    for (const std::byte byte : part.bytes)
      if (std::abs(static_cast<int>(static_cast<int8_t>(byte))) > most)
        refuse(tensor, fmt::format("has a code beyond {} bits", bits));
  }

  ArtifactTensor read(const ParamSpec& spec) {
    const PickledValue* how = how_->find(spec.name);
    if (!how || how->kind != Kind::text) refuse(spec.name, "is missing");
    ArtifactTensor out{spec.name, "", spec.shape, {}};
    if (how->text == "passthrough (float16)") {
      out.encoding = "f16";
      out.parts.push_back(part(spec.name, "", "v", ElementType::f16));
      if (out.parts[0].shape != spec.shape) refuse(spec.name, "is not of the model's shape");
      return out;
    }
    read_codes(spec, how->text, out);
    return out;
  }

  // "gptq (int6) +hadamard+lqer_asym"
  void read_codes(const ParamSpec& spec, std::string_view how, ArtifactTensor& out) {
    constexpr std::string_view kStart = "gptq (int";
    int bits = 0;
    const size_t close = std::min(how.find(')'), how.size());
    if (how.starts_with(kStart)) std::from_chars(how.data() + kStart.size(), how.data() + close, bits);
    std::string_view rest = how.substr(std::min(close + 1, how.size()));
    const auto has = [&](std::string_view word) {
      if (!rest.starts_with(word)) return false;
      rest.remove_prefix(word.size());
      return true;
    };
    const bool hadamard = has(" +hadamard"), asym = has("+lqer_asym"), plain = !asym && has("+lqer");
    if (bits < 2 || bits > 8 || !rest.empty() || spec.shape.size() != 2)
      refuse(spec.name, fmt::format("is stored as '{}', which is not known", as_message(std::string(how))));
    out.encoding = fmt::format("int{}{}{}", bits, hadamard ? "+hadamard" : "", asym || plain ? "+lqer" : "");
    out.parts.push_back(part(spec.name, ".q", "q", ElementType::i8));
    out.parts.push_back(part(spec.name, ".scale", "scale", ElementType::f16));
    if (out.parts[0].shape != spec.shape || out.parts[1].numel() != spec.shape[0])
      refuse(spec.name, "is not of the model's shape");
    check_codes(out.parts[0], bits, spec.name);
    if (asym || plain) read_correction(spec, asym ? "_a" : "", out);
  }

  void read_correction(const ParamSpec& spec, const std::string& form, ArtifactTensor& out) {
    for (const char* factor : {"lqA", "lqB"}) {
      out.parts.push_back(part(spec.name, "." + std::string(factor) + form, factor, ElementType::i8));
      ArtifactPart scales =
          part(spec.name, "." + std::string(factor) + "s" + form, std::string(factor) + "_scale", ElementType::f16);
      scales.shape = {scales.numel()};
      const int64_t codes = out.parts.back().numel();
      if (out.parts.back().shape.size() != 2 || scales.numel() == 0 || codes % scales.numel() != 0)
        refuse(spec.name, fmt::format("has a correction {} that does not fit", factor));
      out.parts.push_back(std::move(scales));
    }
    const ArtifactPart &a = out.parts[2], &b = out.parts[4];
    if (a.shape[0] != spec.shape[0] || b.shape[1] != spec.shape[1] || a.shape[1] != b.shape[0] || a.shape[1] == 0)
      refuse(spec.name, "has a correction that does not fit");
  }

  std::string_view origin_;
  std::map<std::string, ByteView, std::less<>> files_;
  TorchPickle pickle_;
  const PickledValue *tensors_ = nullptr, *how_ = nullptr;
  std::set<const PickledValue*> used_;
};

}  // namespace

std::vector<ArtifactTensor> read_published_weights(ByteView file, const std::vector<ParamSpec>& wanted,
                                                   std::string_view origin) {
  const Bytes saved = unshuffled(brotli_to_a_bound(file, origin), origin);
  return WeightReader(saved, origin).read(wanted);
}

}  // namespace pgolf
