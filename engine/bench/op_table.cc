#include <cmath>
#include <functional>

#include "engine/bench/bench.h"
#include "engine/bench/inputs.h"
#include "engine/bench/timer.h"
#include "engine/core/memory.h"
#include "engine/ops/activation.h"
#include "engine/ops/attention.h"
#include "engine/ops/cross_entropy.h"
#include "engine/ops/embedding.h"
#include "engine/ops/linear.h"
#include "engine/ops/residual.h"
#include "engine/ops/rms_norm.h"
#include "engine/ops/rope.h"
#include "engine/ops/smear.h"
#include "engine/ops/xsa.h"

namespace pgolf {
namespace {

constexpr DType kStream = DType::f32;  // of the residual stream

// Times one op after the other; each op's inputs live as long as it is timed.
class OpTimer {
 public:
  OpTimer(Context& ctx, std::vector<OpTime>& out) : ctx_(ctx), arena_(ctx.device()), out_(out) {}

  Var input(Shape shape, DType dtype, float spread = 1.0F) {
    const Tensor value = arena_.alloc(shape, dtype);
    fill_normal(ctx_, value, spread);
    return {value, &slots_.emplace_back()};
  }
  Var activation(Shape shape) { return input(shape, ctx_.compute()); }
  Var stream(Shape shape) { return input(shape, kStream); }
  // A matrix in the compute type whose gradient is float32.
  Var weight(int64_t out, int64_t in) {
    const Var w = input({out, in}, ctx_.compute(), 1.0F / std::sqrt(static_cast<float>(in)));
    w.slot->grad = arena_.alloc({out, in}, DType::f32);
    return w;
  }
  Tensor tokens(Shape shape, int64_t vocab) { return random_tokens(ctx_, arena_, shape, vocab); }

  // FLOPs and bytes of forward and backward; an op that is differentiated by no one has no bytes there.
  struct Work {
    double flops = 0, bytes = 0, backward_flops = 0, backward_bytes = 0;
  };
  void time(const std::string& name, int64_t calls, const Work& work, const std::function<std::vector<Var>()>& run) {
    std::vector<Tensor> upstream;
    const auto once = [&](const std::function<void()>& mark) {
      ctx_.reset();
      for (GradSlot& slot : slots_) slot.written = false;
      ctx_.start_tape();
      const std::vector<Var> outputs = run();
      mark();
      for (size_t i = 0; i < outputs.size(); ++i) {
        const Var& y = outputs[i];
        if (i == upstream.size()) fill_normal(ctx_, upstream.emplace_back(arena_.alloc(y.shape(), y.value.dtype)), 1.0F);
        y.slot->grad = upstream[i];
        y.slot->written = true;
      }
      ctx_.backward(ctx_.output(ctx_.alloc({}, DType::f32), outputs[0]));
    };
    const std::vector<double> ms = median_parts(ctx_, {}, 2, once);
    out_.push_back({name, shape_text(), calls, {ms[0], work.flops, work.bytes}, {}});
    if (work.backward_bytes > 0) out_.back().backward = {ms[1], work.backward_flops, work.backward_bytes};
    ctx_.synchronize();
    slots_.clear();
    arena_.reset();
  }

  // The shape that the table shows for the next op.
  void shape(const std::string& text) { shape_ = text; }

 private:
  std::string shape_text() const { return shape_; }

  Context& ctx_;
  Arena arena_;
  std::deque<GradSlot> slots_;
  std::vector<OpTime>& out_;
  std::string shape_;
};

double bytes_of(DType dtype) { return static_cast<double>(dtype_size(dtype)); }

// The ops of a model at one batch size. N is the number of tokens.
struct Table {
  Context& ctx;
  const ModelConfig& model;
  int64_t B, T;
  OpTimer timer;
  double N, D, H, G, d, c, s;  // c and s: bytes of an element in the compute type and of the stream

  Table(Context& context, const ModelConfig& m, int64_t rows, int64_t seq_len, std::vector<OpTime>& out)
      : ctx(context), model(m), B(rows), T(seq_len), timer(context, out), N(static_cast<double>(rows * seq_len)),
        D(static_cast<double>(m.model_dim)), H(static_cast<double>(m.num_heads)), G(static_cast<double>(m.num_kv_heads)),
        d(static_cast<double>(m.head_dim())), c(bytes_of(context.compute())), s(bytes_of(kStream)) {}

  void linear_map(const std::string& name, int64_t calls, int64_t out, int64_t in) {
    const Var x = timer.activation({B, T, in}), w = timer.weight(out, in);
    const double O = static_cast<double>(out), I = static_cast<double>(in), flops = 2 * N * O * I;
    timer.shape(fmt::format("{} x {} -> {}", B * T, in, out));
    timer.time(name, calls, {flops, c * (N * (I + O) + O * I), 2 * flops, c * (N * (2 * I + 2 * O) + O * I) + 4 * O * I},
               [=, this] { return std::vector{linear(ctx, x, w)}; });
  }

  void attention_op() {
    const Var q = timer.activation({B, T, model.num_heads, model.head_dim()});
    const Var k = timer.activation({B, T, model.num_kv_heads, model.head_dim()});
    const Var v = timer.activation({B, T, model.num_kv_heads, model.head_dim()});
    const double flops = 2 * N * static_cast<double>(T) * H * d;  // causal: half of the square
    const double q_bytes = c * N * H * d, kv_bytes = c * N * G * d;
    timer.shape(fmt::format("{} x {} x {}/{} x {}", B, T, model.num_heads, model.num_kv_heads, model.head_dim()));
    timer.time("attention", model.num_layers,
               {flops, 2 * q_bytes + 2 * kv_bytes, 2.5 * flops, 4 * q_bytes + 4 * kv_bytes},
               [=, this] { return std::vector{attention(ctx, q, k, v)}; });
  }

  void norm_rope_op(const std::string& name, int64_t heads, bool with_gain) {
    const Var x = timer.activation({B, T, heads, model.head_dim()});
    const Var gain = with_gain ? timer.input({heads}, DType::f32) : Var{};
    const auto table = std::make_shared<RopeTable>();
    Arena tables(ctx.device());
    if (model.rope_dims > 0) {
      const Shape shape{T, model.rope_dims / 2};
      *table = {tables.alloc(shape, DType::f32), tables.alloc(shape, DType::f32)};
      fill_normal(ctx, table->cos, 1.0F), fill_normal(ctx, table->sin, 1.0F);
    }
    const double bytes = c * N * static_cast<double>(heads) * d;
    timer.shape(fmt::format("{} x {} x {}", B * T, heads, model.head_dim()));
    timer.time(name, model.num_layers, {0, 2 * bytes, 0, 3 * bytes}, [=, this] { return std::vector{norm_rope(ctx, x, *table, gain)}; });
  }

  void residual_ops() {
    const Shape shape{B, T, model.model_dim};
    const double ND = N * D;
    timer.shape(fmt::format("{} x {}", B * T, model.model_dim));
    {
      const Var x = timer.stream(shape), x0 = timer.stream(shape), mix = timer.input({2, model.model_dim}, DType::f32);
      timer.time("mix_norm", model.num_layers, {0, ND * (3 * s + c), 0, ND * (4 * s + c + 2 * s)}, [=, this] {
        return both(mix_norm(ctx, x, x0, mix, 1.0F));
      });
    }
    {
      const Var x = timer.stream(shape), f = timer.activation(shape), gain = timer.input({model.model_dim}, DType::f32);
      timer.time("add_norm", model.num_layers, {0, ND * (2 * s + 2 * c), 0, ND * (3 * s + 3 * c)}, [=, this] {
        return both(add_norm(ctx, x, gain, f, 1.0F));
      });
    }
    {
      const Var x = timer.stream(shape), f = timer.activation(shape), gain = timer.input({model.model_dim}, DType::f32);
      timer.time("add_scaled", model.num_layers, {0, ND * (2 * s + c), 0, ND * (2 * s + 2 * c)},
                 [=, this] { return std::vector{add_scaled(ctx, x, gain, f)}; });
    }
    {
      const Var x = timer.stream(shape);
      timer.time("rms_norm", 2, {0, ND * (s + c), 0, ND * (2 * s + c)},
                 [=, this] { return std::vector{rms_norm(ctx, x, 1.0F, ctx.compute())}; });
    }
    if (model.smear == Smear::fixed) {
      const Var x = timer.stream(shape), gate = timer.input({model.model_dim}, DType::f32);
      timer.time("smear", 1, {0, ND * 2 * s, 0, ND * 3 * s}, [=, this] { return std::vector{smear_fixed(ctx, x, gate)}; });
    }
  }

  static std::vector<Var> both(const Normed& n) { return {n.stream, n.norm}; }

  void mlp_and_head() {
    {
      const Var h = timer.activation({B, T, model.mlp_hidden});
      const double bytes = c * N * static_cast<double>(model.mlp_hidden);
      timer.shape(fmt::format("{} x {}", B * T, model.mlp_hidden));
      timer.time("leaky_relu_squared", model.num_layers, {0, 2 * bytes, 0, 3 * bytes},
                 [=, this] { return std::vector{leaky_relu_squared(ctx, h, static_cast<float>(model.mlp_slope))}; });
    }
    {
      const Var logits = timer.input({B * T, model.vocab_size}, ctx.compute(), 3.0F);
      const Tensor targets = timer.tokens({B * T}, model.vocab_size);
      const double bytes = c * N * static_cast<double>(model.vocab_size);
      timer.shape(fmt::format("{} x {}", B * T, model.vocab_size));
      timer.time("cross_entropy", 1, {0, bytes, 0, 2 * bytes}, [=, this] {
        logits.slot->grad = {};  // the gradient takes the logits' place
        return std::vector{cross_entropy(ctx, logits, targets, static_cast<float>(model.logit_softcap))};
      });
    }
    {
      const Tensor ids = timer.tokens({B, T}, model.vocab_size);
      const Var table = timer.input({model.vocab_size, model.model_dim}, DType::f32);
      timer.shape(fmt::format("{} x {} of {}", B * T, model.model_dim, model.vocab_size));
      timer.time("embedding", 1, {0, 2 * s * N * D, 0, s * N * D}, [=, this] { return std::vector{embedding(ctx, ids, table)}; });
    }
  }
};

}  // namespace

std::vector<OpTime> time_ops(Context& ctx, const ModelConfig& m, int64_t rows, int64_t seq_len) {
  std::vector<OpTime> out;
  Table table(ctx, m, rows, seq_len, out);
  const int64_t kv = m.num_kv_heads * m.head_dim();
  table.linear_map("c_q, attn.proj", 2 * m.num_layers, m.model_dim, m.model_dim);
  table.linear_map("c_k, c_v", 2 * m.num_layers, kv, m.model_dim);
  table.linear_map("mlp.fc", m.num_layers, m.mlp_hidden, m.model_dim);
  table.linear_map("mlp.proj", m.num_layers, m.model_dim, m.mlp_hidden);
  table.linear_map("head", 1, m.vocab_size, m.model_dim);
  table.attention_op();
  table.norm_rope_op("norm_rope q", m.num_heads, true);
  table.norm_rope_op("norm_rope k", m.num_kv_heads, false);
  table.residual_ops();
  table.mlp_and_head();
  return out;
}

}  // namespace pgolf
