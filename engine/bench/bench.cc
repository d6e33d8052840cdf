#include "engine/bench/bench.h"

#include <algorithm>

#include "engine/bench/inputs.h"
#include "engine/bench/timer.h"
#include "engine/core/device_info.h"
#include "engine/core/transfer.h"
#include "engine/memory/need.h"
#include "engine/model/gpt.h"
#include "engine/model/init.h"
#include "engine/ops/matmul.h"
#include "engine/optim/average.h"
#include "engine/optim/optimizer.h"

namespace pgolf {
namespace {

constexpr uint64_t kSeed = 1234;

DeviceRates device_rates(Context& ctx) {
  const bool cpu = ctx.device().is_cpu();
  const int64_t n = cpu ? 1024 : 8192, copied = int64_t{1} << (cpu ? 26 : 30);
  DeviceRates rates;
  {
    Arena arena(ctx.device());
    const Tensor a = arena.alloc({n, n}, ctx.compute()), b = arena.alloc({n, n}, ctx.compute());
    const Tensor c = arena.alloc({n, n}, ctx.compute());
    fill_normal(ctx, a, 1.0F), fill_normal(ctx, b, 1.0F);
    const double ms = median_time(ctx, {}, [&] { matmul(ctx, {a}, transposed(b), c); });
    rates.matmul_tflops = 2.0 * static_cast<double>(n) * static_cast<double>(n) * static_cast<double>(n) / ms * 1e-9;
    ctx.synchronize();
  }
  Arena arena(ctx.device());
  const Tensor from = arena.alloc({copied / 4}, DType::f32), to = arena.alloc({copied / 4}, DType::f32);
  fill_normal(ctx, from, 1.0F);
  const double ms = median_time(ctx, {}, [&] { ctx.copy(to, from); });
  rates.copy_gbs = 2.0 * static_cast<double>(copied) / ms * 1e-6;
  ctx.synchronize();
  return rates;
}

int64_t micro_batch_rows(const TrainConfig& train) {
  return std::max<int64_t>(1, train.batch_tokens / (train.world_size * train.grad_accum_steps * train.seq_len));
}

// The model with random weights and one batch of random text.
struct Model {
  Context& ctx;
  const Config& config;
  Params params;
  Gpt gpt;
  Arena arena;
  Pass pass;
  Tensor targets;

  Model(Context& context, const Config& c, int64_t rows)
      : ctx(context),
        config(c),
        params(context, c.model),
        gpt(c.model, params, c.data.bos_id),
        arena(context.device()) {
    init_params(ctx, params, c.model, kSeed);
    const Shape shape{rows, c.train.seq_len};
    pass.ids = random_tokens(ctx, arena, shape, c.model.vocab_size);
    targets = random_tokens(ctx, arena, shape, c.model.vocab_size);
  }
  int64_t tokens() const { return targets.numel(); }

  void forward() {
    ctx.reset();
    gpt.token_nll(ctx, pass, targets);
  }
  // Sliding windows of rows: the last `stride` positions of each are scored.
  void forward_windows(int64_t stride) {
    const int64_t T = pass.ids.cols();
    std::vector<int32_t> ends;
    for (int64_t i = 0; i < tokens(); ++i)
      if (i % T >= T - stride) ends.push_back(static_cast<int32_t>(i));
    ctx.reset();
    Pass part = pass;
    part.scored = upload(ctx, ends, {static_cast<int64_t>(ends.size())});
    gpt.token_nll(ctx, part, targets.view({tokens()}).slice(0, part.scored.numel()));
  }
  void forward_backward() {
    ctx.reset();
    ctx.start_tape();
    ctx.backward(gpt.loss(ctx, pass, targets));
  }
};

void time_model(Context& ctx, const BenchOptions& options, BenchReport& report) {
  const size_t before = memory_use(ctx.device()).total();
  restart_peak(ctx.device());
  Model model(ctx, options.config, report.rows);
  Optimizer optimizer(ctx, model.params, options.config);
  Averages averages(ctx, model.params, options.config);
  const Repeats repeats = ctx.device().is_cpu() ? Repeats{1, 3} : Repeats{};
  const auto add = [&](const char* name, int64_t tokens, const std::function<void()>& run) {
    report.phases.push_back({name, median_time(ctx, repeats, run), tokens});
  };
  for (const bool looping : {false, true}) {
    if (looping && options.config.model.num_loops == 0) break;
    model.pass.looping = looping;
    add(looping ? "evaluation, looping" : "evaluation", model.tokens(), [&] { model.forward(); });
    if (options.config.eval.stride < model.pass.ids.cols())
      add(looping ? "windows, looping" : "windows", model.tokens(),
          [&] { model.forward_windows(options.config.eval.stride); });
    add(looping ? "forward and backward, looping" : "forward and backward", model.tokens(),
        [&] { model.forward_backward(); });
  }
  report.memory_bytes = ctx.arena().peak();
  const StepPlan plan{.lr_scale = 1e-3, .muon_momentum = options.config.muon.momentum};
  // The gradients stay: the step would count zeroed ones as absent.
  const std::vector<double> parts = median_parts(ctx, repeats, 2, [&](const std::function<void()>& mark) {
    model.forward_backward();
    mark();
    for (int64_t rank = 0; rank < options.config.train.world_size; ++rank) optimizer.end_rank(ctx);
    optimizer.step(ctx, plan);
  });
  report.phases.push_back({"optimizer step", parts[1], 0});
  report.training_peak_bytes = memory_use(ctx.device()).peak() - before;
  averages.start(ctx);
  add("averages", 0, [&] { averages.update(ctx, 1, 0.0); });
  ctx.reset();
  ctx.synchronize();
}

std::string name_of(Device device) {
  if (device.is_cpu()) return "CPU";
  return probe_devices().gpus.at(static_cast<size_t>(device.cuda_index)).name;
}

}  // namespace

BenchReport run_bench(const BenchOptions& options) {
  BenchReport report;
  report.submission = options.submission;
  report.device = device_name(options.device);
  report.device_name = name_of(options.device);
  report.compute = dtype_name(options.compute);
  report.fast = options.determinism == Determinism::fast;
  report.rows = options.batch_seqs > 0 ? options.batch_seqs : micro_batch_rows(options.config.train);
  report.seq_len = options.config.train.seq_len;
  {
    Context ctx(options.device, options.compute, options.determinism);
    report.rates = device_rates(ctx);
  }
  {
    Context ctx(options.device, options.compute, options.determinism);
    time_model(ctx, options, report);
  }
  const Place place{options.device, options.compute, options.determinism};
  report.evaluation_need_bytes = sum_of(memory_need(options.config, place).eval);
  if (options.ops) {
    Context ctx(options.device, options.compute, options.determinism);
    report.ops =
        time_ops(ctx, options.config.model, stream_type(options.config.model, ctx), report.rows, report.seq_len);
  }
  return report;
}

std::string measured_products(const BenchOptions& options) {
  Context ctx(options.device, options.compute, Determinism::fast);
  Model training(ctx, options.config, micro_batch_rows(options.config.train));
  for (int i = 0; i < 2; ++i) training.forward_backward();  // the second adds to gradients
  Model scoring(ctx, options.config, options.config.eval.batch_seqs);
  scoring.forward();
  std::string out;
  for (const std::string& row : product_table_rows(ctx)) out += row + '\n';
  return out;
}

double BenchReport::roofline_ms() const {
  double sum = 0;
  for (const OpTime& op : ops) sum += op.roofline_ms(rates);
  return sum;
}

namespace {

Json part_json(const OpTime::Part& part, const DeviceRates& rates) {
  return {{"ms", part.ms},
          {"tflops", part.tflops()},
          {"gb_per_s", part.gbs()},
          {"bound", part.arithmetic(rates) ? "arithmetic" : "memory"},
          {"fraction", part.fraction(rates)}};
}

std::string part_text(const OpTime::Part& part, const DeviceRates& rates) {
  if (part.ms == 0) return fmt::format("{:>34}", "");
  const bool arithmetic = part.arithmetic(rates);
  return fmt::format("{:8.3f} ms {:7.4g} {} {:4.0f} %", part.ms, arithmetic ? part.tflops() : part.gbs(),
                     arithmetic ? "TFLOP/s" : "GB/s   ", 100 * part.fraction(rates));
}

}  // namespace

Json to_json(const BenchReport& r) {
  Json out = {{"format", "pgolf.bench/1"},
              {"submission", r.submission},
              {"device", r.device},
              {"device_name", r.device_name},
              {"compute", r.compute},
              {"fast", r.fast},
              {"rows", r.rows},
              {"seq_len", r.seq_len},
              {"memory_bytes", r.memory_bytes},
              {"training_peak_bytes", r.training_peak_bytes},
              {"evaluation_need_bytes", r.evaluation_need_bytes}};
  out["device_rates"] = {{"matmul_tflops", r.rates.matmul_tflops}, {"copy_gb_per_s", r.rates.copy_gbs}};
  out["phases"] = Json::array();
  for (const PhaseTime& phase : r.phases) {
    Json& p = out["phases"].emplace_back(Json{{"name", phase.name}, {"ms", phase.ms}});
    if (phase.tokens > 0) p["tokens"] = phase.tokens, p["tokens_per_s"] = phase.tokens_per_s();
  }
  if (!r.ops.empty()) out["roofline_ms"] = r.roofline_ms();
  out["ops"] = Json::array();
  for (const OpTime& op : r.ops) {
    Json& o = out["ops"].emplace_back(Json{{"name", op.name}, {"shape", op.shape}, {"calls", op.calls}});
    o["forward"] = part_json(op.forward, r.rates);
    if (op.backward.ms > 0) o["backward"] = part_json(op.backward, r.rates);
    o["ms_per_pass"] = static_cast<double>(op.calls) * (op.forward.ms + op.backward.ms);
  }
  return out;
}

std::string to_text(const BenchReport& r) {
  std::string out = fmt::format("{} on {} ({}), {}{}, {} x {} tokens\n", r.submission, r.device_name, r.device,
                                r.compute, r.fast ? " fast" : "", r.rows, r.seq_len);
  out += fmt::format("the device itself: matrix product {:.4g} TFLOP/s, copy {:.4g} GB/s\n\n", r.rates.matmul_tflops,
                     r.rates.copy_gbs);
  for (const PhaseTime& phase : r.phases) {
    out += fmt::format("{:<30} {:9.3f} ms", phase.name, phase.ms);
    if (phase.tokens > 0) out += fmt::format("  {:8.3f} M tokens/s", phase.tokens_per_s() * 1e-6);
    out += '\n';
  }
  const std::pair<const char*, size_t> memory[] = {{"memory of a step", r.memory_bytes},
                                                   {"peak of training", r.training_peak_bytes},
                                                   {"need of evaluation", r.evaluation_need_bytes}};
  for (const auto& [name, bytes] : memory)
    out += fmt::format("{:<30} {:9.2f} GiB\n", name, static_cast<double>(bytes) / 0x1p30);
  if (r.ops.empty()) return out;
  out += fmt::format("\n{:<20} {:<24} {:>5}  {:<34} {:<34} {:>9}\n", "op", "shape", "calls", "forward", "backward",
                     "ms a pass");
  double total = 0;
  for (const OpTime& op : r.ops) {
    const double ms = static_cast<double>(op.calls) * (op.forward.ms + op.backward.ms);
    total += ms;
    out += fmt::format("{:<20} {:<24} {:>5}  {} {} {:9.2f}\n", op.name, op.shape, op.calls,
                       part_text(op.forward, r.rates), part_text(op.backward, r.rates), ms);
  }
  return out + fmt::format("{:<51} {:<69} {:9.2f}\n{:<121} {:9.2f}\n", "sum", "", total,
                           "passes over memory at the rate of a copy, products and attention as they are",
                           r.roofline_ms());
}

}  // namespace pgolf
