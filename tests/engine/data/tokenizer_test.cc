#include "engine/data/tokenizer.h"

#include <gmock/gmock.h>

#include "base/error.h"
#include "base/sha256.h"
#include "base/utf8.h"
#include "engine/data/caseops.h"
#include "tests/engine/data/fixtures.h"

namespace pgolf {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::StartsWith;

TEST(Tokenizer, ReadsTheChallengesModels) {
  const Tokenizer sp1024 = Tokenizer::load(tokenizer_path(kPlainModel));
  EXPECT_THAT(sha256_hex(sp1024.model()), StartsWith("4f5e8adb"));
  EXPECT_EQ(sp1024.vocab_size(), 1024);
  const TokenizerSettings& s = sp1024.settings();
  EXPECT_EQ(s.model_type, "bpe");
  EXPECT_NEAR(s.character_coverage, 0.999, 1e-7);
  EXPECT_TRUE(s.byte_fallback && s.split_digits && s.remove_extra_whitespaces);
  EXPECT_FALSE(s.add_dummy_prefix);
  EXPECT_EQ(s.normalization_rule_name, "nmt_nfkc");
  EXPECT_THAT((std::vector{s.pad_id, s.bos_id, s.eos_id, s.unk_id}), ElementsAre(0, 1, 2, 3));
  EXPECT_TRUE(sp1024.has_space_piece());
  EXPECT_FALSE(sp1024.has_case_operators());

  const Tokenizer caseops = Tokenizer::load(tokenizer_path(kCaseOpsModel));
  EXPECT_THAT(sha256_hex(caseops.model()), StartsWith("97754754"));
  EXPECT_EQ(caseops.vocab_size(), 8192);
  EXPECT_TRUE(caseops.has_case_operators());
  EXPECT_EQ(caseops.settings().user_defined_symbols.size(), 4);
  std::string operators;
  for (const char32_t c : {kTitle, kAllCaps, kCapNext, kEscape}) append_utf8(operators, c);
  EXPECT_THAT(caseops.encode(operators), ElementsAre(4, 5, 6, 7));
}

TEST(Tokenizer, PiecesAreTyped) {
  const Tokenizer t = Tokenizer::load(tokenizer_path(kPlainModel));
  EXPECT_EQ(t.pieces()[0].kind, PieceKind::control);
  EXPECT_EQ(t.pieces()[3].kind, PieceKind::unknown);
  EXPECT_EQ(t.pieces()[4 + 'A'].kind, PieceKind::byte);
  EXPECT_EQ(t.pieces()[4 + 'A'].text, "<0x41>");
  EXPECT_EQ(t.pieces()[260].kind, PieceKind::text);
  EXPECT_EQ(t.pieces()[260].text, "\xE2\x96\x81t");
}

TEST(Tokenizer, EncodesToSpansThatTileTheText) {
  const Tokenizer t = Tokenizer::load(tokenizer_path(kPlainModel));
  const std::string text = "  An \xEF\xAC\x81rst\n\nline \xF0\x9F\x98\x80 end\t";
  const auto spans = t.encode_spans(text);
  std::vector<int32_t> ids;
  for (size_t i = 0; i < spans.size(); ++i) {
    ids.push_back(spans[i].id);
    EXPECT_EQ(spans[i].begin, i > 0 ? spans[i - 1].end : 2);  // leading blanks belong to no token
  }
  EXPECT_EQ(spans.back().end, text.size() - 1);  // nor do trailing ones
  EXPECT_EQ(ids, t.encode(text));
  EXPECT_EQ(t.decode(ids), "An first line \xF0\x9F\x98\x80 end");  // nmt_nfkc
}

TEST(Tokenizer, RefusesWhatIsNoModel) {
  EXPECT_THAT(error_of(ErrorKind::not_found, [] { Tokenizer::load("/nonexistent/a.model"); }), HasSubstr("a.model"));
  for (const std::string& bad :
       {std::string(), std::string("not a model"), std::string(1000, '\xFF'), std::string("\x12\x02\x18\x02", 4)})
    EXPECT_THAT(error_of(ErrorKind::submission, [&] { Tokenizer::from_bytes(bad, "x.model"); }),
                HasSubstr("x.model: not a SentencePiece model"));
  const std::string whole = Tokenizer::load(tokenizer_path(kPlainModel)).model();
  EXPECT_THAT(
      error_of(ErrorKind::submission, [&] { Tokenizer::from_bytes(whole.substr(0, whole.size() / 2), "cut.model"); }),
      HasSubstr("cut.model"));
}

TEST(TrainTokenizer, IsDeterministicAndHasTheChallengesSettings) {
  const auto documents = corpus(200);
  const Tokenizer a = train_tokenizer({.vocab_size = 512}, source(documents));
  const Tokenizer b = train_tokenizer({.vocab_size = 512}, source(documents));
  EXPECT_EQ(sha256_hex(a.model()), sha256_hex(b.model()));
  const TokenizerSettings& s = a.settings();
  const TokenizerSettings r = Tokenizer::load(tokenizer_path(kPlainModel)).settings();
  EXPECT_EQ(a.vocab_size(), 512);
  EXPECT_EQ(std::tie(s.model_type, s.character_coverage, s.byte_fallback, s.split_digits, s.user_defined_symbols),
            std::tie(r.model_type, r.character_coverage, r.byte_fallback, r.split_digits, r.user_defined_symbols));
  EXPECT_EQ(std::tie(s.pad_id, s.bos_id, s.eos_id, s.unk_id, s.normalization_rule_name, s.add_dummy_prefix),
            std::tie(r.pad_id, r.bos_id, r.eos_id, r.unk_id, r.normalization_rule_name, r.add_dummy_prefix));
  EXPECT_TRUE(a.has_space_piece());
}

TEST(TrainTokenizer, ReservesTheOperatorsForCaseOps) {
  const Tokenizer t = train_tokenizer({.vocab_size = 600, .caseops = true}, source(corpus(100)));
  EXPECT_TRUE(t.has_case_operators());
  for (const Piece& piece : t.pieces())
    if (piece.kind == PieceKind::text && piece.text.size() > 3)
      for (const char32_t c : {kTitle, kAllCaps, kCapNext, kEscape}) {
        std::string symbol;
        append_utf8(symbol, c);
        EXPECT_EQ(piece.text.find(symbol), std::string::npos) << piece.text;
      }
}

TEST(TrainTokenizer, UsesAllOfALongDocument) {
  // One document of 40 kB whose second half has letters that the first has not; all become pieces.
  std::string text;
  for (int i = 0; i < 4000; ++i) text += i < 2000 ? "abcd " : "wxyz ";
  const Tokenizer t = train_tokenizer({.vocab_size = 275}, source({text}));
  EXPECT_EQ(t.decode(t.encode("wxyz abcd")), "wxyz abcd");
  EXPECT_LE(t.encode("wxyz").size(), 4);
  const std::string unbroken(10000, 'q');  // no space to cut at
  EXPECT_NO_THROW(train_tokenizer({.vocab_size = 263}, source({unbroken})));
}

TEST(TrainTokenizer, SaysWhichVocabulariesAreImpossible) {
  const auto refused = [](int64_t vocab_size, const std::vector<std::string>& documents) {
    return error_of(ErrorKind::usage, [&] { train_tokenizer({.vocab_size = vocab_size}, source(documents)); });
  };
  const auto documents = corpus(3);
  EXPECT_THAT(refused(260, documents), HasSubstr("above 260"));
  EXPECT_THAT(refused(70000, documents), HasSubstr("at most 65536"));
  EXPECT_THAT(refused(270, documents), AllOf(HasSubstr("270 is too small"), HasSubstr("need 3")));
  EXPECT_THAT(refused(40000, documents), HasSubstr("give more text"));
  EXPECT_THAT(refused(512, {" \n", ""}), HasSubstr("no text"));
}

TEST(TrainTokenizer, RethrowsWhatTheSourceThrows) {
  int left = 50;
  const auto documents = corpus(50);
  const DocumentSource failing = [&]() -> std::optional<std::string> {
    if (--left == 0) fail(ErrorKind::usage, "docs.jsonl:50: broken");
    return documents[static_cast<size_t>(left)];
  };
  EXPECT_THAT(error_of(ErrorKind::usage, [&] { train_tokenizer({.vocab_size = 400}, failing); }),
              HasSubstr("docs.jsonl:50"));
}

}  // namespace
}  // namespace pgolf
