#include <cstring>

#include "base/sha256.h"
#include "engine/codec/container.h"
#include "engine/codec/header.h"
#include "engine/codec/safetensors.h"
#include "engine/data/shard.h"
#include "fuzz/refusal.h"
#include "fuzz/targets.h"

namespace pgolf::fuzz {
namespace {

constexpr uint64_t kMostUnpacked = 1 << 20;

std::vector<std::byte> to_bytes(std::string_view text) {
  const auto bytes = std::as_bytes(std::span(text.data(), text.size()));
  return {bytes.begin(), bytes.end()};
}

std::vector<std::byte> sha256_bytes(std::span<const std::byte> data) {
  const std::string hex = sha256_hex(data);
  std::vector<std::byte> out;
  for (size_t i = 0; i < hex.size(); i += 2)
    out.push_back(static_cast<std::byte>(std::stoi(hex.substr(i, 2), nullptr, 16)));
  return out;
}

// The header's text up to the first line end, the sections after it: what lies behind compression and checksum.
// Sections of lrzip are left packed, since undoing one starts a process; so are those of more than a megabyte, since
// filling the 256 MB that a header may ask for at most takes a fuzzer's time and finds nothing.
void unpack_plain(std::string_view bytes) {
  const size_t line = std::min(bytes.find('\n'), bytes.size());
  Header header = read_header(bytes.substr(0, line), "artifact.bin");
  const std::vector<std::byte> packed = to_bytes(bytes.substr(std::min(line + 1, bytes.size())));
  std::span<const std::byte> rest = packed;
  for (const Section& section : header.sections) {
    const auto stored = rest.first(std::min<size_t>(section.stored, rest.size()));
    rest = rest.subspan(stored.size());
    if (section.packing != Packing::lrzip && !section.parts.empty() && section.raw <= kMostUnpacked)
      unpack_section(section, stored, header.artifact, stored, "artifact.bin");
  }
  for (const ArtifactTensor& tensor : header.artifact.tensors)
    for (const ArtifactPart& part : tensor.parts)
      hold(part.bytes.empty() || part.bytes.size() == static_cast<size_t>(part.numel()) * element_size(part.type),
           "a part that does not fill its shape");
}

}  // namespace

void shard(std::string_view bytes) {
  // Mutations are of the few words that matter; the header's many zeros come after the third.
  constexpr size_t kWords = 3 * sizeof(int32_t);
  std::vector<uint32_t> aligned((std::max<size_t>(bytes.size(), kWords) + kShardHeaderBytes) / sizeof(uint32_t) + 1);
  auto* at = reinterpret_cast<std::byte*>(aligned.data());
  size_t size = bytes.size();
  std::memcpy(at, bytes.data(), std::min(size, kWords));
  if (size > kWords) {
    std::memcpy(at + kShardHeaderBytes, bytes.data() + kWords, size - kWords);
    size += static_cast<size_t>(kShardHeaderBytes) - kWords;
  }
  parse_or_refuse([&] {
    const auto tokens = parse_shard({at, size}, "fineweb_train_000000.bin");
    hold(tokens.size_bytes() + static_cast<size_t>(kShardHeaderBytes) == size, "tokens that are not the file's");
    check_token_range(tokens, 1024, "fineweb_train_000000.bin");
  });
}

void artifact(std::string_view bytes) {
  if (bytes.starts_with(kSealed)) return parse_or_refuse([&] { unpack_plain(bytes.substr(1)); });
  parse_or_refuse([&] {
    std::vector<std::byte> file = to_bytes(bytes);
    const auto sum = sha256_bytes(file);
    file.insert(file.end(), sum.begin(), sum.end());
    const SizeReport sizes = artifact_sizes(file, "artifact.bin");
    hold(sizes.total() == static_cast<int64_t>(file.size()), "sizes that do not add up to the file's");
  });
  parse_or_refuse([&] { artifact_sizes(to_bytes(bytes), "artifact.bin"); });
}

void safetensors(std::string_view bytes) {
  // A length that fits is put before the text for half of the inputs, so that mutations reach the header.
  std::vector<std::byte> file = to_bytes(bytes.substr(bytes.starts_with(kSealed) ? 1 : 0));
  if (bytes.starts_with(kSealed)) {
    const uint64_t header = std::min(bytes.find('\n', 1), bytes.size()) - 1;
    const auto* length = reinterpret_cast<const std::byte*>(&header);
    file.insert(file.begin(), length, length + sizeof header);
  }
  parse_or_refuse([&] {
    const auto read = SafetensorsFile::parse(std::move(file), "checkpoint.safetensors");
    for (const std::string& name : read.names()) {
      const SafetensorsView& tensor = read.tensor(name);
      hold(tensor.bytes.size() <= bytes.size(), "a tensor larger than its file");
      parse_or_refuse([&] { to_floats(tensor); });
      parse_or_refuse([&] { to_ints(tensor); });
    }
  });
}

}  // namespace pgolf::fuzz
