#include "engine/codec/container.h"

#include <gtest/gtest.h>

#include <cstring>
#include <random>

#include "base/error.h"
#include "base/sha256.h"

namespace pgolf {
namespace {

constexpr uint32_t kSeed = 20240607;

ArtifactPart random_part(std::mt19937& rng, std::string key, ElementType type, std::vector<int64_t> shape) {
  ArtifactPart part{std::move(key), type, std::move(shape), {}};
  std::normal_distribution<float> codes(0.0F, 5.0F);
  part.bytes.resize(static_cast<size_t>(part.numel()) * element_size(type));
  for (auto& b : part.bytes) b = static_cast<std::byte>(static_cast<int8_t>(std::lround(codes(rng))));
  return part;
}

// Two blocks, a table, small floats, a correction, empty and scalar parts.
Artifact random_artifact() {
  std::mt19937 rng(kSeed);
  Artifact a{"{\"model\": {\"num_layers\": 2}}", {}};
  a.tensors.push_back({"tok_emb.weight", "int8", {70, 33}, {}});
  a.tensors.back().parts = {random_part(rng, "q", ElementType::i8, {70, 33}),
                            random_part(rng, "scale", ElementType::f16, {70})};
  for (int layer = 0; layer < 2; ++layer)
    for (const char* kind : {"attn.c_q", "attn.c_v", "mlp.fc", "mlp.proj"}) {
      a.tensors.push_back({"blocks." + std::to_string(layer) + "." + kind + ".weight", "int5", {40, 24}, {}});
      a.tensors.back().parts = {random_part(rng, "q", ElementType::i8, {40, 24}),
                                random_part(rng, "scale", ElementType::f16, {40})};
    }
  a.tensors.back().parts.push_back(random_part(rng, "lqB_a", ElementType::i8, {4, 24}));
  a.tensors.push_back({"bigram.scale", "f16", {}, {random_part(rng, "v", ElementType::f16, {})}});
  a.tensors.push_back({"skip_weights", "f32", {0, 24}, {random_part(rng, "v", ElementType::f32, {0, 24})}});
  return a;
}

void expect_equal(const Artifact& a, const Artifact& b) {
  EXPECT_EQ(a.metadata, b.metadata);
  ASSERT_EQ(a.tensors.size(), b.tensors.size());
  for (size_t t = 0; t < a.tensors.size(); ++t) {
    EXPECT_EQ(a.tensors[t].name, b.tensors[t].name);
    EXPECT_EQ(a.tensors[t].encoding, b.tensors[t].encoding);
    EXPECT_EQ(a.tensors[t].shape, b.tensors[t].shape);
    ASSERT_EQ(a.tensors[t].parts.size(), b.tensors[t].parts.size());
    for (size_t p = 0; p < a.tensors[t].parts.size(); ++p) {
      EXPECT_EQ(a.tensors[t].parts[p].key, b.tensors[t].parts[p].key);
      EXPECT_EQ(a.tensors[t].parts[p].type, b.tensors[t].parts[p].type);
      EXPECT_EQ(a.tensors[t].parts[p].shape, b.tensors[t].parts[p].shape);
      EXPECT_EQ(a.tensors[t].parts[p].bytes, b.tensors[t].parts[p].bytes) << a.tensors[t].name;
    }
  }
}

const CodecConfig kZstd{Codec::zstd, 22}, kShuffle{Codec::brotli_shuffle, 11}, kGroups{Codec::per_group, 11};

std::string refusal(ByteView file) {
  try {
    unpack_artifact(file, "artifact.bin");
  } catch (const Error& e) {
    EXPECT_EQ(e.kind(), ErrorKind::submission) << e.what();
    EXPECT_EQ(std::string(e.what()).find('\n'), std::string::npos) << e.what();
    EXPECT_EQ(std::string(e.what()).find("artifact.bin"), 0u) << e.what();
    return e.what();
  }
  return "";
}

// The file with another body and a checksum that fits it, as a forger would write it.
Bytes resealed(Bytes file) {
  file.resize(file.size() - 32);
  const std::string hex = sha256_hex(file);
  for (size_t i = 0; i < 64; i += 2) file.push_back(static_cast<std::byte>(std::stoi(hex.substr(i, 2), nullptr, 16)));
  return file;
}

TEST(Container, RoundTripWithEveryCodec) {
  const Artifact artifact = random_artifact();
  for (const CodecConfig& codec : {kZstd, kShuffle, kGroups}) {
    const Bytes file = pack_artifact(artifact, codec);
    expect_equal(unpack_artifact(file, "artifact.bin"), artifact);
    EXPECT_EQ(pack_artifact(artifact, codec), file) << "packing is not deterministic";
  }
}

TEST(Container, EmptyArtifact) {
  const Artifact empty{"{}", {}};
  const Bytes file = pack_artifact(empty, kZstd);
  EXPECT_LT(file.size(), 120u);
  expect_equal(unpack_artifact(file, "artifact.bin"), empty);
}

TEST(Container, SizeReportAddsUpToTheFile) {
  const Artifact artifact = random_artifact();
  for (const CodecConfig& codec : {kZstd, kShuffle, kGroups}) {
    const Bytes file = pack_artifact(artifact, codec);
    const SizeReport report = artifact_sizes(file, "artifact.bin");
    EXPECT_EQ(report.total(), static_cast<int64_t>(file.size()));
    int64_t raw_codes = 0;
    for (const auto& row : report.rows) {
      EXPECT_GE(row.stored, 0);
      if (row.label == "mlp.fc" || row.label == "tok_emb") raw_codes += row.raw;
      if (row.label == "scales") {
        EXPECT_EQ(row.raw, 2 * (70 + 8 * 40));
      } else if (row.label == "container") {
        EXPECT_LT(row.stored, 600);
      }
    }
    EXPECT_EQ(raw_codes, 70 * 33 + 2 * 40 * 24);
    EXPECT_EQ(report.rows.back().label, "container");
  }
}

TEST(Container, EveryFlippedByteIsRefused) {
  const Bytes file = pack_artifact(random_artifact(), kZstd);
  for (size_t i = 0; i < file.size(); i += 7) {
    Bytes damaged = file;
    damaged[i] ^= std::byte{0x10};
    ASSERT_NE(refusal(damaged), "") << "byte " << i;
  }
}

TEST(Container, EveryTruncationIsRefused) {
  const Bytes file = pack_artifact(random_artifact(), kZstd);
  for (size_t n = 0; n < file.size(); n += n < 64 ? 1 : 97) ASSERT_NE(refusal(ByteView(file).first(n)), "") << n;
  EXPECT_NE(refusal(ByteView(file).first(file.size() - 1)).find("damaged or cut short"), std::string::npos);
  Bytes longer = file;
  longer.push_back(std::byte{0});
  EXPECT_NE(refusal(longer), "");
}

TEST(Container, NewerVersionIsRefused) {
  Bytes file = pack_artifact(random_artifact(), kZstd);
  file[4] = std::byte{2};
  EXPECT_NE(refusal(resealed(file)).find("format version 2, this pgolf reads up to 1"), std::string::npos);
}

// With a valid checksum the reader still trusts nothing: random damage is refused or read, never more.
TEST(Container, ForgedFilesNeverCrash) {
  std::mt19937 rng(kSeed);
  for (const CodecConfig& codec : {kZstd, kShuffle}) {
    const Bytes file = pack_artifact(random_artifact(), codec);
    for (int trial = 0; trial < 300; ++trial) {
      Bytes forged = file;
      for (int flips = 1 + static_cast<int>(rng() % 3); flips > 0; --flips)
        forged[rng() % (file.size() - 32)] = static_cast<std::byte>(rng());
      forged = resealed(std::move(forged));
      try {
        unpack_artifact(forged, "artifact.bin");
      } catch (const Error& e) {
        ASSERT_EQ(e.kind(), ErrorKind::submission) << "seed " << kSeed << " trial " << trial << ": " << e.what();
      }
    }
  }
}

}  // namespace
}  // namespace pgolf
