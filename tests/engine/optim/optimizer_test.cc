// The composed step: which tensor is whose, clipping over ranks, rollback, averages.
#include "engine/optim/optimizer.h"

#include <gtest/gtest.h>

#include <cmath>
#include <map>

#include "engine/codec/float16.h"
#include "engine/optim/average.h"
#include "engine/optim/flat.h"
#include "engine/optim/groups.h"
#include "tests/engine/optim/optim_util.h"
#include "tests/support/golden_config.h"

namespace pgolf {
namespace {

Config small(const std::string& pr) {
  Config c = submission_config(pr);
  c.model.model_dim = 16;
  c.model.num_heads = c.model.num_kv_heads = 2;
  c.model.rope_dims = 8;
  c.model.mlp_hidden = 24;
  c.model.vocab_size = 40;
  c.model.gate_window = 4;
  c.model.bigram_vocab_size = std::min<int64_t>(c.model.bigram_vocab_size, 32);
  c.model.bigram_dim = c.model.value_embed_dim = 8;
  return c;
}

double norm_of(const std::vector<float>& v) {
  double squares = 0;
  for (const float x : v) squares += static_cast<double>(x) * x;
  return std::sqrt(squares);
}

TEST(ParamGroups, CountsOfEverySubmission) {  // parameters by optimizer, as the pinned tables list them
  struct Expected {
    const char* pr;
    int64_t tables, muon, scalars, none;
  };
  const Expected kExpected[] = {{"334", 524288, 26129920, 11865, 0},
                                {"754", 720896, 25952256, 136391, 0},
                                {"849", 1703936, 31850496, 25791, 0},
                                {"2143", 6291456, 34603008, 35053, 0},
                                {"2097", 4194304, 31719424, 31943, 2}};
  Context ctx(kCpu);
  for (const Expected& expected : kExpected) {
    const Config config = submission_config(expected.pr);
    const Params params(ctx, config.model);
    std::map<ParamGroup, int64_t> count;
    for (const Param& p : params.list()) count[param_group(p, config)] += p.master.numel();
    EXPECT_EQ(count[ParamGroup::tables], expected.tables) << expected.pr;
    EXPECT_EQ(count[ParamGroup::muon], expected.muon) << expected.pr;
    EXPECT_EQ(count[ParamGroup::scalars], expected.scalars) << expected.pr;
    EXPECT_EQ(count[ParamGroup::none], expected.none) << expected.pr;
  }
}

class OptimizerOf : public testing::TestWithParam<const char*> {};

TEST_P(OptimizerOf, UpdatesEverythingThatHasAnOptimizer) {
  const Config config = small(GetParam());
  Context ctx(kCpu);
  Params params(ctx, config.model);
  fill_masters(ctx, params, 1);
  Optimizer optimizer(ctx, params, config);
  std::map<std::string, std::vector<float>> before;
  for (const Param& p : params.list()) before[p.name] = download(ctx, p.master);
  for (int64_t rank = 0; rank < config.train.world_size; ++rank) {
    fill_grads(ctx, params, 100, [](const std::string& name) { return name != "blocks.0.attn.vr_lambda"; });
    optimizer.end_rank(ctx);
  }
  optimizer.step(ctx, plan_step(config, 0, 0));
  for (const Param& p : params.list()) {
    const bool still = param_group(p, config) == ParamGroup::none || p.name == "blocks.0.attn.vr_lambda";
    EXPECT_EQ(download(ctx, p.master) == before[p.name], still) << p.name;
    EXPECT_FALSE(p.has_grad()) << p.name;
  }
  for (const float g : download(ctx, params.flat_grads())) ASSERT_EQ(g, 0);
}

TEST_P(OptimizerOf, RollBackIsANewOptimizerButForKeptMomentum) {
  const Config config = small(GetParam());
  Context ctx(kCpu);
  Params used(ctx, config.model), fresh(ctx, config.model);
  Optimizer a(ctx, used, config), b(ctx, fresh, config);
  const auto step = [&](Params& params, Optimizer& optimizer, uint32_t seed) {
    for (int64_t rank = 0; rank < config.train.world_size; ++rank) {
      fill_grads(ctx, params, seed);
      optimizer.end_rank(ctx);
    }
    optimizer.step(ctx, plan_step(config, 3, 0));
  };
  fill_masters(ctx, used, 1);
  for (uint32_t i = 0; i < 3; ++i) step(used, a, 10 + i);
  a.roll_back(ctx);
  fill_masters(ctx, used, 1);
  fill_masters(ctx, fresh, 1);
  step(used, a, 30);
  step(fresh, b, 30);
  for (const Param& p : used.list()) {
    const bool kept = config.muon.warmup_momentum_kept && param_group(p, config) == ParamGroup::muon;
    EXPECT_EQ(download(ctx, p.master) == download(ctx, fresh.get(p.name).master), !kept) << p.name;
  }
}

INSTANTIATE_TEST_SUITE_P(All, OptimizerOf, testing::Values("334", "754", "849", "2143", "2097"),
                         [](const auto& info) { return "Pr" + std::string(info.param); });

TEST(Clip, ScalesToTheNormOnlyWhenAboveIt) {
  Context ctx(kCpu);
  std::vector<float> v = normals(1, 200000);
  const double norm = norm_of(v);
  const Tensor x = upload(ctx, v, {200000});
  EXPECT_NEAR(download_scalar(ctx, clip_to_norm(ctx, x, 1e6F)) / norm, 1, 1e-6);
  EXPECT_EQ(download(ctx, x), v);
  clip_to_norm(ctx, x, 0.3F);
  EXPECT_NEAR(norm_of(download(ctx, x)), 0.3, 1e-6);
}

// With clipping per rank each rank's gradient is clipped by its own norm before the mean; without, the mean is clipped.
TEST(Optimizer, ClipsBeforeOrAfterTheMeanOverRanks) {
  for (const bool per_rank : {true, false}) {
    Config config = small("754");
    config.train.world_size = 3;
    config.clip.per_rank = per_rank;
    config.adam.tok_weight_decay = 0;
    config.adam.eps = 1e-2;  // like the gradients, so that the first step, lr g / (|g| + eps), shows their size
    config.model.table_rounding = Rounding::f32;
    Context ctx(kCpu);
    Params params(ctx, config.model);
    Optimizer optimizer(ctx, params, config);
    EXPECT_FLOAT_EQ(optimizer.loss_seed(), 1.0F);
    const Param& table = params.get("tok_emb.weight");
    std::vector<double> mean(static_cast<size_t>(table.master.numel()));
    const float sizes[] = {1e-4F, 1.0F, 10.0F};
    for (int rank = 0; rank < 3; ++rank) {
      std::vector<float> g = normals(static_cast<uint32_t>(rank), table.master.numel(), sizes[rank]);
      const double factor = per_rank ? std::min(1.0, 0.3 / (norm_of(g) + 1e-6)) : 1.0;
      for (size_t i = 0; i < g.size(); ++i) mean[i] += factor * g[i] / 3;
      set_grad(ctx, table, g);
      optimizer.end_rank(ctx);
    }
    optimizer.step(ctx, plan_step(config, 0, 0));
    double squares = 0;
    for (const double x : mean) squares += x * x;
    const double after = per_rank ? 1 : std::min(1.0, 0.3 / (std::sqrt(squares) + 1e-6));
    const std::vector<float> p = download(ctx, table.master);
    for (size_t i = 0; i < mean.size(); ++i) {
      const double g = mean[i] * after;
      ASSERT_NEAR(p[i], -config.adam.tok_lr * g / (std::abs(g) + config.adam.eps), 1e-6) << per_rank << " " << i;
    }
  }
}

TEST(Average, EmaFollowsItsRecurrence) {
  const Config config = small("2143");
  Context ctx(kCpu);
  Params params(ctx, config.model);
  Averages averages(ctx, params, config);
  fill_masters(ctx, params, 1);
  averages.start(ctx);
  double e = download(ctx, params.get("skip_weights").master)[0];
  for (int step = 1; step <= 5; ++step) {
    fill_masters(ctx, params, 50U + static_cast<uint32_t>(step) * 1000);
    e = 0.9965 * e + 0.0035 * download(ctx, params.get("skip_weights").master)[0];
    averages.update(ctx, step, 1);
  }
  averages.load(ctx, Export::ema);
  EXPECT_NEAR(download(ctx, params.get("skip_weights").master)[0], e, 1e-6);
  for (const float x : download(ctx, params.get("tok_emb.weight").master)) ASSERT_EQ(x, round_to_bf16(x));
}

TEST(Average, Pr334AveragesRawWeightsBelowItsScale) {
  const Config config = small("334");
  Context ctx(kCpu);
  Params params(ctx, config.model);
  Averages averages(ctx, params, config);
  averages.start(ctx);
  EXPECT_EQ(averages.resolve(Export::swa), Export::ema);  // nothing collected yet
  double sum = 0;
  const double scales[] = {0.5, 0.4, 0.39, 0.2, 0.0};  // 0.4 itself is not below
  for (int step = 1; step <= 5; ++step) {
    fill_masters(ctx, params, static_cast<uint32_t>(step) * 1000);
    if (step >= 3) sum += download(ctx, params.get("smear.gate").master)[3];
    averages.update(ctx, step, scales[step - 1]);
  }
  EXPECT_EQ(averages.swa_count(), 3);
  averages.load(ctx, averages.resolve(Export::swa));
  EXPECT_NEAR(download(ctx, params.get("smear.gate").master)[3], sum / 3, 1e-6);
}

TEST(Average, Pr754CollectsFourteenEmaStates) {  // swa:start step:6100, 14 snapshots: the log of seed 1337
  Config config = small("754");
  config.model.num_layers = 2;
  Context ctx(kCpu);
  Params params(ctx, config.model);
  Averages averages(ctx, params, config);
  averages.start(ctx);
  int64_t first = 0;
  double sum = 0, ema = 0;
  for (int64_t step = 0; step < 6759; ++step) {
    const double x = 1e-3 * static_cast<double>(step);
    set_values(ctx, params.get("bigram.scale").master, {static_cast<float>(x)});
    ema = 0.997 * ema + 0.003 * x;
    averages.update(ctx, step + 1, plan_step(config, step, static_cast<double>(step) * 600062 / 6759).lr_scale);
    if (averages.swa_count() > 0 && first == 0) first = step + 1;
    if (first > 0 && (step + 1) % 50 == 0) sum += ema;
  }
  EXPECT_EQ(first, 6100);
  EXPECT_EQ(averages.swa_count(), 14);
  averages.load(ctx, Export::swa);
  EXPECT_NEAR(download(ctx, params.get("bigram.scale").master)[0], sum / 14, 1e-4 * sum / 14);
}

}  // namespace
}  // namespace pgolf
