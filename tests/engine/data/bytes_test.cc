#include "engine/data/bytes.h"

#include <gmock/gmock.h>

#include <cmath>
#include <numbers>
#include <numeric>

#include "base/error.h"
#include "base/file.h"
#include "engine/data/caseops.h"
#include "engine/data/encode.h"
#include "engine/data/shard.h"
#include "tests/engine/data/fixtures.h"
#include "tests/support/golden_config.h"

namespace pgolf {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

ByteTables golden_tables(const GoldenFile& golden) {
  ByteTables tables;
  for (const int32_t b : golden.ints("base_bytes")) tables.base.push_back(static_cast<int16_t>(b));
  for (const int32_t b : golden.ints("leading_space")) tables.leading_space.push_back(static_cast<uint8_t>(b));
  for (const int32_t b : golden.ints("boundary")) tables.boundary.push_back(static_cast<uint8_t>(b));
  return tables;
}

// Whether a result's windows score every target exactly once, and then how many targets they are.
int64_t targets_of(const GoldenFile& golden, const std::string& evaluation, int64_t tokens) {
  const Config config = golden_config(golden);
  if (evaluation == "phased_ttt") return tokens - 1;
  const bool consecutive = evaluation == "eval_val" && config.eval.plain == PlainPass::consecutive;
  return consecutive ? whole_row_targets(tokens, config.eval.seq_len) : 0;
}

// The byte count that a script used follows from its loss and bpb: targets * val_loss / (ln 2 * val_bpb). It must be
// ours.
TEST(BytesGolden, CountsTheBytesThatTheScriptsCounted) {
  if (const std::string none = golden_missing({"eval_*"}); !none.empty()) GTEST_SKIP() << none;
  for (const auto& path : golden_files("eval_*")) {
    const GoldenFile golden(path);
    SCOPED_TRACE(golden.name());
    const TempDirectory directory;
    write_shard(directory / "fineweb_val_000000.bin", golden.ints("val_tokens"));
    const bool sidecar = golden.contains("val_bytes");
    if (sidecar) write_shard(directory / "fineweb_val_bytes_000000.bin", golden.ints("val_bytes"));
    const ByteTables tables = sidecar ? ByteTables{} : golden_tables(golden);
    const ValidationData data =
        load_validation(directory.path(), golden_config(golden).model.vocab_size, sidecar ? nullptr : &tables);
    for (const auto& [name, result] : golden.meta().at("results").items()) {
      const int64_t targets = targets_of(golden, name, static_cast<int64_t>(data.tokens.size()));
      if (targets == 0) continue;
      const int64_t bytes =
          std::accumulate(data.target_bytes.begin() + 1, data.target_bytes.begin() + 1 + targets, int64_t{0});
      const double val_loss = result.at("val_loss"), val_bpb = result.at("val_bpb");
      EXPECT_NEAR(static_cast<double>(targets) * val_loss / (std::numbers::ln2 * val_bpb), static_cast<double>(bytes),
                  1e-3)
          << name;
      const Score score = val_score(val_loss * static_cast<double>(targets), targets, bytes);
      EXPECT_NEAR(score.val_loss, val_loss, 1e-12);
      EXPECT_NEAR(score.val_bpb, val_bpb, 1e-9);
    }
  }
}

TEST(ByteTables, FollowThePieces) {
  const Tokenizer t = Tokenizer::load(tokenizer_path(kPlainModel));
  const ByteTables tables = byte_tables(t, false, 1030);
  ASSERT_EQ(tables.base.size(), 1030);
  for (const int32_t id : {0, 1, 2, 3, 1024, 1029}) {
    EXPECT_EQ(tables.base[id], 0);
    EXPECT_EQ(tables.boundary[id], 1);
  }
  EXPECT_EQ(tables.base[4 + 0xFF], 1);
  EXPECT_EQ(tables.boundary[4 + 0xFF], 0);
  EXPECT_EQ(t.pieces()[267].text, "\xE2\x96\x81the");
  EXPECT_EQ(tables.base[267], 3);
  EXPECT_EQ(tables.bytes(262, 267), 4);  // a space and three letters
  EXPECT_EQ(tables.bytes(1, 267), 3);    // no space at the start of a document
  EXPECT_EQ(tables.bytes(4 + ' ', 267), 4);
  EXPECT_EQ(tables.bytes(267, 1), 0);  // BOS as a target
}

// #755, #897: no piece for the space alone. #1969: a plain model under the CaseOps name.
TEST(ByteTables, ModelsThatWouldMiscountAreRefused) {
  std::string model = read_text(tokenizer_path(kPlainModel));
  const std::string space = "\x0a\x03\xE2\x96\x81";  // the piece "▁" as the model's file writes it
  ASSERT_NE(model.find(space), std::string::npos);
  model.replace(model.find(space), space.size(), "\x0a\x03\xE4\xB7\x80");
  const auto refusal = [](const Tokenizer& tokenizer, bool caseops) {
    try {
      DocumentEncoder(tokenizer, caseops);
    } catch (const Error& e) {
      EXPECT_EQ(e.kind(), ErrorKind::submission);
      return std::string(e.what());
    }
    return std::string();
  };
  EXPECT_THAT(refusal(Tokenizer::from_bytes(model, "a model"), false), HasSubstr("the space U+2581 is no piece"));
  const Tokenizer plain = Tokenizer::load(tokenizer_path(kPlainModel));
  EXPECT_EQ(refusal(plain, false), "");
  EXPECT_THAT(refusal(plain, true), HasSubstr("no pieces for the CaseOps operators"));
}

// On text that the normaliser leaves alone, the tables count exactly the text's bytes.
TEST(ByteTables, CountTheUtf8LengthOfNormalText) {
  const Tokenizer t = Tokenizer::load(tokenizer_path(kPlainModel));
  const ByteTables tables = byte_tables(t, false, t.vocab_size());
  for (const std::string& text : corpus(100)) {
    const auto ids = t.encode(text);
    int64_t bytes = 0;
    for (size_t i = 0; i < ids.size(); ++i) bytes += tables.bytes(i == 0 ? 1 : ids[i - 1], ids[i]);
    EXPECT_EQ(bytes, static_cast<int64_t>(t.decode(ids).size()));
  }
}

TEST(ByteTables, CaseOpsOperatorsAreFree) {
  const Tokenizer t = Tokenizer::load(tokenizer_path(kCaseOpsModel));
  const ByteTables tables = byte_tables(t, true, t.vocab_size());
  for (const int32_t id : {4, 5, 6, 7}) {
    EXPECT_EQ(tables.base[id], 0);
    EXPECT_EQ(tables.boundary[id], 0);
  }
  const ByteTables naive = byte_tables(t, false, t.vocab_size());
  EXPECT_EQ(naive.base[4], 3);
  for (const std::string& text : corpus(50)) {
    const auto ids = t.encode(caseops_encode(text));
    int64_t bytes = 0;
    for (size_t i = 0; i < ids.size(); ++i) bytes += tables.bytes(i == 0 ? 1 : ids[i - 1], ids[i]);
    EXPECT_EQ(bytes, static_cast<int64_t>(caseops_decode(t.decode(ids)).size()));
  }
}

TEST(OriginalBytes, CoverTheTextWithoutItsOuterBlanks) {
  const Tokenizer t = Tokenizer::load(tokenizer_path(kCaseOpsModel));
  std::string literal = "An escaped ";
  literal += "\xEE\x80\x82 operator";  // U+E002
  for (const std::string& text : {std::string("Hello NASA iPhone caf\xC3\xA9 \xF0\x9F\x98\x80!"), literal,
                                  std::string("Two\n\nlines  and \xEF\xAC\x81 ligatures\xE2\x80\xA6")}) {
    const std::string encoded = caseops_encode(text);
    const auto bytes = original_bytes(encoded, t.encode_spans(encoded));
    EXPECT_EQ(std::accumulate(bytes.begin(), bytes.end(), int64_t{0}), static_cast<int64_t>(text.size())) << text;
  }
  const std::string encoded = caseops_encode("  OK \n");
  const auto bytes = original_bytes(encoded, t.encode_spans(encoded));
  EXPECT_EQ(std::accumulate(bytes.begin(), bytes.end(), 0), 2);
  EXPECT_EQ(bytes[0], 0);  // ALLCAPS
}

TEST(LoadValidation, RefusesASidecarThatDoesNotFit) {
  const TempDirectory directory;
  write_shard(directory / "fineweb_val_000000.bin", std::vector{1, 300, 301});
  const auto error = [&](ErrorKind kind, int64_t vocab_size) {
    return error_of(kind, [&] { load_validation(directory.path(), vocab_size, nullptr); });
  };
  EXPECT_THAT(error(ErrorKind::not_found, 1024), HasSubstr("fineweb_val_bytes_"));
  write_shard(directory / "fineweb_val_bytes_000000.bin", std::vector{0, 3});
  EXPECT_THAT(error(ErrorKind::submission, 1024), HasSubstr("2 entries for the 3 tokens"));
  write_shard(directory / "fineweb_val_bytes_000000.bin", std::vector{0, 3, 4});
  EXPECT_THAT(error(ErrorKind::submission, 300), HasSubstr("token 300 at position 1"));
  EXPECT_THAT(load_validation(directory.path(), 1024, nullptr).target_bytes, ElementsAre(0, 3, 4));
}

TEST(ValScore, IsTheFormula) {
  const Score score = val_score(4.0 * std::numbers::ln2 * 10, 10, 40);
  EXPECT_DOUBLE_EQ(score.val_loss, 4.0 * std::numbers::ln2);
  EXPECT_DOUBLE_EQ(score.val_bpb, 1.0);
}

}  // namespace
}  // namespace pgolf
