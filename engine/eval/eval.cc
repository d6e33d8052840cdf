#include "engine/eval/eval.h"

#include "base/error.h"
#include "base/names.h"
#include "engine/eval/load_artifact.h"
#include "engine/eval/scored_pass.h"
#include "engine/eval/ttt_before_scoring.h"
#include "engine/eval/ttt_chunked.h"
#include "engine/eval/ttt_phased_lora.h"
#include "engine/eval/twin_pass.h"

namespace pgolf {
namespace {

TttKind ttt_of(const Config& config) { return config.ttt.enabled ? config.ttt.kind : TttKind::none; }

// The pass that gives the run's result: named after what it does.
PassInfo headline_pass(const Config& config) {
  const char* name = config.ttt.enabled ? kTttPass : config.eval.sliding ? kSlidingPass : kQuantizedPass;
  return {.name = name, .weights = "artifact", .headline = true};
}

void score_headline(EvalRun& run, const PassInfo& info) {
  switch (ttt_of(run.config)) {
    case TttKind::chunked: ttt_chunked(run, info); return;
    case TttKind::phased_lora: ttt_phased_lora(run, info); return;
    case TttKind::before_scoring: ttt_before_scoring(run); break;
    case TttKind::none: break;
  }
  run.config.eval.sliding ? score_sliding(run, info) : score_plain(run, info);
}

// What the other processes left becomes part of the run's ledger and events. Returns the ledger's head at the first
// one.
std::string merge_parts(const PhaseOptions& options, const LedgerHeader& header, EventLog& events) {
  options.comm->barrier();  // all ledgers are closed
  if (!options.comm->is_first()) return {};
  std::vector<std::filesystem::path> ledgers;
  for (int p = 0; p < options.comm->processes(); ++p) {
    ledgers.push_back(options.part_dir(p) / kLedgerFile);
    if (p == 0) continue;
    for (const EventRecord& record : read_events(options.part_dir(p) / events_file(kEvalPhase)).events)
      if (std::holds_alternative<NormalisationEvent>(record.event) ||
          std::holds_alternative<CausalityEvent>(record.event))
        events.write(record.event);
  }
  Ledger whole(options.run_dir / kLedgerFile, header);
  whole.merge(ledgers);
  return whole.close();
}

// Whether the script makes a sliding pass before its test-time training (PR 849, 2143).
bool slides_first(const Config& config) {
  const TttKind ttt = ttt_of(config);
  return config.eval.sliding && (ttt == TttKind::chunked || ttt == TttKind::phased_lora);
}

}  // namespace

void evaluate(EvalRun& run) {
  EventLog& events = run.evidence.events;
  if (slides_first(run.config)) {
    PhaseTimer sliding(events, "eval.sliding");
    score_sliding(run, {.name = kSlidingPass, .weights = "artifact"});
    sliding.finish();
  }
  PhaseTimer scored(events, kPartEval);
  score_headline(run, headline_pass(run.config));
  scored.finish();
}

void run_eval(const PhaseOptions& options) {
  const Config& config = options.pinned.config;
  EventLog events = open_events(options, kEvalPhase);
  PhaseTimer timer(events, kEvalPhase);
  Context ctx = options.context();
  Params params(ctx, config.model);
  load_artifact(ctx, params, options.artifact, options.pinned);
  record_file(events, "artifact", options.artifact);
  const Gpt model(config.model, params, config.data.bos_id);
  const ValSet val = load_val_set(options.data_dir, config, options.known_shards, events);

  const LedgerHeader header{headline_pass(config).name, val.num_targets(), config.train.world_size};
  Ledger ledger(options.part_dir() / kLedgerFile, header);
  EvalRun run{ctx, model, params, val, config, *options.comm, {events, &ledger}, options.pinned.seed};
  if (options.schedule) run.schedule = options.schedule->eval;
  score_twin(run, options);
  evaluate(run);
  std::string head = ledger.close();
  if (!options.comm->is_alone()) head = merge_parts(options, header, events);
  events.write(LedgerEvent{.path = kLedgerFile, .head = head});
  timer.finish();
  events.sync();
}

void run_diagnose(const PhaseOptions& options) {
  const Config& config = options.pinned.config;
  EventLog events = open_events(options, kDiagnosePhase);
  PhaseTimer timer(events, kDiagnosePhase);
  Context ctx = options.context();
  Params params(ctx, config.model);
  const Gpt model(config.model, params, config.data.bos_id);
  const ValSet val = load_val_set(options.data_dir, config, options.known_shards, events);
  EvalRun run{ctx, model, params, val, config, *options.comm, {events, nullptr}, options.pinned.seed};

  params.load(ctx, SafetensorsFile::open(options.checkpoint));
  score_plain(run, {.name = kFloatPass, .weights = "checkpoint"});
  load_artifact(ctx, params, options.artifact, options.pinned);
  score_plain(run, {.name = kQuantizedPass, .weights = "artifact"});
  timer.finish();
}

}  // namespace pgolf
