#include <memory>

#include "engine/bench/op_timer.h"
#include "engine/ops/attention.h"
#include "engine/ops/cross_entropy.h"
#include "engine/ops/embedding.h"
#include "engine/ops/gates.h"
#include "engine/ops/lanes.h"
#include "engine/ops/linear.h"
#include "engine/ops/residual.h"
#include "engine/ops/rms_norm.h"
#include "engine/ops/rope.h"
#include "engine/ops/skip.h"
#include "engine/ops/smear.h"
#include "engine/ops/squared_mlp.h"
#include "engine/ops/value_residual.h"
#include "engine/ops/xsa.h"

namespace pgolf {
namespace {

double bytes_of(DType dtype) { return static_cast<double>(dtype_size(dtype)); }

// The ops of a model at one batch size. N is the number of tokens.
struct Table {
  Context& ctx;
  const ModelConfig& model;
  DType stream;  // of the residual stream
  int64_t B, T;
  OpTimer timer;
  double N, D, H, G, d, c, s;  // c and s: bytes of an element in the compute type and of the stream

  Table(Context& context, const ModelConfig& m, DType stream_type, int64_t rows, int64_t seq_len,
        std::vector<OpTime>& out)
      : ctx(context),
        model(m),
        stream(stream_type),
        B(rows),
        T(seq_len),
        timer(context, out),
        N(static_cast<double>(rows * seq_len)),
        D(static_cast<double>(m.model_dim)),
        H(static_cast<double>(m.num_heads)),
        G(static_cast<double>(m.num_kv_heads)),
        d(static_cast<double>(m.head_dim())),
        c(bytes_of(context.compute())),
        s(bytes_of(stream_type)) {}

  void linear_map(const std::string& name, int64_t calls, int64_t out, int64_t in, bool onto_stream = false) {
    const Var x = timer.activation({B, T, in}), w = timer.weight(out, in);
    const Var summand = onto_stream ? stream_input() : Var{};
    const double O = static_cast<double>(out), I = static_cast<double>(in), flops = 2 * N * O * I;
    const double y_bytes = onto_stream ? 2 * s * N * O : c * N * O;
    timer.shape(fmt::format("{} x {} -> {}", B * T, in, out));
    timer.time(name, calls,
               {flops, c * (N * I + O * I) + y_bytes, 2 * flops, c * (N * (2 * I + 2 * O) + O * I) + 4 * O * I},
               [=, this] { return std::vector{linear(ctx, x, w, summand)}; });
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
    const Var gain = with_gain ? timer.parameter({heads}) : Var{};
    const auto table = std::make_shared<RopeTable>();
    Arena tables(ctx.device());
    if (model.rope_dims > 0) {
      const Shape shape{T, model.rope_dims / 2};
      *table = {tables.alloc(shape, DType::f32), tables.alloc(shape, DType::f32)};
      fill_normal(ctx, table->cos, 1.0F), fill_normal(ctx, table->sin, 1.0F);
    }
    const double bytes = c * N * static_cast<double>(heads) * d;
    timer.shape(fmt::format("{} x {} x {}", B * T, heads, model.head_dim()));
    timer.time(name, model.num_layers, {0, 2 * bytes, 0, 3 * bytes},
               [=, this] { return std::vector{norm_rope(ctx, x, *table, gain)}; });
  }

  Shape stream_shape() const { return {B, T, model.model_dim}; }
  Var stream_input() { return timer.input(stream_shape(), stream); }

  // Layers whose two branches read one norm, or each a lane of their own.
  int64_t parallel_layers() const {
    return model.parallel_residual == ParallelResidual::none ? 0 : model.num_layers - model.parallel_start_layer;
  }
  bool two_lanes() const { return model.parallel_residual == ParallelResidual::two_lane; }

  void residual_ops() {
    const int64_t D_ = model.model_dim, L = model.num_layers, P = parallel_layers();
    const double ND = N * D;
    timer.shape(fmt::format("{} x {}", B * T, D_));
    {
      const Var x = stream_input(), x0 = stream_input(), mix = timer.parameter({2, D_});
      timer.time("mix_norm", L, {0, ND * (3 * s + c), 0, ND * (6 * s + c)},
                 [=, this] { return both(mix_norm(ctx, x, x0, mix, 1.0F)); });
    }
    {
      const Var x = stream_input(), f = timer.activation(stream_shape()), gain = timer.parameter({D_});
      const int64_t calls = (model.skips == Skips::add ? L / 2 : 0) +
                            (model.value_residual == ValueResidual::input ? L : 0) +
                            (model.bigram_vocab_size > 0 ? 1 : 0);
      if (calls > 0)
        timer.time("add_scaled", calls, {0, ND * (2 * s + c), 0, ND * (s + 2 * c)},
                   [=, this] { return std::vector{add_scaled(ctx, x, gain, f)}; });
    }
    {
      const Var x = stream_input();
      timer.time("rms_norm", 2 + (two_lanes() ? L : L - P), {0, ND * (s + c), 0, ND * (2 * s + c)},
                 [=, this] { return std::vector{rms_norm(ctx, x, 1.0F, ctx.compute())}; });
    }
    if (model.skips == Skips::gated) {
      const Var x = stream_input(), e = stream_input(), weight = timer.parameter({D_}), gate = timer.parameter({D_});
      timer.time("skip_gated", L / 2, {0, ND * 3 * s, 0, ND * 5 * s},
                 [=, this] { return std::vector{skip_gated(ctx, x, weight, gate, e)}; });
    }
    if (two_lanes()) {
      const Lanes lanes{stream_input(), stream_input()};
      const Var attn = timer.activation(stream_shape()), mlp = timer.activation(stream_shape());
      const Var a = timer.parameter({D_}), m = timer.parameter({D_}), resid = timer.parameter({2}),
                post = timer.parameter({2, 2});
      timer.time("update_lanes", P, {0, ND * (4 * s + 2 * c), 0, ND * (6 * s + 4 * c)}, [=, this] {
        const Lanes out = update_lanes(ctx, lanes, a, attn, m, mlp, resid, post);
        return std::vector{out.attn, out.mlp};
      });
    }
    smear_op();
  }

  void smear_op() {
    if (model.smear == Smear::none) return;
    const double bytes = N * D * s;
    const Var x = stream_input();
    if (model.smear == Smear::fixed) {
      const Var gate = timer.parameter({model.model_dim});
      timer.time("smear", 1, {0, 2 * bytes, 0, 3 * bytes},
                 [=, this] { return std::vector{smear_fixed(ctx, x, gate)}; });
      return;
    }
    const Tensor ids = timer.tokens({B, T}, model.vocab_size);
    const Var weight = timer.parameter({1, model.gate_window}), lambda = timer.parameter({1});
    timer.time("smear", 1, {0, 2 * bytes, 0, 3 * bytes},
               [=, this] { return std::vector{smear_windowed(ctx, x, ids, weight, lambda, 1)}; });
  }

  // What stands between attention and its output projection, and what is added to the values.
  void head_ops() {
    const Shape q_shape{B, T, model.num_heads, model.head_dim()}, v_shape{B, T, model.num_kv_heads, model.head_dim()};
    const double q_bytes = c * N * H * d, v_bytes = c * N * G * d;
    timer.shape(fmt::format("{} x {}/{} x {}", B * T, model.num_heads, model.num_kv_heads, model.head_dim()));
    if (model.xsa_last_n > 0) {
      const Var y = timer.activation(q_shape), v = timer.activation(v_shape);
      timer.time("xsa", model.xsa_last_n, {0, 2 * q_bytes + v_bytes, 0, 3 * q_bytes + 2 * v_bytes},
                 [=, this] { return std::vector{xsa(ctx, y, v)}; });
    }
    if (model.value_residual == ValueResidual::blend) {
      const Var a = timer.activation(v_shape), b = timer.activation(v_shape), weights = timer.parameter({2});
      timer.time("value_residual", model.num_layers - 1, {0, 3 * v_bytes, 0, 5 * v_bytes},
                 [=, this] { return std::vector{value_residual(ctx, a, b, weights)}; });
    }
    if (model.attn_gate == AttnGate::none) return;
    const Var y = timer.activation(q_shape);
    if (model.attn_gate == AttnGate::per_head) {
      const Var gain = timer.parameter({model.num_heads});
      timer.time("scale_heads", model.num_layers, {0, 2 * q_bytes, 0, 3 * q_bytes},
                 [=, this] { return std::vector{scale_heads(ctx, y, gain)}; });
      return;
    }
    const bool wide = model.attn_gate == AttnGate::linear || model.attn_gate == AttnGate::dense;
    const int64_t width = wide ? model.model_dim : model.gate_window;
    const Var n = timer.activation(stream_shape()), weight = timer.parameter({model.num_heads, width});
    const double n_bytes = c * N * static_cast<double>(width);
    timer.time("gate_heads", model.num_layers, {0, 2 * q_bytes + n_bytes, 0, 3 * q_bytes + 3 * n_bytes},
               [=, this] { return std::vector{gate_heads(ctx, y, n, weight, {})}; });
  }

  static std::vector<Var> both(const Normed& n) { return {n.stream, n.norm}; }

  // Bytes as where the activation is inside the products: a once written and twice read, a bit of sign each time.
  void mlp_op() {
    const Var x = timer.activation(stream_shape()), up = timer.weight(model.mlp_hidden, model.model_dim),
              down = timer.weight(model.model_dim, model.mlp_hidden);
    const Var summand = two_lanes() ? Var{} : stream_input();
    const double I = static_cast<double>(model.mlp_hidden), flops = 4 * N * D * I, signs = N * I / 8;
    const double y_bytes = two_lanes() ? c * N * D : 2 * s * N * D;
    timer.shape(fmt::format("{} x {} -> {} -> {}", B * T, model.model_dim, model.mlp_hidden, model.model_dim));
    timer.time(
        "mlp", model.num_layers,
        {flops, c * (N * (D + 2 * I) + 2 * D * I) + signs + y_bytes, 2 * flops,
         c * (N * (5 * I + 4 * D) + 2 * D * I) + signs + 8 * D * I},
        [=, this] { return std::vector{squared_mlp(ctx, x, up, static_cast<float>(model.mlp_slope), down, summand)}; });
  }

  void loss_op() {
    const Var logits = timer.input({B * T, model.vocab_size}, ctx.compute(), 3.0F);
    const Tensor targets = timer.tokens({B * T}, model.vocab_size);
    const double bytes = c * N * static_cast<double>(model.vocab_size);
    timer.shape(fmt::format("{} x {}", B * T, model.vocab_size));
    timer.time("cross_entropy", 1, {0, bytes, 0, 2 * bytes}, [=, this] {
      return std::vector{cross_entropy(ctx, logits, targets, static_cast<float>(model.logit_softcap))};
    });
  }

  // Bytes: a row written per token; the table's rows come from the cache, and its gradient is small.
  void embedding_op(const std::string& name, int64_t vocab, int64_t width, DType type) {
    if (vocab == 0) return;
    const Tensor ids = timer.tokens({B, T}, vocab);
    const Var table = timer.parameter({vocab, width});
    const double bytes = bytes_of(type) * N * static_cast<double>(width);
    timer.shape(fmt::format("{} x {} of {}", B * T, width, vocab));
    timer.time(name, 1, {0, bytes, 0, bytes}, [=, this] { return std::vector{embedding(ctx, ids, table, type)}; });
  }
};

}  // namespace

std::vector<OpTime> time_ops(Context& ctx, const ModelConfig& m, DType stream, int64_t rows, int64_t seq_len) {
  std::vector<OpTime> out;
  Table table(ctx, m, stream, rows, seq_len, out);
  const int64_t kv = m.num_kv_heads * m.head_dim();
  table.linear_map("c_q, c_k, c_v", m.num_layers, m.model_dim + 2 * kv, m.model_dim);
  table.linear_map("attn.proj", m.num_layers, m.model_dim, m.model_dim, !table.two_lanes());
  table.mlp_op();
  table.linear_map("head", 1, m.vocab_size, m.model_dim);
  table.attention_op();
  table.norm_rope_op("norm_rope q", m.num_heads, true);
  table.norm_rope_op("norm_rope k", m.num_kv_heads, false);
  table.head_ops();
  table.residual_ops();
  table.loss_op();
  table.embedding_op("embedding", m.vocab_size, m.model_dim, stream);
  table.embedding_op("pair embedding", m.bigram_vocab_size, m.bigram_dim, ctx.compute());
  return out;
}

}  // namespace pgolf
