#include "engine/memory/need.h"

#include <algorithm>
#include <limits>
#include <numeric>

#include "engine/eval/eval.h"
#include "engine/model/init.h"
#include "engine/pack/calibrate.h"
#include "engine/train/trainer.h"

namespace pgolf {
namespace {

// Scratch that kernels take inside of their launchers: mostly the embedding's gradient, (tokens / 32 + V) · D floats. A
// test on the GPU holds measured peaks to it.
constexpr size_t kKernelScratch = size_t{64} << 20;
constexpr size_t kLibraryWorkspace = size_t{32} << 20;  // of matrix products (matmul_cuda.cc)
constexpr size_t kCoding = size_t{256} << 20;           // one tensor with its Hessian and codes (engine/quant)

size_t& part(MemoryParts& parts, Purpose purpose) { return parts[static_cast<size_t>(purpose)]; }

// What run() holds at its peak, beyond what was allocated before.
template <class F>
MemoryParts at_peak_of(const Place& place, F run) {
  const MemoryParts before = memory_use(place.device).now;
  restart_peak(place.device);
  run();
  MemoryParts out = memory_use(place.device).at_peak;
  for (size_t i = 0; i < out.size(); ++i) out[i] -= before[i];
  return out;
}

// Enough for every pass to have one of its largest batches; for phased adaptation ttt.doc_batch documents that fill the
// context and more. The first token is BOS; the others are arbitrary.
ValidationData blank_text(const Config& config) {
  const TttConfig& ttt = config.ttt;
  const bool phased = ttt.enabled && ttt.kind == TttKind::phased_lora;
  const int64_t row = config.eval.seq_len, document = ttt.doc_context_tokens + ttt.doc_chunk_tokens + 1;
  int64_t tokens = std::max(config.eval.batch_seqs * row, config.eval.packed_batch_tokens);
  if (ttt.enabled && ttt.kind == TttKind::chunked) tokens = std::max(tokens, 2 * ttt.chunk_tokens);
  if (phased) tokens = ttt.doc_batch * document;
  tokens += row + 1;  // only whole rows count
  const auto bos = static_cast<int32_t>(config.data.bos_id);
  ValidationData text{std::vector<int32_t>(static_cast<size_t>(tokens), bos == 0 ? 1 : 0),
                      std::vector<uint16_t>(static_cast<size_t>(tokens), 1)};
  for (int64_t i = 0; i < (phased ? ttt.doc_batch : 1); ++i) text.tokens[static_cast<size_t>(i * document)] = bos;
  return text;
}

bool calibrates(const QuantConfig& quant) {
  return quant.scheme == QuantScheme::gptq || quant.scheme == QuantScheme::gptq_ascending;
}

}  // namespace

size_t sum_of(const MemoryParts& parts) { return std::accumulate(parts.begin(), parts.end(), size_t{0}); }

MemoryParts train_memory(const Config& config, const Place& place) {
  PhaseOptions options;
  options.pinned.config = config;
  options.pinned.config.train.warmup_steps = 1;
  options.device = place.device;
  options.float32 = place.compute == DType::f32;
  options.determinism = place.determinism;
  return at_peak_of(place, [&] {
    EventLog events;
    Trainer trainer(options, events, TrainBatches(options.pinned.config));
    trainer.warm_up();
  });
}

MemoryParts pack_memory(const Config& config, const Place& place) {
  if (!calibrates(config.quant)) return {};
  Config once = config;
  once.quant.calibration_batches = 2;
  return at_peak_of(place, [&] {
    Context ctx(place.device, place.compute, place.determinism);
    Params params(ctx, once.model);
    init_params(ctx, params, once.model, 0);
    BlankLoader batches(calibration_options(once), false);
    const Calibration calibration(ctx, Gpt(once.model, params, once.data.bos_id), once, batches);
  });
}

MemoryParts eval_memory(const Config& config, const Place& place) {
  Config brief = config;
  brief.eval.probes = std::min<int64_t>(config.eval.probes, 1);
  brief.ttt.mixer_min_tokens = std::numeric_limits<int64_t>::max();  // mixing takes time on the host, and nothing here
  return at_peak_of(place, [&] {
    Context ctx(place.device, place.compute, place.determinism);
    Params params(ctx, config.model);
    init_params(ctx, params, config.model, 0);
    const Gpt model(config.model, params, config.data.bos_id);
    const ValSet val(blank_text(config), config.eval.seq_len);
    EventLog events;
    EvalRun run{ctx, model, params, val, brief, solo(), {events, nullptr}};
    evaluate(run);
  });
}

MemoryNeed memory_need(const Config& config, const Place& place) {
  const Place meta{kMeta, place.compute, place.determinism};
  MemoryNeed out = measured_memory(config, meta);
  if (place.device.is_cpu()) return out;
  for (MemoryParts* parts : {&out.train, &out.pack, &out.eval}) {
    size_t& scratch = part(*parts, Purpose::scratch);
    scratch = std::max(scratch, kKernelScratch) + kLibraryWorkspace;
  }
  part(out.pack, Purpose::other) += kCoding;
  return out;
}

MemoryNeed measured_memory(const Config& config, const Place& place) {
  return {train_memory(config, place), pack_memory(config, place), eval_memory(config, place)};
}

}  // namespace pgolf
