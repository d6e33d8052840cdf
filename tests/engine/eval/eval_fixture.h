// One evaluation in a directory of its own: model, validation stream, and the evidence that it leaves.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>

#include "engine/core/transfer.h"
#include "engine/eval/eval_run.h"
#include "engine/eval/scored_pass.h"
#include "engine/evidence/ledger_check.h"
#include "tests/engine/data/fixtures.h"

namespace pgolf {

class EvalFixture {
 public:
  // The headline pass is named "ttt". The model's parameters are zero until they are set.
  EvalFixture(const Config& config, ValidationData data, int64_t seed)
      : config_(config),
        ctx_(kCpu),
        params_(ctx_, config_.model),
        model_(config_.model, params_, config_.data.bos_id),
        val_(std::move(data), config_.eval.seq_len),
        events_(dir_.path() / "eval.events.jsonl", {.phase = "eval"}),
        ledger_(dir_.path() / "ledger.jsonl",
                {.headline = "ttt", .targets = val_.num_targets(), .world_size = config_.train.world_size}),
        run_{ctx_, model_, params_, val_, config_, solo(), {events_, &ledger_}, seed} {}

  EvalRun& run() { return run_; }
  Context& ctx() { return ctx_; }
  Params& params() { return params_; }
  const ValSet& val() const { return val_; }

  void set_param(const Param& param, std::vector<float> values) {
    ASSERT_EQ(static_cast<int64_t>(values.size()), param.master.numel()) << param.name;
    ctx_.copy(param.master, {values.data(), param.master.shape, DType::f32, kCpu});
  }

  // Closes the ledger.
  LedgerCheck check() {
    ledger_.close();
    return check_ledger(dir_.path() / "ledger.jsonl").check;
  }
  // Of what the ledger's file has by now.
  LedgerCheck check_so_far() const { return check_ledger(dir_.path() / "ledger.jsonl").check; }
  std::vector<EventRecord> events() const { return read_events(dir_.path() / "eval.events.jsonl").events; }
  template <class E>
  std::vector<E> events_of() const {
    std::vector<E> out;
    for (const EventRecord& record : events())
      if (const auto* event = std::get_if<E>(&record.event)) out.push_back(*event);
    return out;
  }

 private:
  TempDirectory dir_;
  Config config_;
  Context ctx_;
  Params params_;
  Gpt model_;
  ValSet val_;
  EventLog events_;
  Ledger ledger_;
  EvalRun run_;
};

inline constexpr char kTtt[] = "ttt";
inline PassInfo headline_info() { return {.name = kTtt, .weights = "artifact", .headline = true}; }

}  // namespace pgolf
