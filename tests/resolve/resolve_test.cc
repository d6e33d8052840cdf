#include "resolve/resolve.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "base/file.h"
#include "base/sha256.h"
#include "tests/support/error_of.h"
#include "tests/support/source_dir.h"
#include "tests/support/temp_directory.h"

namespace pgolf {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

Submission submission(const std::string& id = "pr-334") { return load_submission(source_dir() / "submissions" / id); }

Resolved resolve_334(const ResolveRequest& request = {}) { return resolve(submission(), request); }

ResolveRequest with_sets(std::vector<std::string> sets) {
  ResolveRequest request;
  request.sets = std::move(sets);
  return request;
}

TEST(ResolveTest, RecordsHaveTheParameterCountsOfTheLogs) {
  for (const auto& [id, params] :
       {std::pair("pr-334", 26'666'073), std::pair("pr-754", 26'809'543), std::pair("pr-849", 33'580'223),
        std::pair("pr-2143", 40'929'517), std::pair("pr-2097", 35'945'673)}) {
    const Resolved r = resolve(submission(id), {});
    EXPECT_EQ(r.pinned.num_params, params) << id;
    EXPECT_TRUE(r.pinned.as_run());
  }
}

TEST(ResolveTest, DemoIsMarkedAsAScaling) {
  ResolveRequest request;
  request.profile = "demo";
  const Resolved r = resolve_334(request);
  EXPECT_FALSE(r.pinned.as_run());
  EXPECT_LT(r.pinned.num_params, 2'000'000);
  EXPECT_THAT(resolved_text(submission(), r), HasSubstr("a scaling, not the submission"));
}

TEST(ResolveTest, LaterSettingsWinAndRememberTheirOrigin) {
  ResolveRequest request = with_sets({"ttt.enabled=false", "model.smear=none", "train.seq_len=512"});
  request.profile = "demo";
  const Resolved r = resolve_334(request);
  EXPECT_FALSE(r.pinned.config.ttt.enabled);
  EXPECT_EQ(r.pinned.config.train.seq_len, 512);
  EXPECT_THAT(r.pinned.overrides, ElementsAre("model.smear=\"none\"", "train.seq_len=512", "ttt.enabled=false"));
  EXPECT_EQ(r.origins.at("train.seq_len"), "--set");
  EXPECT_THAT(r.origins.at("model.rope_base"), HasSubstr("submission.toml:"));
  EXPECT_FALSE(r.origins.contains("model.rope_dims"));
}

TEST(ResolveTest, SettingTheValueThatIsThereIsNoOverride) {
  EXPECT_TRUE(resolve_334(with_sets({"ttt.enabled=true", "muon.lr=0.04"})).pinned.as_run());
}

TEST(ResolveTest, StepsAndSecondsAreConfiguration) {
  ResolveRequest request;
  request.steps = 7;
  EXPECT_EQ(resolve_334(request).pinned.config.train.iterations, 7);
  EXPECT_EQ(resolve_334(request).pinned.config.train.max_wallclock_seconds, 0);
  request.seconds = 3;
  EXPECT_EQ(error_of([&] { resolve_334(request); }).kind(), ErrorKind::usage);
  request.steps.reset();
  EXPECT_EQ(resolve_334(request).pinned.config.train.max_wallclock_seconds, 3);
  request.seconds = -1;
  EXPECT_THAT(error_of([&] { resolve_334(request); }).what(), HasSubstr("--seconds"));
}

TEST(ResolveTest, TheIdentityFollowsWhatIsComputedAndNothingElse) {
  const std::string record = pinned_sha256(resolve_334().pinned);
  EXPECT_EQ(pinned_sha256(resolve_334().pinned), record);
  ResolveRequest seeded;
  seeded.seed = 42;
  EXPECT_NE(pinned_sha256(resolve_334(seeded).pinned), record);
  EXPECT_NE(pinned_sha256(resolve_334(with_sets({"train.world_size=8", "train.grad_accum_steps=1"})).pinned), record);
  ResolveRequest data;
  data.data = PinnedData{"a", std::string(64, '0')};
  EXPECT_NE(pinned_sha256(resolve_334(data).pinned), record);
}

TEST(ResolveTest, RefusesWithTheOptionOrTheLine) {
  const auto message = [](std::vector<std::string> sets) {
    return std::string(error_of([&] { resolve_334(with_sets(std::move(sets))); }).what());
  };
  EXPECT_THAT(message({"model.num_heads=7"}),
              HasSubstr("--set: model.num_heads: 7 does not divide model.model_dim 512"));
  EXPECT_THAT(message({"model.modeldim=7"}),
              HasSubstr("--set: unknown key 'model.modeldim'; did you mean 'model.model_dim'?"));
  EXPECT_THAT(message({"model.num_layers=many"}), HasSubstr("--set: model.num_layers: expected integer, got \"many\""));
  EXPECT_THAT(message({"model.num_layers"}), HasSubstr("expected key=value"));
  EXPECT_THAT(message({"seed=3"}), HasSubstr("--seed N"));
  EXPECT_THAT(message({"model.num_layers=1\nmodel.model_dim=4"}), HasSubstr("expected integer"));
  EXPECT_THAT(message({"eval.stride=4096"}), HasSubstr("eval.stride"));
  for (const char* huge :
       {"model.model_dim=9007199254740992", "model.num_layers=1000000000000", "train.batch_tokens=9223372036854775807"})
    EXPECT_EQ(error_of([&] { resolve_334(with_sets({huge})); }).kind(), ErrorKind::usage) << huge;
}

TEST(ResolveTest, RefusesAnImpossibleSubmissionAtItsLine) {
  const TempDirectory directory;
  std::string text = read_text(source_dir() / "submissions/pr-334/submission.toml");
  const auto at = text.find("num_heads = 4");
  text.replace(at, 13, "num_heads = 3");
  const auto line = std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(at), '\n') + 1;
  directory.file("submission.toml", text);
  ResolveRequest request;
  request.profile = "demo";
  const Error e = error_of([&] { resolve(load_submission(directory.path()), request); });
  EXPECT_THAT(e.what(), HasSubstr("submission.toml:" + std::to_string(line) + ": model.num_heads: 3 does not divide"));
}

TEST(ResolveTest, UnknownProfile) {
  ResolveRequest request;
  request.profile = "tiny";
  const Error e = error_of([&] { resolve_334(request); });
  EXPECT_EQ(e.kind(), ErrorKind::not_found);
  EXPECT_THAT(e.what(), HasSubstr("there are: record, demo"));
}

TEST(PinnedTest, SurvivesTheFileAndNoticesAnEdit) {
  const TempDirectory directory;
  const auto file = directory.path() / "pinned.json";
  ResolveRequest request = with_sets({"muon.lr=1e-3", "model.value_embed_layers=[2, 3]"});
  request.data = PinnedData{"mine", std::string(64, 'a')};
  const Pinned pinned = resolve_334(request).pinned;
  write_pinned(file, pinned);
  const Pinned again = read_pinned(file);
  EXPECT_EQ(pinned_to_json(again), pinned_to_json(pinned));
  EXPECT_EQ(pinned_sha256(again), pinned_sha256(pinned));
  EXPECT_EQ(again.config.muon.lr, 1e-3);

  const std::string text = read_text(file);
  for (const auto& [from, to] : {std::pair<std::string, std::string>("\"seed\": 1337", "\"seed\": 1338"),
                                 {"0.001", "0.002"},
                                 {"pgolf.pinned/1", "pgolf.pinned/2"},
                                 {"\"num_params\"", "\"num_parms\""}}) {
    std::string edited = text;
    edited.replace(edited.find(from), from.size(), to);
    directory.file("edited.json", edited);
    EXPECT_THROW(read_pinned(directory.path() / "edited.json"), Error) << from;
  }
  directory.file("cut.json", text.substr(0, text.size() / 2));
  EXPECT_EQ(error_of([&] { read_pinned(directory.path() / "cut.json"); }).kind(), ErrorKind::submission);
}

// The hash that docs/pinned.md tells a reader to compute.
TEST(PinnedTest, IdentityIsTheHashOfTheCompactTextBeforeIt) {
  const Json json = pinned_to_json(resolve_334().pinned);
  Json body = json;
  body.erase("sha256");
  EXPECT_EQ(json.at("sha256"), sha256_hex(body.dump()));
  EXPECT_EQ(json.items().begin().key(), "format");
}

}  // namespace
}  // namespace pgolf
