// What the variables of an original script set of our configuration: the shipped tables prove themselves.
#include "resolve/script_variables.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <map>

#include "base/error.h"
#include "base/file.h"
#include "engine/config/fields.h"
#include "resolve/resolve.h"
#include "tests/support/error_of.h"
#include "tests/support/source_dir.h"

namespace pgolf {
namespace {

using testing::AllOf;
using testing::HasSubstr;

std::filesystem::path root() { return source_dir() / "submissions"; }

std::string as_run(const ScriptFamily& family, const std::string& name) {
  const ScriptVariable* v = family.variable(name);
  return v ? v->ran : "";
}

// Of each row what the run had, converted, is the field's value in the pinned configuration.
TEST(ScriptVariables, EveryRowHoldsAgainstThePinnedConfiguration) {
  struct Counts {
    size_t fields = 0, without = 0, set = 0, functions = 0;  // set: by a command line
    bool operator==(const Counts&) const = default;
  };
  std::map<std::string, Counts> seen;
  for (const ScriptFamily& family : load_families(root())) {
    const Submission submission = load_submission(root() / family.submission, root());
    EXPECT_EQ(family.script_sha256, submission.upstream.script_sha256) << family.submission;
    const Config config = resolve(submission, {}).pinned.config;
    Counts& counts = seen[family.submission];
    counts.functions = family.functions.size();
    for (const ScriptVariable& v : family.variables) {
      EXPECT_FALSE(family.ignored.contains(v.name)) << v.name;
      counts.set += v.ran != v.standard;
      ++(v.field.empty() ? counts.without : counts.fields);
      if (v.field.empty()) continue;
      const FieldValue value = field_value(v, [&](const std::string& name) { return as_run(family, name); });
      EXPECT_EQ(value.problem, "") << family.submission << " " << v.name;
      if (value.value.is_null()) continue;  // a switch is off
      EXPECT_EQ(value.value, config_field(v.field).get(config)) << family.submission << " " << v.name;
    }
  }
  const std::map<std::string, Counts> expected = {
      {"pr-334", {41, 6, 1, 47}},    {"pr-754", {54, 8, 1, 56}},    {"pr-849", {58, 16, 0, 59}},
      {"pr-2143", {91, 24, 23, 95}}, {"pr-2097", {98, 21, 4, 117}},
  };
  EXPECT_EQ(seen.size(), expected.size());
  for (const auto& [name, counts] : expected)
    EXPECT_EQ(seen[name], counts) << name << ": " << seen[name].fields << " fields, " << seen[name].without
                                  << " without, " << seen[name].set << " set, " << seen[name].functions << " functions";
}

constexpr char kTable[] = R"(format = "pgolf.variables/1"
script_sha256 = ""
variables = [
  { name = "DIM", default = "64", field = "model.model_dim" },
  { name = "MULT", default = "3.0", field = "model.mlp_hidden", times = "DIM" },
  { name = "TOKENS", default = "2048*48*8", field = "train.batch_tokens" },
  { name = "FRACTION", default = "0.15", field = "qat.start_at", convert = "one minus" },
  { name = "LAYERS", default = "9,10", field = "model.value_embed_layers", only_with = "ON" },
  { name = "WIDTH", default = "32", field = "model.value_embed_dim", only_with = "ON" },
  { name = "ON", default = "1", field = "", reason = "a switch" },
  { name = "GATE", default = "1", field = "model.attn_gate", values = { "1" = "sparse", "0" = "none" } },
  { name = "RAMP", default = "3.0", field = "ttt.lr_ramp", only_with = "ON", off = "1.0" },
  { name = "TTT", default = "1", field = "ttt.enabled" },
]
ignored = ["SEED"]
files = []
functions = ["0000000a 0000000b f"]
outside = ["0000000c 0000000d"]
)";

TEST(ScriptVariables, TextsBecomeValues) {
  const ScriptFamily family = parse_family(kTable, "t.toml");
  std::map<std::string, std::string> set;
  const auto value = [&](const std::string& name) {
    return field_value(*family.variable(name), [&](const std::string& asked) {
      return set.contains(asked) ? set.at(asked) : as_run(family, asked);
    });
  };
  EXPECT_EQ(value("TOKENS").value, 786432);
  EXPECT_EQ(value("MULT").value, 192);
  EXPECT_EQ(value("FRACTION").value, 0.85);
  EXPECT_EQ(value("LAYERS").value, Json({9, 10}));
  EXPECT_EQ(value("GATE").value, "sparse");
  EXPECT_EQ(value("TTT").value, true);
  set = {{"DIM", "100"}, {"MULT", "2.625"}, {"ON", "False"}, {"GATE", "False"}, {"TTT", "True"}, {"TOKENS", "524_288"}};
  EXPECT_EQ(value("MULT").value, 262);  // int() of 262.5
  EXPECT_EQ(value("LAYERS").value, Json::array());
  EXPECT_EQ(value("RAMP").value, 1.0);
  EXPECT_TRUE(value("WIDTH").value.is_null());
  EXPECT_EQ(value("WIDTH").problem, "");
  EXPECT_EQ(value("GATE").value, "none");
  EXPECT_EQ(value("TTT").value, true);
  EXPECT_EQ(value("TOKENS").value, 524288);
  set = {{"DIM", "os.cpu_count()"}, {"TTT", "2"}, {"GATE", "7"}, {"TOKENS", "1e3.5"}, {"FRACTION", "inf"}};
  for (const char* name : {"DIM", "MULT", "TTT", "GATE", "TOKENS", "FRACTION"})
    EXPECT_THAT(value(name).problem, HasSubstr("is no value of")) << name;
  set = {{"DIM", "-4"}};
  EXPECT_THAT(value("DIM").problem, HasSubstr("model.model_dim"));
}

TEST(ScriptVariables, TheSameSettingInOtherWords) {
  EXPECT_TRUE(same_setting("0.0220", ".022"));
  EXPECT_TRUE(same_setting("2048*48*8", "786_432"));
  EXPECT_TRUE(same_setting("True", "1"));
  EXPECT_FALSE(same_setting("", "0"));
  EXPECT_FALSE(same_setting("no_qv", "no_q"));
}

TEST(ScriptVariables, DamagedTablesAreRefusedInOneLine) {
  const auto refusal = [](const std::string& from, const std::string& to) {
    std::string text = kTable;
    text.replace(text.find(from), from.size(), to);
    return error_of([&] { parse_family(text, "t.toml"); });
  };
  const std::vector<std::array<std::string, 3>> cases = {
      {"variables/1", "variables/2", "this version of pgolf reads only that"},
      {"model.model_dim\"", "model.depth\"", "'model.depth' is no field of the configuration"},
      {"times = \"DIM\"", "times = \"NO\"", "MULT names NO, which has no row"},
      {"qat.start_at", "model.model_dim", "model.model_dim has two rows"},
      {", reason = \"a switch\"", "", "one without a field says why"},
      {"0000000a 0000000b f", "a b f", "is not 'HASH HASH NAME'"},
      {"0000000c 0000000d", "0000000c,", "are no hashes"},
      {"one minus", "half", "'half' is unknown"},
      {"ignored", "ignores", "ignored"},
      {"\"TOKENS\"", "\"DIM\"", "rows of DIM differ"},
  };
  for (const auto& [from, to, said] : cases) {
    const Error error = refusal(from, to);
    EXPECT_EQ(error.kind(), ErrorKind::usage) << said;
    EXPECT_THAT(error.what(), AllOf(HasSubstr("t.toml"), HasSubstr(said)));
  }
}

}  // namespace
}  // namespace pgolf
