#include "engine/data/near_documents.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <random>

#include "engine/data/caseops.h"
#include "tests/engine/data/fixtures.h"

namespace pgolf {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

constexpr size_t kVal = 40;  // of the corpus's documents

class NearDocumentsOf : public testing::Test {
 protected:
  std::vector<uint16_t> tokens(const std::string& text) const {
    std::vector<uint16_t> out{1};
    for (const int32_t id : tokenizer_.encode(text)) out.push_back(static_cast<uint16_t>(id));
    return out;
  }
  // Numbers of the validation documents that are found in these training documents.
  std::vector<int64_t> found(const std::vector<std::string>& val, const std::vector<std::string>& train) const {
    NearDocuments near(tokenizer_);
    for (size_t i = 0; i < val.size(); ++i) {
      const auto document = tokens(val[i]);
      const std::span<const uint16_t> piece = document;
      near.add({&piece, 1}, {0, static_cast<int64_t>(i), 0});
    }
    near.seal();
    for (const std::string& text : train) {
      const auto document = tokens(text);
      const std::span<const uint16_t> piece = document;
      near.look_up({&piece, 1});
    }
    std::vector<int64_t> out;
    for (const auto& [shard, ordinal] : near.found()) out.push_back(ordinal);
    return out;
  }
  std::vector<std::string> val() const { return {all_.begin(), all_.begin() + kVal}; }

  Tokenizer tokenizer_ = Tokenizer::load(tokenizer_path(kPlainModel));
  std::vector<std::string> all_ = corpus(1122);
};

TEST_F(NearDocumentsOf, OtherTextsAreNone) { EXPECT_THAT(found(val(), {all_.begin() + kVal, all_.end()}), IsEmpty()); }

// Attacks: near-validation-in-training
TEST_F(NearDocumentsOf, EqualAndChangedOnesAreFound) {
  std::mt19937 generator(5);
  const auto changed = [&](size_t every, auto change) {
    std::vector<std::string> out = val();
    for (std::string& text : out)
      for (size_t i = generator() % every; i < text.size(); i += every) change(text[i]);
    std::shuffle(out.begin(), out.end(), generator);
    return out;
  };
  const size_t long_enough = found(val(), val()).size();
  EXPECT_GE(long_enough, kVal * 9 / 10);
  EXPECT_THAT(found(val(), changed(2000, [](char& c) { c = c == 'e' ? 'a' : 'e'; })), SizeIs(long_enough));
  EXPECT_THAT(found(val(), changed(1, [](char& c) { c = static_cast<char>(std::toupper(c)); })), SizeIs(long_enough));
  EXPECT_THAT(found(val(), changed(1, [](char& c) { c = c == ' ' ? '\n' : c; })), SizeIs(long_enough));
  std::vector<std::string> dashed = val();
  for (std::string& text : dashed)
    for (size_t i = text.find(' ', 40); i != std::string::npos; i = text.find(' ', i + 40)) text.insert(i, " \u2013");
  EXPECT_THAT(found(val(), dashed), SizeIs(long_enough));
  // A letter in every two lines: most passages go, and most documents are still known.
  EXPECT_GE(found(val(), changed(160, [](char& c) { c = c == 'e' ? 'a' : 'e'; })).size(), long_enough * 9 / 10);
}

// Attacks: passages-of-validation
TEST_F(NearDocumentsOf, CutAndJoinedOnesAreFound) {
  std::string joined;
  std::vector<std::string> parts;
  for (const std::string& text : val()) {
    joined += text + "\n";
    for (size_t i = 0; i < text.size(); i += 500) parts.push_back(text.substr(i, 500));
  }
  EXPECT_EQ(found(val(), {joined}), found(val(), val()));
  EXPECT_EQ(found(val(), parts), found(val(), val()));
}

TEST_F(NearDocumentsOf, AQuotationIsNoDocument) {
  const std::string& text =
      *std::max_element(all_.begin(), all_.end(), [](auto& a, auto& b) { return a.size() < b.size(); });
  EXPECT_THAT(found({text}, {text.substr(0, text.size() / 8)}), IsEmpty());
  EXPECT_THAT(found({text}, {text.substr(0, text.size() / 2)}), ElementsAre(0));
  EXPECT_THAT(found({text.substr(0, 60)}, {text}), IsEmpty());  // too short to tell
}

// Another vocabulary cuts the same text into other tokens, and CaseOps writes capitals as operators.
TEST_F(NearDocumentsOf, PassagesAreOfTheTextNotOfItsTokens) {
  const Tokenizer other = Tokenizer::load(tokenizer_path(kCaseOpsModel));
  const auto passages = [](const Tokenizer& tokenizer, const std::string& text) {
    std::vector<uint16_t> document;
    for (const int32_t id : tokenizer.encode(text)) document.push_back(static_cast<uint16_t>(id));
    const std::span<const uint16_t> piece = document;
    std::vector<uint64_t> out;
    Passages(tokenizer).each({&piece, 1}, [&](uint64_t hash) { out.push_back(hash); });
    return out;
  };
  const std::string text = all_[0] + " Caf\u00e9 \u4e2d\u6587 1234";
  const auto plain = passages(tokenizer_, text);
  EXPECT_GT(plain.size(), 10U);
  EXPECT_EQ(passages(other, text), plain);
  EXPECT_EQ(passages(other, caseops_encode(text)), plain);
}

}  // namespace
}  // namespace pgolf
