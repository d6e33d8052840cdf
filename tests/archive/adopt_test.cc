// A published script as a variant of the family that its code is nearest to.
#include "archive/adopt.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "archive/adopted_toml.h"
#include "archive/python_functions.h"
#include "archive/script_code.h"
#include "engine/config/fields.h"
#include "resolve/submission.h"

namespace pgolf {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

// A function of some twenty tokens that no other number has.
std::string function(const std::string& name, int n) {
  return fmt::format("def {}(x, y):\n    x = y.at_{}(x + 1, 'text {}')\n    return x.sum(y)\n", name, n, n);
}

// What the family's script is; a request changes it.
std::string script() {
  return "import os\nclass H:\n    lr = float(os.environ.get('MATRIX_LR', 0.04))\n"
         "    top = int(os.environ.get('TOP_K', 3))\n    on = bool(int(os.environ.get('ON', '1')))\n"
         "    seed = os.environ.get('SEED', 7)\nCAP = 30 + 1\n" +
         function("a", 1) + function("b", 2);
}

ScriptFamily family() {
  const std::string text = script();
  ScriptFamily out;
  out.submission = "pr-9";
  ScriptVariable lr{.name = "MATRIX_LR", .standard = "0.04", .ran = "0.03", .field = "muon.lr", .attribute = "lr"};
  ScriptVariable top{.name = "TOP_K", .standard = "3", .ran = "3", .field = "quant.lqer_top_k", .attribute = "top"};
  top.only_with = "ON", top.off = 0;
  ScriptVariable on{.name = "ON", .standard = "1", .ran = "1", .field = "", .reason = "a switch", .attribute = "on"};
  out.variables = {lr, top, on};
  out.ignored = {"SEED"};
  for (const WholeFunction& f : whole_functions(text, 100)) out.functions.push_back({f.name, f.hash, f.exact_hash});
  for (const OutsideLine& line : lines_outside(text, 100)) out.outside.insert(line.exact_hash);
  return out;
}

Config config() {
  Config out;
  out.muon.lr = 0.03, out.quant.lqer_top_k = 3;
  return out;
}

Adoption adopted(const std::string& text, std::vector<PublishedText> texts = {}) {
  static const std::vector<ScriptFamily> known = {family()};
  Publication publication;
  publication.submission.code.file = "train_gpt.py";
  publication.submission.code.others = {"ngram.c"};
  texts.push_back({"train_gpt.py", "script", text});
  return adopt(nearest_family(known, text), config(), publication, texts);
}

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  return text.replace(text.find(from), from.size(), to);
}

std::vector<std::string> fields(const Adoption& a) {
  std::vector<std::string> out;
  for (const AdoptedField& f : a.fields)
    out.push_back(fmt::format("{}={} {} {}", f.key, f.value.dump(), f.text, f.where));
  return out;
}
std::vector<std::string> missing(const Adoption& a) {
  std::vector<std::string> out;
  for (const NotExpressed& m : a.missing) out.push_back(fmt::format("{}: {} @{}", m.kind, m.what, m.where));
  return out;
}

constexpr char kLog[] = "x\nHyperparameters:\n  lr: 0.03\n  on: True\n  top: 3\nstep:1\n  lr: 9\n";

TEST(Adopt, TheFamilyItselfHasNothingToSay) {
  const Adoption a = adopted(script(), {{"a.log", "log", kLog}});
  EXPECT_THAT(fields(a), IsEmpty());
  EXPECT_THAT(missing(a), ElementsAre("file: ngram.c @ngram.c"));
  EXPECT_EQ(a.kinship.text(), "2 of 2 functions and 4 of 4 variables are pr-9's");
}

// Shipped tables hold these hashes: a change of how they are made needs them to be made anew.
TEST(Adopt, HashesAreThoseOfTheShippedTables) {
  const std::vector<WholeFunction> f = whole_functions(function("a", 1), 10);
  ASSERT_EQ(f.size(), 1u);
  EXPECT_EQ(f[0].hash, 0x546870a6u);
  EXPECT_EQ(f[0].exact_hash, 0x47596f2du);
  EXPECT_EQ(f[0].tokens, 27);
  EXPECT_EQ(f[0].owner, "");
  EXPECT_EQ(whole_functions("class C(nn.Module):\n    def f(self):\n        pass\n", 10).at(0).owner, "C");
  ASSERT_EQ(lines_outside("CAP = 30 + 1\n", 10).size(), 1u);
  EXPECT_EQ(lines_outside("CAP = 30 + 1\n", 10)[0].exact_hash, 0x75591e86u);
}

// A default that the family's command line had overridden proves nothing about the request's.
TEST(Adopt, ADefaultAloneIsNamedAsUnproven) {
  const Adoption a = adopted(script());
  EXPECT_THAT(fields(a), ElementsAre("muon.lr=0.04 0.04 train_gpt.py:3"));
  EXPECT_THAT(missing(a), ElementsAre("unproven: what the run was set to @",
                                      "unproven: MATRIX_LR = 0.04 @train_gpt.py:3", "file: ngram.c @ngram.c"));
}

TEST(Adopt, ADefaultThatALogDoesNotPrintIsUnproven) {
  const Adoption a =
      adopted(replaced(script(), "'TOP_K', 3", "'TOP_K', 5"), {{"a.log", "log", replaced(kLog, "  top: 3\n", "")}});
  EXPECT_THAT(fields(a), ElementsAre("quant.lqer_top_k=5 5 with ON = True train_gpt.py:4"));
  EXPECT_THAT(missing(a), ElementsAre("unproven: TOP_K = 5 @train_gpt.py:4", "file: ngram.c @ngram.c"));
}

TEST(Adopt, ALogComesBeforeACommandAndACommandBeforeADefault) {
  const PublishedText log{"a.log", "log", kLog};
  const PublishedText second{"b.log", "log", replaced(kLog, "0.03", "0.05")};
  const PublishedText readme{"README.md", "text",
                             "MATRIX_LR=7 is no command\n```bash\nMATRIX_LR=\"0.02\" ON=0 TOP_K=$K \\\n"
                             "  torchrun train_gpt.py\n```\n```\nMATRIX_LR=8\n```\n"};
  EXPECT_THAT(fields(adopted(script(), {readme})),
              ElementsAre("muon.lr=0.02 0.02 README.md:3", "quant.lqer_top_k=0 3 with ON = 0 train_gpt.py:4"));
  const Adoption a = adopted(script(), {log, second, readme});
  EXPECT_THAT(fields(a), IsEmpty());
  EXPECT_THAT(missing(a), ElementsAre("unproven: MATRIX_LR = 0.03 @a.log:3", "unproven: ON = True @a.log:4",
                                      "file: ngram.c @ngram.c"));
  EXPECT_EQ(a.missing[0].why, "b.log:3 says 0.05");
  EXPECT_EQ(a.missing[1].why, "README.md:3 says 0");
}

TEST(Adopt, AnEnvironmentIsReadWhereverItIsPublished) {
  const auto found = [](const std::string& name, const std::string& kind, const std::string& text) {
    return fields(adopted(script(), {{name, kind, text}}));
  };
  for (const char* readme : {"Run `SEED=42 MATRIX_LR=0.02 torchrun --standalone train_gpt.py` once.\n",
                             "    SEED=42 MATRIX_LR=0.02 torchrun --standalone train_gpt.py\n",
                             "$ SEED=42 MATRIX_LR=0.02 \\\n"
                             "  torchrun --standalone train_gpt.py\n"})
    EXPECT_THAT(found("README.md", "text", readme), ElementsAre("muon.lr=0.02 0.02 README.md:1")) << readme;
  EXPECT_THAT(found("README.md", "text", "SEED=42 \\\nMATRIX_LR=0.02 \\\ntorchrun train_gpt.py\nMATRIX_LR=9\n"),
              ElementsAre("muon.lr=0.02 0.02 README.md:2"));
  EXPECT_THAT(found("README.md", "text", "With MATRIX_LR=0.02 in train_gpt.py, or `MATRIX_LR=0.02`.\n"),
              ElementsAre("muon.lr=0.04 0.04 train_gpt.py:3"));
  EXPECT_THAT(found("run.sh", "code", "export MATRIX_LR=0.02\ntorchrun train_gpt.py\n"),
              ElementsAre("muon.lr=0.02 0.02 run.sh:1"));
  const std::string card = "{\n \"val_bpb\": 1.1,\n \"env_overrides\": {\"TOP_K\": 5,\n  \"MATRIX_LR\": \"0.02\"}\n}";
  EXPECT_THAT(found("submission.json", "card", card),
              ElementsAre("muon.lr=0.02 0.02 submission.json:4", "quant.lqer_top_k=5 5 with ON = 1 submission.json:3"));
  EXPECT_THAT(found("submission.json", "card", "{\"ablation_env\": {\"MATRIX_LR\": 0.02}}"),
              ElementsAre("muon.lr=0.04 0.04 train_gpt.py:3"));
}

TEST(Adopt, WhatIsNewOrAnotherIsNamedWithItsLine) {
  std::string text = replaced(script(), "'SEED', 7", "'SLOPE', 0.5");
  text = replaced(text, "30 + 1", "31 + 1\nMORE = CAP + 1");
  text = replaced(text, "'text 1'", "'text one'");
  text = replaced(text, "at_2", "at_3") + function("c", 4) + function("d", 1);
  const Adoption a = adopted(text, {{"a.log", "log", kLog}});
  EXPECT_THAT(missing(a),
              ElementsAre("variable: SLOPE = 0.5 @train_gpt.py:6", "text: a @train_gpt.py:9",
                          "function: b @train_gpt.py:12", "function: c @train_gpt.py:15", "text: d @train_gpt.py:18",
                          "code: CAP = 31 + 1 @train_gpt.py:7", "file: ngram.c @ngram.c"));
  EXPECT_EQ(a.missing[2].why, "not as pr-9's");
  EXPECT_EQ(a.missing[3].why, "new");
  EXPECT_EQ(a.missing[5].why, "2 lines that the family has not, to line 8");
}

// A technique of which nothing stands in the script is off; a number that is written into it is not looked for.
TEST(Adopt, VariablesThatAreGoneAreAssumptions) {
  std::string text = replaced(script(), "    top = int(os.environ.get('TOP_K', 3))\n", "");
  text = replaced(text, "float(os.environ.get('MATRIX_LR', 0.04))", "0.04");
  const Adoption a = adopted(text, {{"a.log", "log", kLog}});
  EXPECT_THAT(fields(a), ElementsAre("quant.lqer_top_k=0 not read train_gpt.py"));
  EXPECT_THAT(missing(a),
              ElementsAre("assumed: muon.lr = 0.03 @train_gpt.py", "assumed: quant.lqer_top_k = 0 @train_gpt.py",
                          "code: lr = 0.04 @train_gpt.py:3", "file: ngram.c @ngram.c"));
}

TEST(Adopt, AValueOutsideOfItsLimitsIsNotTaken) {
  const Adoption a = adopted(script(), {{"a.log", "log", replaced(kLog, "  top: 3", "  top: -3")}});
  EXPECT_THAT(fields(a), IsEmpty());
  ASSERT_EQ(a.missing.size(), 2u);
  EXPECT_EQ(a.missing[0].what, "TOP_K = -3");
  EXPECT_THAT(a.missing[0].why, HasSubstr("quant.lqer_top_k"));
}

TEST(Adopt, HalfOfTheFunctionsMakeAFamily) {
  const std::vector<ScriptFamily> known = {family()};
  EXPECT_TRUE(nearest_family(known, script() + function("c", 3) + function("d", 4)).is_known());
  const Kinship kin = nearest_family(known, script() + function("c", 3) + function("d", 4) + function("e", 5));
  EXPECT_FALSE(kin.is_known());
  EXPECT_EQ(kin.text(), "2 of 5 functions and 4 of 4 variables are pr-9's");
  EXPECT_FALSE(nearest_family(known, "").is_known());
  EXPECT_EQ(nearest_family({}, script()).family, nullptr);
}

// What strangers wrote does not leave its place in the file.
TEST(AdoptedToml, KeepsClaimsAndDifferencesWhateverTheyHold) {
  const Adoption a = adopted(replaced(script(), "'SEED', 7", "'X', \"\\\"]\\n#\""), {{"a.log", "log", kLog}});
  PublishedFolder folder;
  folder.pull = 12, folder.path = "records/t/\xff\"\n[config.model]";
  Submission& s = folder.publication.submission;
  s.title = "\"\n[config]", s.track = "10min_16mb", s.seeds = {42, 7};
  Claim claim;
  claim.source = "logs/a\".log", claim.seed = 42, claim.steps = 120;
  ClaimedEval eval;
  eval.name = "ttt", eval.val_bpb = "1.0934", eval.val_loss = "nan", eval.eval_ms = 5000;
  claim.evals = {eval};
  s.claims = {claim};
  const Submission read = parse_submission(adopted_toml("adopted-12", a, folder), "x");
  EXPECT_EQ(read.extends, "pr-9");
  EXPECT_EQ(read.title, "#12, adopted: \"?[config]");
  EXPECT_THAT(read.seeds, ElementsAre(42, 7));
  ASSERT_EQ(read.claims.size(), 1u);
  EXPECT_EQ(read.claims[0].source, "a\".log");
  EXPECT_EQ(read.claims[0].steps, 120);
  EXPECT_EQ(read.claims[0].evals.at(0).val_bpb, "1.0934");
  EXPECT_EQ(read.claims[0].evals.at(0).val_loss, "");
  EXPECT_EQ(read.claims[0].evals.at(0).eval_ms, 5000);
  ASSERT_EQ(read.differences.size(), 2u);
  EXPECT_EQ(read.differences[1].claimed, "file: ngram.c");
  EXPECT_THAT(read.config, IsEmpty());
}

}  // namespace
}  // namespace pgolf
