#include "engine/eval/eval.h"

#include "base/error.h"
#include "engine/eval/load_artifact.h"
#include "engine/eval/scorer.h"
#include "engine/eval/ttt_before_scoring.h"
#include "engine/eval/val_set.h"
#include "engine/eval/windows.h"

namespace pgolf {
namespace {

std::vector<Window> scored_windows(const EvalConfig& eval, int64_t n) {
  return eval.sliding ? sliding_windows(eval.sliding_form, n, eval.seq_len, eval.stride)
                      : consecutive_windows(n, eval.seq_len);
}

// The pass that gives the run's result: named after what it does.
PassInfo headline_pass(const Config& config) {
  const char* name = config.ttt.enabled ? "ttt" : config.eval.sliding ? "sliding" : "consecutive";
  return {.name = name, .weights = "artifact", .headline = true};
}

}  // namespace

void run_eval(const PhaseOptions& options) {
  const Config& config = options.pinned.config;
  EventLog events = open_events(options, "eval");
  PhaseTimer timer(events, "eval");
  Context ctx(options.device);
  Params params(ctx, config.model);
  load_artifact(ctx, params, options.artifact, options.pinned);
  const Gpt model(config.model, params);
  const ValSet val = load_val_set(options.data_dir, config, events);

  const PassInfo headline = headline_pass(config);
  Ledger ledger(options.run_dir / kLedgerFile,
                {.headline = headline.name, .targets = val.num_targets(), .world_size = config.train.world_size});
  const Evidence evidence{events, &ledger};
  if (config.ttt.enabled && config.ttt.kind == TttKind::before_scoring) {
    PhaseTimer ttt(events, "eval.ttt");
    ttt_before_scoring(ctx, model, params, config.ttt, val, config.eval.seq_len, evidence);
    ttt.finish();
  }
  PhaseTimer scoring(events, "eval." + headline.name);
  Scorer scorer(ctx, model, val, evidence, config.eval.seq_len, config.eval.batch_seqs);
  scorer.run(headline, scored_windows(config.eval, val.num_targets()));
  scoring.finish();
  events.write(LedgerEvent{.path = kLedgerFile, .head = ledger.close()});
  timer.finish();
  events.sync();
}

void run_diagnose(const PhaseOptions& options) {
  const Config& config = options.pinned.config;
  EventLog events = open_events(options, "diagnose");
  PhaseTimer timer(events, "diagnose");
  Context ctx(options.device);
  Params params(ctx, config.model);
  const Gpt model(config.model, params);
  const ValSet val = load_val_set(options.data_dir, config, events);
  const std::vector<Window> windows = consecutive_windows(val.num_targets(), config.eval.seq_len);
  Scorer scorer(ctx, model, val, {events, nullptr}, config.eval.seq_len, config.eval.batch_seqs);

  params.load(ctx, SafetensorsFile::open(options.checkpoint));
  scorer.run({.name = "prequant", .weights = "checkpoint"}, windows);
  load_artifact(ctx, params, options.artifact, options.pinned);
  scorer.run({.name = "quantized", .weights = "artifact"}, windows);
  timer.finish();
}

}  // namespace pgolf
