#include "engine/eval/twin_pass.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "base/file.h"
#include "engine/data/bytes.h"
#include "engine/data/twin.h"
#include "engine/dist/launch.h"
#include "engine/evidence/twin.h"
#include "tests/engine/eval/tiny.h"

namespace pgolf {
namespace {

// A data directory that has nothing but a twin with this text, counted by a sidecar.
std::filesystem::path twin_of(const ValidationData& text, const std::filesystem::path& directory) {
  const auto folder = directory / kTwinFolder / "val";
  std::filesystem::create_directories(folder);
  write_shard(folder / shard_name(ShardKind::val, 0), text.tokens);
  write_shard(folder / shard_name(ShardKind::val_bytes, 0), text.target_bytes);
  return directory;
}

Config config_with_sidecar() {
  Config config = tiny_config("334", 2);
  config.data.byte_count = ByteCount::sidecar;
  return config;
}

// The sums over documents are those of the pass, and each document's are what its targets have (seed 5).
TEST(TwinPass, SumsByDocument) {
  const Config config = config_with_sidecar();
  const auto fixture = tiny_fixture(config);
  const TempDirectory data;
  PhaseOptions options;
  options.data_dir = twin_of(tiny_text(config, 900, 17), data.path());
  options.pinned.config = config;
  const std::vector<float> before = weights_of(*fixture);
  score_twin(fixture->run(), options);
  EXPECT_EQ(weights_of(*fixture), before);
  const auto sums = fixture->events_of<DocumentsEvent>();
  const auto results = fixture->events_of<ValidationEvent>();
  ASSERT_EQ(sums.size(), 2U);
  ASSERT_EQ(results.size(), 2U);
  const char* names[] = {kTwinValPass, kTwinPass};
  for (size_t i = 0; i < 2; ++i) {
    EXPECT_EQ(sums[i].name, names[i]);
    EXPECT_EQ(results[i].name, names[i]);
    EXPECT_FALSE(results[i].headline);
    EXPECT_EQ(sums[i].targets, results[i].targets);
    EXPECT_EQ(sums[i].bytes, results[i].bytes);
    EXPECT_NEAR(sums[i].nll, results[i].val_loss * static_cast<double>(results[i].targets), 1e-6 * sums[i].nll);
    EXPECT_GT(sums[i].documents, 10);
    EXPECT_GE(sums[i].nll_nll * static_cast<double>(sums[i].documents), sums[i].nll * sums[i].nll);
  }
  ASSERT_EQ(fixture->events_of<DataEvent>().size(), 2U);
  EXPECT_EQ(fixture->events_of<DataEvent>().front().role, kTwinRole);
  EXPECT_EQ(fixture->check_so_far().scores, 0);  // nothing of it stands in the ledger
}

// Documents lie across the boundary of the ranks' shares, and each process counts what its ranks score.
TEST(TwinPass, TwoProcessesGiveTheSumsOfOne) {
  const Config config = config_with_sidecar();
  const TempDirectory data;
  PhaseOptions options;
  options.data_dir = twin_of(tiny_text(config, 900, 17), data.path());
  options.pinned.config = config;
  const auto sums_in = [&](Comm& comm, const std::filesystem::path& out) {
    const auto fixture = tiny_fixture(config);
    EvalRun of = fixture->run();
    EvalRun run{of.ctx, of.model, of.params, of.val, of.config, comm, of.evidence, of.seed};
    score_twin(run, options);
    std::string text;
    for (const auto& sums : fixture->events_of<DocumentsEvent>())
      text +=
          fmt::format("{} {} {:a} {:a} {:a}\n", sums.documents, sums.targets, sums.nll, sums.nll_nll, sums.nll_bytes);
    if (comm.is_first()) write_file_atomic(out, text);
  };
  const auto one = data.path() / "one", two = data.path() / "two";
  sums_in(solo(), one);
  ASSERT_EQ(launch(
                2, [](int) { return kCpu; }, [&](Comm& comm) { sums_in(comm, two); }),
            0);
  EXPECT_EQ(read_text(two), read_text(one));
  EXPECT_EQ(read_text(one).find("nan"), std::string::npos);
  EXPECT_GT(read_text(one).size(), 80U);
}

TEST(TwinPass, DataWithoutATwinAreScoredAsEver) {
  const Config config = config_with_sidecar();
  const auto fixture = tiny_fixture(config);
  const TempDirectory data;
  PhaseOptions options;
  options.data_dir = data.path();
  score_twin(fixture->run(), options);
  EXPECT_TRUE(fixture->events().empty());
}

}  // namespace
}  // namespace pgolf
