// Checkpoint to artifact on tiny models: the artifact is the configuration's and the weights' alone, and evaluation
// reads from it what packing put there.
#include "engine/pack/pack.h"

#include <gtest/gtest.h>

#include <random>

#include "base/file.h"
#include "engine/codec/container.h"
#include "engine/config/techniques.h"
#include "engine/core/parallel.h"
#include "engine/core/transfer.h"
#include "engine/model/init.h"
#include "engine/quant/quantize.h"
#include "tests/engine/data/fixtures.h"
#include "tests/support/golden.h"
#include "tests/support/tiny_config.h"

namespace pgolf {
namespace {

constexpr const char* kSubmissions[] = {"334", "754", "849", "2143", "2097"};

// tiny_config whose matrices are quantised as the record's are, with little to calibrate on.
Config small_packing(const std::string& pr) {
  Config c = tiny_config(pr, 1);
  c.model.mlp_hidden = 64;  // a power of two, which rotations need
  c.quant.keep_float_max_numel = 64;
  c.quant.calibration_batches = 2;
  c.quant.calibration_batch_seqs = 4;
  c.quant.awq_group_size = c.quant.lqer_asym_group = 8;
  c.train.batch_tokens = 64;
  return c;
}

class PackFixture {
 public:
  explicit PackFixture(const Config& config) {
    std::filesystem::create_directories(dir_ / "data/train");
    std::filesystem::create_directories(dir_ / "run");
    std::mt19937 generator(23);
    std::vector<uint16_t> tokens(4000);
    for (auto& token : tokens)
      token = static_cast<uint16_t>(generator() % static_cast<uint32_t>(config.model.vocab_size));
    for (size_t i = 0; i < tokens.size(); i += 40) tokens[i] = static_cast<uint16_t>(config.data.bos_id);
    write_shard(dir_ / "data/train/fineweb_train_000000.bin", tokens);
    options_.pinned.submission = "tiny";
    options_.pinned.config = config;
    options_.run_dir = dir_ / "run";
    options_.data_dir = dir_ / "data";
    options_.checkpoint = dir_ / "run" / kCheckpointFile;
    options_.device = kCpu;
    Context ctx(kCpu);
    Params params(ctx, config.model);
    std::normal_distribution<float> normal(0.0F, 0.2F);
    for (const Param& param : params.list()) {
      std::vector<float> values(static_cast<size_t>(param.master.numel()));
      for (float& x : values) x = normal(generator);
      ctx.copy(param.master, {values.data(), param.master.shape, DType::f32, kCpu});
    }
    params.refresh(ctx);
    params.save(ctx, options_.checkpoint, {{"format", "pgolf.checkpoint/1"}});
  }

  PhaseOptions& options() { return options_; }

  Bytes pack() {
    run_pack(options_);
    return read_bytes(options_.run_dir / kArtifactFile);
  }
  std::vector<EventRecord> events() const { return read_events(options_.run_dir / events_file("pack")).events; }
  ArtifactEvent event() const {
    for (const EventRecord& record : events())
      if (const auto* artifact = std::get_if<ArtifactEvent>(&record.event)) return *artifact;
    return {};
  }

 private:
  TempDirectory dir_;
  PhaseOptions options_;
};

class PackOf : public testing::TestWithParam<const char*> {};

TEST_P(PackOf, SameBytesForAnyNumberOfThreads) {
  const Config config = small_packing(GetParam());
  set_num_threads(1);
  const Bytes one = PackFixture(config).pack();
  set_num_threads(2);
  EXPECT_EQ(PackFixture(config).pack(), one);
}

TEST_P(PackOf, ItsSizeReportAddsUp) {
  PackFixture fixture(small_packing(GetParam()));
  const auto size = static_cast<int64_t>(fixture.pack().size());
  const ArtifactEvent event = fixture.event();
  EXPECT_EQ(event.model_bytes, size);
  int64_t sum = 0;
  for (const ByteClass& part : event.classes) sum += part.bytes;
  EXPECT_EQ(sum, size);
  EXPECT_GE(event.classes.size(), 3U);
}

// The judge adds this part, by its name, to the time of training.
TEST_P(PackOf, ReadingTrainingTextIsAPartOfItsOwn) {
  const Config config = small_packing(GetParam());
  PackFixture fixture(config);
  fixture.pack();
  int parts = 0;
  for (const EventRecord& record : fixture.events()) {
    const auto* end = std::get_if<PhaseEndEvent>(&record.event);
    if (end && end->name == kPartCalibrate) ++parts;
  }
  const bool calibrates =
      config.quant.scheme == QuantScheme::gptq || config.quant.scheme == QuantScheme::gptq_ascending;
  EXPECT_EQ(parts, calibrates ? 1 : 0);
}

// Each technique of the weights reaches the artifact.
TEST_P(PackOf, SwitchingATechniqueOffChangesTheArtifact) {
  const Config config = small_packing(GetParam());
  const Bytes with = PackFixture(config).pack();
  int tested = 0;
  for (const Technique& technique : techniques()) {
    if (technique.kind != TechniqueKind::weights || !uses(config, technique)) continue;
    Config without = config;
    switch_off(without, technique);
    if (technique.key == "codec.codec") without.codec.level = 3;  // zstd's own scale
    EXPECT_NE(PackFixture(without).pack(), with) << technique.name << " of PR " << GetParam();
    ++tested;
  }
  EXPECT_EQ(tested > 0, std::string(GetParam()) != "334");  // PR 334 is the plainest of each
}

INSTANTIATE_TEST_SUITE_P(Submissions, PackOf, testing::ValuesIn(kSubmissions),
                         [](const auto& info) { return std::string("Pr") + info.param; });

// PR 2143 collects its Hessians outside compiled code, with positions in bfloat16.
TEST(Pack, CalibrationRoundsPositionsWhereNothingWasCompiled) {
  Config config = small_packing("2143");
  config.train.seq_len = config.model.rope_train_seq_len = 512;
  const Bytes as_run = PackFixture(config).pack();
  config.model.rope_freqs = RopeFreqs::bf16;
  EXPECT_NE(PackFixture(config).pack(), as_run);
}

TEST(Pack, WithoutTextToCalibrateOnItSaysWhatToGive) {
  PackFixture fixture(small_packing("849"));
  fixture.options().data_dir.clear();
  const std::string text = error_of(ErrorKind::usage, [&] { fixture.pack(); });
  EXPECT_NE(text.find("--data"), std::string::npos) << text;
}

TEST(Pack, ACheckpointOfAnotherModelIsRefusedInOneLine) {
  PackFixture fixture(small_packing("334"));
  fixture.options().pinned.config.model.mlp_hidden *= 2;
  const std::string text = error_of(ErrorKind::submission, [&] { fixture.pack(); });
  EXPECT_NE(text.find("checkpoint.safetensors"), std::string::npos) << text;
}

}  // namespace
}  // namespace pgolf
