// Variants: what they inherit and what not, and how mistakes in them are told.
#include "resolve/extends.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "engine/config/fields.h"
#include "resolve/resolve.h"
#include "tests/support/error_of.h"
#include "tests/support/source_dir.h"
#include "tests/support/temp_directory.h"

namespace pgolf {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

std::filesystem::path root() { return source_dir() / "submissions"; }

constexpr char kMine[] = R"(format = "pgolf.submission/1"
extends = "pr-2143"
[submission]
id = "mine"
title = "without XSA"
[config.model]
xsa_last_n = 0
logit_softcap = 25.0
)";

class ExtendsTest : public testing::Test {
 protected:
  Submission load(const std::string& folder, const std::string& text) const {
    directory_.file(folder + "/submission.toml", text);
    return load_submission(directory_.path() / folder, root());
  }
  Error refusal(const std::string& folder, const std::string& text) const {
    return error_of([&] { load(folder, text); });
  }
  TempDirectory directory_;
};

TEST_F(ExtendsTest, InheritsWhatIsComputedAndNothingPersonal) {
  const Submission base = load_submission(root() / "pr-2143"), mine = load("mine", kMine);
  EXPECT_EQ(mine.id, "mine");
  EXPECT_EQ(mine.title, "without XSA");
  EXPECT_EQ(mine.pr, 0);
  for (const std::string& text : {mine.author, mine.date, mine.hardware, mine.upstream.commit, mine.headline.val_bpb})
    EXPECT_EQ(text, "");
  EXPECT_THAT(mine.claims, IsEmpty());
  EXPECT_THAT(mine.differences, IsEmpty());
  EXPECT_THAT(mine.techniques, IsEmpty());
  EXPECT_THAT(mine.seeds, ElementsAre(1337));
  EXPECT_EQ(mine.track, base.track);
  EXPECT_EQ(mine.code.bytes, 129138);
  EXPECT_EQ(mine.code.counted, "as pr-2143 counts: UTF-8 bytes of train_gpt.py");
  EXPECT_EQ(mine.upstream_data.train_shards, 80);
  EXPECT_NE(mine.sha256, base.sha256);

  const Pinned pinned = resolve(mine, {}).pinned;
  Config expected = resolve(base, {}).pinned.config;
  EXPECT_EQ(expected.model.xsa_last_n, 11);
  expected.model.xsa_last_n = 0, expected.model.logit_softcap = 25;
  EXPECT_EQ(config_to_json(pinned.config), config_to_json(expected));
  EXPECT_TRUE(pinned.as_run());
  EXPECT_EQ(pinned.pr, 0);
  EXPECT_THAT(
      resolved_text(mine, resolve(mine, {})),
      AllOf(HasSubstr("extends pr-2143"), HasSubstr("submission itself"), HasSubstr("pr-2143/submission.toml:")));
}

// The demo of 2143 says xsa_last_n = 5 and six layers; the variant's off stays off, sizes are the profile's.
TEST_F(ExtendsTest, WhatIsSwitchedOffStaysOffInInheritedProfiles) {
  const Config demo = resolve(load("mine", kMine), {.profile = "demo"}).pinned.config;
  EXPECT_EQ(demo.model.xsa_last_n, 0);
  EXPECT_EQ(demo.model.num_layers, 6);
  EXPECT_EQ(demo.model.logit_softcap, 25);
}

TEST_F(ExtendsTest, OwnProfilesComeAfterInheritedOnes) {
  const Submission mine = load("mine", std::string(kMine) + R"([profiles.demo]
summary = "shorter"
[profiles.demo.train]
iterations = 7
[profiles.tiny]
summary = "one layer"
[profiles.tiny.model]
num_layers = 1
)");
  const Config demo = resolve(mine, {.profile = "demo"}).pinned.config;
  EXPECT_EQ(demo.train.iterations, 7);
  EXPECT_EQ(demo.model.model_dim, 128);
  ASSERT_TRUE(mine.profile("tiny"));
  EXPECT_EQ(mine.profile("demo")->summary, "shorter");
}

TEST_F(ExtendsTest, ChainsAreFollowedByNameAndByPath) {
  load("mine", kMine);
  std::string second = kMine;
  second.replace(second.find("pr-2143"), 7, "mine");
  EXPECT_EQ(resolve(load("second", second), {}).pinned.config.model.num_layers, 12);
  second.replace(second.find("\"mine\""), 6, "\"../mine\"");
  EXPECT_EQ(resolve(load("third", second), {}).pinned.config.model.num_layers, 12);
}

TEST_F(ExtendsTest, CirclesDepthAndWhatIsNotThereAreRefused) {
  const auto extending = [](const std::string& what) {
    std::string text = kMine;
    return text.replace(text.find("pr-2143"), 7, what);
  };
  directory_.file("a/submission.toml", extending("b"));
  EXPECT_THAT(refusal("b", extending("a")).what(), HasSubstr("extends itself"));
  EXPECT_THAT(refusal("c", extending("c")).what(), HasSubstr("extends itself"));
  EXPECT_THAT(refusal("d", extending("pr-1")).what(),
              AllOf(HasSubstr("extends 'pr-1': no such submission"), HasSubstr("pr-2143")));
  load("s0", kMine);
  for (int i = 1; i <= 3; ++i) load("s" + std::to_string(i), extending("s" + std::to_string(i - 1)));
  EXPECT_THAT(refusal("s4", extending("s3")).what(), HasSubstr("at most 4 deep"));
}

TEST_F(ExtendsTest, EveryMissingKeyIsToldAtOnce) {
  EXPECT_STREQ(refusal("x", "format = \"pgolf.submission/1\"\n").what(),
               (directory_.path() / "x/submission.toml:1: key 'submission' is missing").c_str());
  const Error e = refusal("y", R"(format = "pgolf.submission/1"
[submission]
id = "y"
pr = 12
[upstream]
commit = "x"
[[claims]]
seed = 1
[profiles.demo]
)");
  EXPECT_EQ(e.kind(), ErrorKind::usage);
  EXPECT_THAT(e.what(), HasSubstr("these keys are missing: code, headline, techniques, submission.title, "
                                  "submission.author, submission.date, submission.track, submission.hardware, "
                                  "submission.seeds, upstream.repository, upstream.path, upstream.script_sha256, "
                                  "claims.source, profiles.demo.summary"));
}

TEST_F(ExtendsTest, ASubmissionOfOnesOwnNeedsNoPullRequest) {
  const Submission own = load("own", "format = \"pgolf.submission/1\"\n[submission]\nid = \"own\"\ntitle = \"mine\"\n");
  EXPECT_THAT(own.seeds, ElementsAre(1337));
  EXPECT_EQ(own.code.bytes, 0);  // nothing says
  EXPECT_EQ(config_to_json(resolve(own, {}).pinned.config), config_to_json(Config()));
}

TEST_F(ExtendsTest, IsFoundByFolderAndByIdentifier) {
  load("folder", kMine);
  for (const char* name : {"mine", "folder"})
    EXPECT_EQ(find_submission(directory_.path(), name), directory_.path() / "folder") << name;
  for (const char* name : {"pr334", "PR334", "PR-334", "openai/parameter-golf#334",
                           "https://github.com/openai/parameter-golf/pull/334/files"})
    EXPECT_EQ(find_submission(root(), name), root() / "pr-334") << name;
  EXPECT_THAT(error_of([] { find_submission(root(), "335"); }).what(), HasSubstr("did you mean 'pr-334'?"));
}

}  // namespace
}  // namespace pgolf
