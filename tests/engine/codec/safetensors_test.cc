#include "engine/codec/safetensors.h"

#include <gtest/gtest.h>

#include <cstring>
#include <filesystem>
#include <limits>

#include "base/error.h"
#include "engine/codec/float16.h"

namespace pgolf {
namespace {

std::vector<std::byte> file_of(const std::string& header, size_t data_bytes) {
  const uint64_t size = header.size();
  std::vector<std::byte> out(8 + header.size() + data_bytes);
  std::memcpy(out.data(), &size, 8);
  std::memcpy(out.data() + 8, header.data(), header.size());
  return out;
}

// What the reader says about a damaged file; empty if it accepts it.
std::string refusal(std::vector<std::byte> bytes) {
  try {
    SafetensorsFile::parse(std::move(bytes), "f");
  } catch (const Error& e) {
    EXPECT_EQ(e.kind(), ErrorKind::submission);
    EXPECT_EQ(std::string(e.what()).find('\n'), std::string::npos) << e.what();
    return e.what();
  }
  return "";
}

TEST(Safetensors, RoundTripKeepsTensorsMetadataAndAlignment) {
  const std::vector<float> w{1.5f, -2.0f, 0.25f, 7.0f, 0.0f, -0.0f};
  const std::vector<int8_t> q{-128, 0, 127};
  const double half = 0.5;
  SafetensorsWriter writer;
  writer.metadata("meta", "{\"pr\": 334}");
  writer.add("q", "I8", {3}, std::as_bytes(std::span(q)));
  writer.add("w", {2, 3}, w);
  writer.add("scalar", "F64", {}, std::as_bytes(std::span(&half, 1)));
  writer.add("empty", {0, 5}, {});
  const auto path = std::filesystem::temp_directory_path() / ("pgolf_" + std::to_string(::getpid()) + ".safetensors");
  writer.write(path);
  const auto file = SafetensorsFile::open(path);
  std::filesystem::remove(path);

  EXPECT_EQ(file.names(), (std::vector<std::string>{"scalar", "w", "empty", "q"}));
  EXPECT_EQ(file.metadata("meta"), "{\"pr\": 334}");
  EXPECT_EQ(file.tensor("w").shape, (std::vector<int64_t>{2, 3}));
  EXPECT_EQ(to_floats(file.tensor("w")), w);
  EXPECT_EQ(to_ints(file.tensor("q")), (std::vector<int32_t>{-128, 0, 127}));
  EXPECT_EQ(to_floats(file.tensor("scalar")), (std::vector<float>{0.5f}));
  EXPECT_EQ(file.tensor("empty").numel(), 0);
  EXPECT_THROW(file.tensor("absent"), Error);
  EXPECT_THROW(file.metadata("absent"), Error);
  EXPECT_THROW(to_ints(file.tensor("w")), Error);
}

TEST(Safetensors, RefusesDamagedFiles) {
  const std::string good = R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}})";
  EXPECT_EQ(refusal(file_of(good, 8)), "");
  struct Case {
    const char* header;
    size_t data;
    const char* says;
  };
  const Case cases[] = {
      {"", 0, "does not start with '{'"},
      {"[1]", 0, "does not start with '{'"},
      {"{\"a\":", 0, "not valid JSON at byte"},
      {"{\"a\":1e999}", 0, "out of range"},
      {"{\"a\":1}", 0, "\"a\": 'dtype' is missing"},
      {"{\"\xff\":1}", 0, "not valid JSON"},
      {"{\"a\":{\"b\":{\"c\":{\"d\":{\"e\":1}}}}}", 0, "nested too deeply"},
      {R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}})",
       8, "the key \"a\" twice"},
      {R"({"a":{"dtype":"F32","dtype":"F32","shape":[2],"data_offsets":[0,8]}})", 8, "the key \"dtype\" twice"},
      {R"({"a":{"dtype":"F33","shape":[2],"data_offsets":[0,8]}})", 8, "unknown dtype \"F33\""},
      {R"({"a":{"dtype":"F32","shape":[-2],"data_offsets":[0,8]}})", 8, "non-negative"},
      {R"({"a":{"dtype":"F32","shape":[2.0],"data_offsets":[0,8]}})", 8, "non-negative"},
      {R"({"a":{"dtype":"F32","shape":2,"data_offsets":[0,8]}})", 8, "must be arrays"},
      {R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0]}})", 8, "must be arrays"},
      {R"({"a":{"dtype":"F32","shape":[3],"data_offsets":[0,8]}})", 8, "shape needs 12 bytes, data has 8"},
      {R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}})", 7, "outside the file's 7 data bytes"},
      {R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[8,0]}})", 8, "outside"},
      {R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}})", 9, "1 bytes follow"},
      {R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[4,12]}})", 12, "unused bytes"},
      {R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"b":{"dtype":"U8","shape":[4],"data_offsets":[6,10]}})",
       10, "overlaps"},
      {R"({"a":{"dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,8]}})", 8, "too large"},
      {R"({"a":{"dtype":"F32","shape":[18446744073709551615],"data_offsets":[0,8]}})", 8, "too large"},
      {R"({"a\nb":{"dtype":"F32","shape":[1],"data_offsets":[0,8]}})", 8, "a\\nb"},
      {R"({"__metadata__":{"k":1}})", 0, "must be a string"},
      {R"({"__metadata__":[]})", 0, "must be an object"},
  };
  for (const auto& c : cases)
    EXPECT_NE(refusal(file_of(c.header, c.data)).find(c.says), std::string::npos)
        << c.header << "\n  " << refusal(file_of(c.header, c.data));
}

TEST(Safetensors, RefusesEveryTruncation) {
  const auto whole = file_of(R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}})", 8);
  for (size_t n = 0; n < whole.size(); ++n)
    EXPECT_NE(refusal({whole.begin(), whole.begin() + static_cast<ptrdiff_t>(n)}), "") << n;
  auto oversized = whole;
  std::memset(oversized.data(), 0xff, 8);
  EXPECT_NE(refusal(oversized).find("claims 18446744073709551615 bytes"), std::string::npos);
}

TEST(Float16, EveryHalfSurvivesARoundTrip) {
  for (uint32_t bits = 0; bits < 0x10000; ++bits) {
    const auto half = static_cast<uint16_t>(bits);
    const bool nan = (bits & 0x7c00) == 0x7c00 && (bits & 0x3ff) != 0;
    if (!nan) {
      ASSERT_EQ(float_to_half(half_to_float(half)), half);
    } else {
      ASSERT_TRUE(std::isnan(half_to_float(float_to_half(half_to_float(half)))));
    }
    const bool bf16_nan = (bits & 0x7f80) == 0x7f80 && (bits & 0x7f) != 0;
    if (!bf16_nan) {
      ASSERT_EQ(float_to_bf16(bf16_to_float(half)), half);
    }
  }
}

TEST(Float16, NarrowingTiesToEven) {
  EXPECT_EQ(round_to_half(1.0f + 0x1p-11f), 1.0f);
  EXPECT_EQ(round_to_half(1.0f + 3 * 0x1p-11f), 1.0f + 0x1p-9f);
  EXPECT_EQ(round_to_half(0x1p-25f), 0.0f);
  EXPECT_EQ(round_to_half(0x1.8p-24f), 0x1p-23f);
  EXPECT_EQ(round_to_half(65519.0f), 65504.0f);
  EXPECT_EQ(round_to_half(65520.0f), std::numeric_limits<float>::infinity());
  EXPECT_EQ(round_to_bf16(0.1f), 0.10009765625f);
  EXPECT_EQ(round_to_bf16(1.0f + 0x1p-8f), 1.0f);
}

}  // namespace
}  // namespace pgolf
