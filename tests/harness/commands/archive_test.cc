// `pgolf archive` and `pgolf check` of what nobody wrote a submission.toml for.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/json.h"
#include "tests/harness/fixture.h"

namespace pgolf {
namespace {

using testing::AllOf;
using testing::HasSubstr;

class ArchiveVerbTest : public HarnessFixture {
 protected:
  CommandResult pgolf(std::vector<std::string> arguments) const {
    arguments.insert(arguments.begin(), pgolf_program().string());
    return run_command(arguments, {"PGOLF_HOME=" + workspace().home.string()});
  }
  // 49,999,872 targets whose pair implies 197,944,567 bytes: a shard in place of the documents.
  std::string folder() const {
    directory_.file("mine/train_seed42.log",
                    "seed:42\nval_loader:shards pattern=x tokens:49999872\n"
                    "stopping_early: wallclock_cap train_time:606572ms step:120/200\n"
                    "Serialized model int8+zlib: 15990000 bytes\nCode size: 33689 bytes\n"
                    "Total submission size int8+zlib: 16023689 bytes\n"
                    "final_exact val_loss:2.99999999 val_bpb:1.09325406 eval_time:1000ms\n");
    directory_.file("mine/submission.json", "{\"val_bpb\": 1.09325406}");
    directory_.file("mine/train_gpt.py", "full_key = ctx ^ (tgt * 36313)\n");
    return (directory_.path() / "mine").string();
  }
};

TEST_F(ArchiveVerbTest, ChecksAFolderWithoutASubmissionToml) {
  const CommandResult said = pgolf({"check", folder()});
  EXPECT_EQ(said.exit_code, 1) << said.err;
  EXPECT_THAT(
      said.out,
      AllOf(HasSubstr("claims val_bpb 1.09325406 (submission.json, final)"),
            HasSubstr("fix: train_seed42.log: pack 23,689 bytes less (artifact_size, practice)"),
            HasSubstr("fix: train_seed42.log: stop training 6.6 s earlier, or reserve as much (train_time, practice)"),
            HasSubstr("a shard of 50,000,000 tokens in place of 50,000 documents"),
            HasSubstr("the claimed 1.09325406 is about 1.432 on them"),
            HasSubstr("look: train_gpt.py:1: the target is part of the key that finds its score")));
  const Json json = Json::parse(pgolf({"check", folder(), "--json"}).out);
  EXPECT_EQ(json["format"], "pgolf.published/1");
  EXPECT_EQ(json["folders"][0]["practice"], "fail");
  EXPECT_EQ(json["folders"][0]["hints"][0]["line"], 1);
  bool unknown = false;
  for (const Json& v : json["folders"][0]["verdicts"]) unknown |= v["rule"] == "causal" && v["status"] == "unknown";
  EXPECT_TRUE(unknown);
  EXPECT_FALSE(std::filesystem::exists(workspace().home / "runs.db"));  // a question changes nothing
}

TEST_F(ArchiveVerbTest, AddsUpdatesAndRefuses) {
  EXPECT_EQ(pgolf({"archive", "facts"}).exit_code, 7);
  EXPECT_EQ(pgolf({"archive", "update"}).exit_code, 7);
  const CommandResult added = pgolf({"archive", "add", folder(), "--json"});
  ASSERT_EQ(added.exit_code, 0) << added.err;
  EXPECT_EQ(Json::parse(added.out)["sources"][0]["files_read"], 3);
  EXPECT_EQ(pgolf({"archive", "update"}).exit_code, 0);
  EXPECT_EQ(Json::parse(pgolf({"archive", "facts", "--json"}).out)["pulls"], 0);
  EXPECT_EQ(pgolf({"archive", "add", "nowhere"}).exit_code, 7);
  EXPECT_THAT(pgolf({"archive", "report"}).err, HasSubstr("the archive has no pull requests"));
  EXPECT_EQ(pgolf({"archive", "rulings", "no-such"}).exit_code, 7);
  EXPECT_EQ(Json::parse(pgolf({"archive", "rulings", "target-in-key", "--json"}).out)["rulings"][0]["date"],
            "2026-03-27");
  for (const char* name : {"1493", "https://github.com/openai/parameter-golf/pull/1493/files"}) {
    const CommandResult missing = pgolf({"check", name});
    EXPECT_EQ(missing.exit_code, 7);
    EXPECT_THAT(missing.err, AllOf(HasSubstr("pull request 1493 is neither in"), HasSubstr("pgolf archive add")))
        << name;
  }
}

}  // namespace
}  // namespace pgolf
