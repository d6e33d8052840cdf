// A model's step and its memory: what backward frees nothing reads again, and it needs little beside the activations.
#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "engine/core/transfer.h"
#include "engine/model/gpt.h"
#include "tests/support/overwrite_freed.h"
#include "tests/support/tiny_config.h"

namespace pgolf {
namespace {

constexpr int64_t kRows = 2, kLength = 16;

struct Step {
  explicit Step(const Config& c, Device device = kCpu)
      : config(c), ctx(device, DType::f32), params(ctx, c.model), model(c.model, params, c.data.bos_id) {
    std::mt19937 generator(3);
    std::normal_distribution<float> normal(0.0F, 0.3F);
    std::vector<float> values(static_cast<size_t>(params.num_flat()));
    for (float& x : values) x = normal(generator);
    ctx.copy(params.flat_masters(), {values.data(), params.flat_masters().shape, DType::f32, kCpu});
    params.refresh(ctx);
    qat = {c.qat, 1.0};
  }

  // In use before the backward pass.
  size_t forward() {
    ctx.reset();
    std::mt19937 generator(7);
    std::vector<int32_t> ids(kRows * kLength);
    for (int32_t& id : ids) id = static_cast<int32_t>(generator() % static_cast<uint32_t>(config.model.vocab_size));
    params.zero_grads(ctx);
    Pass pass;
    pass.ids = upload(ctx, ids, {kRows, kLength});
    pass.looping = config.model.num_loops > 0;
    if (config.qat.scope != QatScope::none) pass.qat = &qat;
    ctx.start_tape();
    start = ctx.arena().used();
    loss = model.loss(ctx, pass, pass.ids);
    return ctx.arena().used();
  }

  std::vector<float> gradient() {
    forward();
    ctx.backward(loss);
    return download(ctx, params.flat_grads());
  }

  Config config;
  Context ctx;
  Params params;
  Gpt model;
  QatState qat;
  Var loss;
  size_t start = 0;
};

class StepMemory : public testing::TestWithParam<const char*> {};

TEST_P(StepMemory, NothingThatWasFreedIsRead) {
  const Config config = tiny_config(GetParam(), 1);
  const std::vector<float> expected = Step(config).gradient();
  EXPECT_TRUE(std::ranges::any_of(expected, [](float g) { return g != 0; }));
  const OverwriteFreed overwrite;
  Step step(config);
  for (int round = 0; round < 3; ++round) EXPECT_EQ(step.gradient(), expected) << "round " << round;
}

// The most is in use when the backward pass is in the head: what it adds there does not depend on depth.
TEST_P(StepMemory, BackwardAddsTheSameForAnyDepth) {
  std::vector<size_t> added;
  for (const int64_t layers : {4, 8, 12}) {
    Config config = tiny_config(GetParam(), 1);
    config.model.num_layers = layers;
    config.model.value_embed_layers.clear();
    Step step(config, kMeta);
    const size_t forward = step.forward();
    step.ctx.backward(step.loss);
    EXPECT_EQ(step.ctx.arena().used(), step.start);
    added.push_back(step.ctx.arena().peak() - forward);
  }
  EXPECT_EQ(added[1], added[0]);
  EXPECT_EQ(added[2], added[0]);
  const int64_t hidden = kRows * kLength * tiny_config(GetParam(), 1).model.model_dim * 4;  // float32 [B, T, D]
  EXPECT_LE(added[0], static_cast<size_t>(3 * hidden)) << "gradients of the head's input and of two lanes";
}

TEST_P(StepMemory, AddressesRepeatAndNothingIsAllocated) {
  Step step(tiny_config(GetParam(), 1));
  step.gradient();
  step.ctx.reset();
  step.forward();
  const void* loss = step.loss.value.data;
  const int64_t before = num_allocations();
  step.gradient();
  step.forward();
  EXPECT_EQ(step.loss.value.data, loss);
  EXPECT_EQ(num_allocations(), before);
}

INSTANTIATE_TEST_SUITE_P(Submissions, StepMemory, testing::Values("334", "754", "849", "2143", "2097"),
                         [](const auto& info) { return std::string("Pr") + info.param; });

}  // namespace
}  // namespace pgolf
