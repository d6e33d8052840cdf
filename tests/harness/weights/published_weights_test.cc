#include "harness/weights/published_weights.h"

#include <fmt/ranges.h>
#include <gmock/gmock.h>

#include "base/file.h"
#include "engine/codec/transform.h"
#include "harness/weights/stored_zip.h"
#include "harness/weights/torch_pickle.h"
#include "tests/harness/fixture.h"

namespace pgolf {
namespace {

using testing::HasSubstr;

Bytes saved() { return read_bytes(source_dir() / "tests/harness/weights/tiny.pt"); }
Bytes packed(const Bytes& saved) { return brotli_compress(byte_shuffle(saved, 2), 11, 22); }
const std::vector<ParamSpec> kWanted{{"tok_emb.weight", {3, 4}}, {"gain", {2}}, {"a.weight", {4, 4}}};

std::string refusal(const Bytes& file, const std::vector<ParamSpec>& wanted = kWanted) {
  const Error e = error_of([&] { read_published_weights(file, wanted, "f.ptz"); });
  EXPECT_EQ(e.kind(), ErrorKind::submission);
  return e.what();
}

std::string pickle_refusal(const std::string& text) {
  return error_of([&] { TorchPickle(std::as_bytes(std::span(text.data(), text.size())), "f.ptz"); }).what();
}

// "i8 [2,4] 07 f8 ...": type, shape, bytes.
std::string part_of(const ArtifactTensor& tensor, const char* key) {
  const ArtifactPart* part = tensor.find(key);
  if (!part) return "none";
  std::string out = fmt::format("{} [{}]", element_name(part->type), fmt::join(part->shape, ","));
  for (const std::byte byte : part->bytes) out += fmt::format(" {:02x}", std::to_integer<int>(byte));
  return out;
}

TEST(PublishedWeights, CodesAndScalesGoOverBitByBit) {
  const auto tensors = read_published_weights(packed(saved()), kWanted, "f.ptz");
  ASSERT_EQ(tensors.size(), 3u);
  EXPECT_EQ(tensors[0].encoding, "int7");
  EXPECT_EQ(tensors[1].encoding, "f16");
  EXPECT_EQ(tensors[2].encoding, "int6+hadamard+lqer");
  EXPECT_EQ(part_of(tensors[0], "q"), "i8 [3,4] 3f c1 00 01 02 03 04 05 fa f9 f8 f7");
  EXPECT_EQ(part_of(tensors[0], "scale"), "f16 [3] 00 38 00 34 00 40");  // 0.5, 0.25, 2
  EXPECT_EQ(part_of(tensors[1], "v"), "f16 [2] 00 3e 00 c0");            // 1.5, -2
  EXPECT_EQ(part_of(tensors[2], "lqA"), "i8 [4,2] fe ff 00 01 01 00 ff fe");
  EXPECT_EQ(part_of(tensors[2], "lqA_scale"), "f16 [1] 00 38");
  EXPECT_EQ(part_of(tensors[2], "lqB"), "i8 [2,4] 07 f8 01 02 03 04 05 06");
  EXPECT_EQ(part_of(tensors[2], "lqB_scale"), "f16 [2] 00 34 00 3a");
}

TEST(PublishedWeights, WhatDoesNotFitTheModelIsNamed) {
  const Bytes file = packed(saved());
  EXPECT_THAT(refusal(file, {{"tok_emb.weight", {3, 4}}, {"gain", {2}}}), HasSubstr("tensor a.weight.q is not part"));
  EXPECT_THAT(refusal(file, {{"gain", {3}}}), HasSubstr("tensor gain is not of the model's shape"));
  EXPECT_THAT(refusal(file, {{"other", {3}}}), HasSubstr("tensor other is missing"));
  EXPECT_THAT(refusal(file, {{"tok_emb.weight", {4, 3}}}), HasSubstr("not of the model's shape"));
}

TEST(PublishedWeights, DamagedFilesAreRefused) {
  const Bytes good = saved(), file = packed(good);
  EXPECT_THAT(refusal({}), HasSubstr("no Brotli stream"));
  EXPECT_THAT(refusal(Bytes(file.begin(), file.end() - 1)), HasSubstr("Brotli"));
  EXPECT_THAT(refusal(packed(Bytes(1000))), HasSubstr("zip"));
  for (size_t at = 0; at < good.size(); at += 7) {  // a changed byte is found, or changes nothing that is read
    Bytes bad = good;
    bad[at] ^= std::byte{0x10};
    try {
      EXPECT_EQ(read_published_weights(packed(bad), kWanted, "f.ptz").size(), 3u);
    } catch (const Error& e) {
      EXPECT_EQ(e.kind(), ErrorKind::submission);
      EXPECT_THAT(e.what(), testing::Not(HasSubstr("\n")));
    }
  }
  const Bytes bomb = brotli_compress(Bytes(300 << 20), 1, 22);
  EXPECT_THAT(refusal(bomb), HasSubstr("holds more than"));
}

TEST(TorchPickle, NothingIsImportedOrCalled) {
  EXPECT_THAT(pickle_refusal("\x80\x02"
                             "cos\nsystem\nX\x02\0\0\0ls\x85R."),
              HasSubstr("names os system"));
  EXPECT_THAT(pickle_refusal(std::string("\x80\x02\x8c\x02os\x8c\x06system\x93.", 15)), HasSubstr("names os system"));
  EXPECT_THAT(pickle_refusal("\x80\x02}}b."), HasSubstr("opcode 0x62"));  // BUILD
  EXPECT_THAT(pickle_refusal("\x80\x05N."), HasSubstr("protocol 5"));
  EXPECT_THAT(pickle_refusal("\x80\x02"), HasSubstr("breaks off"));
  EXPECT_THAT(pickle_refusal("t"), HasSubstr("mark"));
  EXPECT_THAT(pickle_refusal("N0."), HasSubstr("opcode 0x30"));
  EXPECT_THAT(pickle_refusal("h\x01."), HasSubstr("recalls"));
  EXPECT_THAT(pickle_refusal("ctorch\nHalfStorage\n)R."), HasSubstr("calls what is no function"));
  EXPECT_THAT(pickle_refusal(std::string(200'000, 'N')), HasSubstr("too many values"));
  // a dictionary that holds itself, and a value recalled for ever
  const std::string own("}q\x00h\x00h\x00s.", 9);
  EXPECT_EQ(TorchPickle(std::as_bytes(std::span(own.data(), own.size())), "f").root().pairs.size(), 1u);
  std::string often = "Nq" + std::string(1, '\0');
  for (int i = 0; i < 200'000; ++i) often += std::string("h\0", 2);
  EXPECT_THAT(pickle_refusal(often), HasSubstr("recalls"));
}

TEST(StoredZip, LiesAreRefused) {
  const Bytes good = saved();
  EXPECT_EQ(read_stored_zip(good, "f").at("archive/version").size(), 2u);
  const auto at = [&](const char* signature) {
    const std::string_view text(reinterpret_cast<const char*>(good.data()), good.size());
    return text.find(std::string_view(signature, 4));
  };
  const auto changed = [&](size_t where, int value) {
    Bytes bad = good;
    bad[where] = static_cast<std::byte>(value);
    return std::string(error_of([&] { read_stored_zip(bad, "f"); }).what());
  };
  const size_t entry = at("PK\1\2");
  EXPECT_THAT(changed(entry + 10, 8), HasSubstr("compressed"));
  EXPECT_THAT(changed(entry + 16, 0x55), HasSubstr("checksum"));
  EXPECT_THAT(changed(entry + 45, 0x7f), HasSubstr("cut short"));
  EXPECT_THAT(changed(at("PK\5\6") + 11, 0x7f), HasSubstr("too many files"));
  EXPECT_THAT(changed(at("PK\3\4"), 0), HasSubstr("damaged file header"));
}

}  // namespace
}  // namespace pgolf
