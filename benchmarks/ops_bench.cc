// Time of every op on the CPU, forward and backward, at the size of the demonstration models: B = 8, T = 256, D = 128,
// H = 4 heads of 32, G = 2 groups, MLP 512, V = 1024. Rates are positions (B · T) a second.
//
//   ninja -C build ops_bench && build/benchmarks/ops_bench --benchmark_filter=attention
#include <benchmark/benchmark.h>

#include <functional>
#include <random>
#include <string>
#include <vector>

#include "engine/core/blas.h"
#include "engine/ops/activation.h"
#include "engine/ops/attention.h"
#include "engine/ops/cross_entropy.h"
#include "engine/ops/embedding.h"
#include "engine/ops/fake_quant.h"
#include "engine/ops/gates.h"
#include "engine/ops/lanes.h"
#include "engine/ops/linear.h"
#include "engine/ops/lora.h"
#include "engine/ops/residual.h"
#include "engine/ops/rms_norm.h"
#include "engine/ops/rope.h"
#include "engine/ops/skip.h"
#include "engine/ops/smear.h"
#include "engine/ops/value_residual.h"
#include "engine/ops/xsa.h"

namespace pgolf {
namespace {

constexpr int64_t B = 8, T = 256, D = 128, H = 4, G = 2, d = D / H, kHidden = 512, V = 1024, kRank = 16;
const Shape kStream{B, T, D}, kHeads{B, T, H, d}, kGroups{B, T, G, d}, kRow{D};

using Vars = std::vector<Var>;
using Run = std::function<Var(Context&, const Vars&)>;

struct OpBench {
  std::string name;
  std::vector<Shape> inputs;  // float32, normal; all differentiated
  Run run;
};

// Inputs, ids and gradient slots of one op, kept over iterations.
class Fixture {
 public:
  Fixture(const OpBench& op, bool backward) : run_(op.run), backward_(backward), slots_(op.inputs.size()) {
    std::mt19937_64 generator(1);
    std::normal_distribution<float> normal;
    for (size_t i = 0; i < op.inputs.size(); ++i) {
      const Tensor x = memory_.alloc(op.inputs[i], DType::f32);
      std::generate_n(x.as<float>(), x.numel(), [&] { return normal(generator); });
      slots_[i].grad = memory_.alloc(op.inputs[i], DType::f32);
      vars_.emplace_back(x, &slots_[i]);
    }
    upstream_ = memory_.alloc({B * T * V}, DType::f32);
    std::fill_n(upstream_.as<float>(), upstream_.numel(), 1.0F);
  }

  void iterate() {
    for (GradSlot& slot : slots_) slot.written = false;
    if (backward_) ctx_.start_tape();
    const Var y = run_(ctx_, vars_);
    if (backward_) {
      *y.slot = {upstream_.slice(0, y.value.numel()).view(y.shape()), true};
      ctx_.backward(ctx_.output(ctx_.alloc({}, DType::f32), y));
    }
    ctx_.reset();
  }

 private:
  Run run_;
  bool backward_;
  Context ctx_{kCpu};
  Arena memory_{kCpu};
  std::vector<GradSlot> slots_;
  Vars vars_;
  Tensor upstream_;
};

// [B, T] ids below V; the same numbers every time.
Tensor token_ids(Context& ctx) {
  const Tensor ids = ctx.alloc({B, T}, DType::i32);
  for (int64_t i = 0; i < B * T; ++i) ids.as<int32_t>()[i] = static_cast<int32_t>(i * 7919 % V);
  return ids;
}

std::vector<OpBench> embedding_and_stream() {
  return {
      {"embedding", {{V, D}}, [](Context& c, const Vars& in) { return embedding(c, token_ids(c), in[0]); }},
      {"smear_fixed", {kStream, kRow}, [](Context& c, const Vars& in) { return smear_fixed(c, in[0], in[1]); }},
      {"smear_windowed",
       {kStream, {1, 12}, {1}},
       [](Context& c, const Vars& in) { return smear_windowed(c, in[0], token_ids(c), in[1], in[2], 1); }},
      {"rms_norm", {kStream}, [](Context& c, const Vars& in) { return rms_norm(c, in[0], 1, DType::f32); }},
      {"add_scaled",
       {kStream, kRow, kStream},
       [](Context& c, const Vars& in) { return add_scaled(c, in[0], in[1], in[2]); }},
      {"mix_norm",
       {kStream, kStream, {2, D}},
       [](Context& c, const Vars& in) { return mix_norm(c, in[0], in[1], in[2], 1).norm; }},
      {"skip_gated",
       {kStream, kRow, kRow, kStream},
       [](Context& c, const Vars& in) { return skip_gated(c, in[0], in[1], in[2], in[3]); }},
      {"update_lanes",
       {kStream, kStream, kRow, kStream, kRow, kStream, {2}, {2, 2}},
       [](Context& c, const Vars& in) {
         return mean_of(c, update_lanes(c, {in[0], in[1]}, in[2], in[3], in[4], in[5], in[6], in[7]));
       }},
      {"gate_block",
       {kStream, kStream, {1, D}, {1}},
       [](Context& c, const Vars& in) { return gate_block(c, in[0], in[1], in[2], in[3]); }},
  };
}

std::vector<OpBench> branches() {
  return {
      {"linear_attention", {kStream, {D, D}}, [](Context& c, const Vars& in) { return linear(c, in[0], in[1]); }},
      {"linear_mlp", {kStream, {kHidden, D}}, [](Context& c, const Vars& in) { return linear(c, in[0], in[1]); }},
      {"linear_head", {kStream, {V, D}}, [](Context& c, const Vars& in) { return linear(c, in[0], in[1]); }},
      {"norm_rope",
       {kHeads, {H}},
       [](Context& c, const Vars& in) { return norm_rope(c, in[0], make_rope_table(c, {}, T), in[1]); }},
      {"attention",
       {kHeads, kGroups, kGroups},
       [](Context& c, const Vars& in) { return attention(c, in[0], in[1], in[2]); }},
      {"xsa", {kHeads, kGroups}, [](Context& c, const Vars& in) { return xsa(c, in[0], in[1]); }},
      {"gate_heads_sparse",
       {kHeads, kStream, {H, 12}},
       [](Context& c, const Vars& in) { return gate_heads(c, in[0], in[1], in[2], {}); }},
      {"gate_heads_linear",
       {kHeads, kStream, {H, D}, {H}},
       [](Context& c, const Vars& in) { return gate_heads(c, in[0], in[1], in[2], in[3]); }},
      {"scale_heads", {kHeads, {H}}, [](Context& c, const Vars& in) { return scale_heads(c, in[0], in[1]); }},
      {"value_residual",
       {kGroups, kGroups, {2}},
       [](Context& c, const Vars& in) { return value_residual(c, in[0], in[1], in[2]); }},
      {"activated_linear",
       {{B, T, kHidden}, {D, kHidden}},
       [](Context& c, const Vars& in) { return activated_linear(c, in[0], 0.5F, in[1]); }},
      {"add_lora",
       {kStream, {D, D}, {B, kRank, D}, {B, D, kRank}},
       [](Context& c, const Vars& in) { return add_lora(c, linear(c, in[0], in[1]), in[0], in[2], in[3], 1); }},
      {"fake_quant",
       {{kHidden, D}},
       [](Context& c, const Vars& in) { return fake_quant(c, in[0], {.clip = 15, .quantile = 0.9995}); }},
      {"cross_entropy",
       {{B * T, V}},
       [](Context& c, const Vars& in) { return cross_entropy(c, in[0], token_ids(c), 30); }},
  };
}

void register_all(const std::vector<OpBench>& ops) {
  for (const OpBench& op : ops)
    for (const bool backward : {false, true}) {
      const std::string name = op.name + (backward ? "/forward_and_backward" : "/forward");
      benchmark::RegisterBenchmark(name.c_str(),
                                   [op, backward](benchmark::State& state) {
                                     Fixture fixture(op, backward);
                                     for (auto _ : state) fixture.iterate();
                                     state.SetItemsProcessed(state.iterations() * B * T);
                                   })
          ->Unit(benchmark::kMicrosecond)
          ->UseRealTime();
    }
}

}  // namespace
}  // namespace pgolf

int main(int argc, char** argv) {
  pgolf::restart_with_best_blas(argv);
  pgolf::register_all(pgolf::embedding_and_stream());
  pgolf::register_all(pgolf::branches());
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 1;
  benchmark::RunSpecifiedBenchmarks();
}
