// Every technique of every submission does something: without it the loss is another, and every trainable tensor
// learns.
#include <gtest/gtest.h>

#include <cmath>
#include <random>

#include "engine/config/techniques.h"
#include "engine/core/transfer.h"
#include "engine/model/gpt.h"
#include "tests/support/golden_config.h"
#include "tests/support/tiny_config.h"

namespace pgolf {
namespace {

constexpr const char* kSubmissions[] = {"334", "754", "849", "2143", "2097"};
constexpr int64_t kRows = 2, kLength = 64;

// The submission's own structure on a width that a test can afford.
Config small_config(const std::string& pr) {
  Config c = submission_config(pr);
  c.model.vocab_size = 96;
  c.model.num_layers = 6;
  c.model.model_dim = 64;
  c.model.num_heads = 4;
  c.model.num_kv_heads = c.model.num_kv_heads == 8 ? 4 : 2;
  c.model.mlp_hidden = 96;
  c.model.rope_train_seq_len = kLength / 2;
  if (c.model.bigram_vocab_size > 0) c.model.bigram_vocab_size = 32;
  c.model.bigram_dim = 16;
  c.model.xsa_last_n = std::min<int64_t>(c.model.xsa_last_n, 3);
  if (!c.model.value_embed_layers.empty()) c.model.value_embed_layers = {3, 4};
  c.model.value_embed_dim = 16;
  c.model.loop_start = 1;
  c.model.loop_end = 2;
  c.model.parallel_start_layer = 4;
  return c;
}

// Values that no technique is neutral at: its tensors start at zeros and ones. A tensor's values depend on its name
// alone, so that two configurations agree in the tensors they share; banks are filled matrix by matrix.
void fill(Context& ctx, Params& params) {
  for (const Params::Named& tensor : params.unbanked()) {
    std::mt19937 generator(static_cast<uint32_t>(std::hash<std::string>{}(tensor.name)));
    const bool matrix = tensor.value.shape.rank() == 2 && tensor.value.shape[0] > 4;
    std::normal_distribution<float> noise(matrix ? 0.0F : 0.7F, matrix ? 0.6F : 0.3F);
    float* values = tensor.value.as<float>();
    const bool cap = tensor.name.starts_with("softcap");
    for (int64_t i = 0; i < tensor.value.numel(); ++i) values[i] = cap ? 3.0F : noise(generator);
  }
  params.refresh(ctx);
}

struct Result {
  double loss = 0, scored = 0;
  std::vector<std::string> without_grad;
};

Result run(const Config& config) {
  Context ctx(kCpu);
  Params params(ctx, config.model);
  fill(ctx, params);
  const Gpt model(config.model, params, config.data.bos_id);
  std::mt19937 generator(7);
  std::vector<int32_t> ids(kRows * kLength), targets(ids.size());
  for (size_t i = 0; i < ids.size(); ++i) {
    ids[i] = static_cast<int32_t>(generator() % 96);
    targets[i] = static_cast<int32_t>(generator() % 96);
  }
  const QatState qat{config.qat, 1.0};
  Pass pass;
  pass.ids = upload(ctx, ids, {kRows, kLength});
  pass.looping = config.model.num_loops > 0;
  Result result;
  const Tensor wanted = upload(ctx, targets, {kRows, kLength});
  result.scored = download_scalar(ctx, weighted_sum(ctx, model.token_nll(ctx, pass, wanted)).value);
  pass.qat = &qat;
  ctx.start_tape();
  params.zero_grads(ctx);
  const Var loss = model.loss(ctx, pass, wanted);
  result.loss = download_scalar(ctx, loss.value);
  ctx.backward(loss);
  for (const Param& param : params.list()) {
    double squares = 0;
    for (const float g : download(ctx, param.grad)) squares += static_cast<double>(g) * g;
    if (squares == 0) result.without_grad.push_back(param.name);
  }
  return result;
}

class Liveness : public testing::TestWithParam<const char*> {};

TEST_P(Liveness, SwitchingATechniqueOffChangesTheLoss) {
  const Config config = small_config(GetParam());
  const Result with = run(config);
  int tested = 0;
  for (const Technique& technique : techniques()) {
    const bool of_the_forward_pass = technique.kind == TechniqueKind::model || technique.key.starts_with("qat.");
    // Banks are storage; the frequencies' rounding does nothing once the base is rescaled (PR 2143 beyond its length).
    if (!of_the_forward_pass || technique.key == "model.param_banks" || !uses(config, technique)) continue;
    if (technique.key == "model.rope_freqs" && config.model.rope_scaling == RopeScaling::ntk) continue;
    Config without_it = config;
    switch_off(without_it, technique);
    if (technique.key == "model.rope_dims") without_it.model.rope_scaling = RopeScaling::none;
    const Result without = run(without_it);
    const double change = std::abs(with.loss - without.loss) + std::abs(with.scored - without.scored);
    EXPECT_GT(change, 1e-6) << technique.name << " of PR " << GetParam();
    ++tested;
  }
  EXPECT_GE(tested, 3);
}

TEST_P(Liveness, EveryTensorLearnsButTheInertOnes) {
  const Config config = small_config(GetParam());
  std::vector<std::string> inert;
  // PR 754's layer 0 has nothing to blend with; PR 2097's caps are in no optimizer and not in the training loss.
  if (config.model.value_residual == ValueResidual::blend) inert.push_back("blocks.0.attn.vr_lambda");
  if (config.model.asymmetric_softcap) inert.insert(inert.end(), {"softcap_pos", "softcap_neg"});
  std::vector<std::string> found = run(config).without_grad;
  std::sort(found.begin(), found.end());
  std::sort(inert.begin(), inert.end());
  EXPECT_EQ(found, inert);
}

// No submission trains with it as run. Scoring never rounds.
TEST(LateQat, RoundingChangesTheLossWhereItIsAskedFor) {
  for (const char* pr : {"754", "849"}) {
    const Config as_run = small_config(pr), rounded = with_late_qat(as_run);
    Config soft = rounded;
    soft.qat.soft_round = true;
    const Result plain = run(as_run), straight_through = run(rounded);
    EXPECT_GT(std::abs(straight_through.loss - plain.loss), 1e-6) << pr;
    EXPECT_GT(std::abs(run(soft).loss - straight_through.loss), 1e-6) << pr;
    EXPECT_EQ(straight_through.scored, plain.scored) << pr;
  }
}

INSTANTIATE_TEST_SUITE_P(Submissions, Liveness, testing::ValuesIn(kSubmissions),
                         [](const auto& info) { return std::string("Pr") + info.param; });

}  // namespace
}  // namespace pgolf
