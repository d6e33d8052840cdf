// Whether the pinned configuration can have given the run.
#include <fmt/ranges.h>

#include <cmath>
#include <utility>

#include "base/names.h"
#include "judge/rules/rules.h"

namespace pgolf::rules {
namespace {

// Floors far below what an honest run shows, by what no machine or codec does.
constexpr double kLeastBitsPerParam = 0.1;              // the submissions' artifacts have 4 and more
constexpr double kMostFlopsOfGpu = 4e15;                // an H200 has 2e15 at 8 bits, dense
constexpr double kMostFlopsOfCore = 2e12;               // matrix units of a server core at 16 bits
constexpr int64_t kManyCores = 256;                     // where their number is not known
constexpr double kLeastTrainFlops = 3, kEvalFlops = 1;  // per parameter and token; a matrix product alone has 6 and 2
constexpr double kLeastShareOfClock = 0.5;              // of a training that its clock ended

std::optional<double> span_ms(const PhaseEvidence& phase, const char* part) {
  const auto span = phase.facts.span_ms.find(part);
  return span == phase.facts.span_ms.end() ? phase.facts.wall_ms : std::optional(span->second);
}

// Whether so much was computed in so little time that no machine like the run's does it.
std::string too_fast(const RunFacts& facts, const char* what, double flops, std::optional<double> ms) {
  if (!ms) return "";
  const double most = facts.gpu.empty()
                          ? kMostFlopsOfCore * static_cast<double>(facts.cores > 0 ? facts.cores : kManyCores)
                          : kMostFlopsOfGpu * static_cast<double>(std::max<int64_t>(facts.gpu_count, 1));
  const double rate = flops / std::max(*ms, 1.0) * 1e3;
  if (rate <= most) return "";
  return fmt::format("{}: {:.2g} operations in {:.3f} s are {:.2g} a second, the machine can do {:.2g} at most", what,
                     flops, *ms / 1e3, rate, most);
}

// How a step, after `done` others, differs from the schedule that the run followed; "" if it does not.
std::string off_schedule(const RunFacts& facts, const StepEvent& step, int64_t done) {
  if (!facts.schedule) return "";
  const auto& followed = facts.schedule->train;
  if (std::cmp_greater_equal(done, followed.size()))
    return fmt::format("step {} of a schedule of {}", done + 1, followed.size());
  const double expected = followed[static_cast<size_t>(done)].elapsed_ms;
  if (step.elapsed_ms == expected) return "";
  return fmt::format("step {} is at {} ms, on the schedule that the run followed at {} ms", done + 1, step.elapsed_ms,
                     expected);
}

void look_at_training(std::vector<std::string>& out, const RunEvidence& run, const Config& config) {
  const auto* train = run.phase(kTrainPhase);
  if (!train || !train->events || !train->facts.finished) return;
  int64_t steps = 0, tokens = 0;
  for (const auto& record : train->events->events) {
    const auto* step = std::get_if<StepEvent>(&record.event);
    if (!step) continue;
    if (const std::string found = off_schedule(run.facts, *step, steps); !found.empty())
      return out.push_back(fmt::format("{}:{}: {}", train->file, record.line, found));
    if (!(step->lr_scale >= 0) || !std::isfinite(step->lr_scale))
      return out.push_back(fmt::format("{}:{}: a learning rate of {} times the configured one", train->file,
                                       record.line, step->lr_scale));
    if (step->step != ++steps || step->tokens != config.train.batch_tokens)
      return out.push_back(fmt::format("{}:{} is step {} of {} tokens; the configuration's are of {}, one by one",
                                       train->file, record.line, step->step, step->tokens, config.train.batch_tokens));
    tokens += step->tokens;
  }
  const auto ms = span_ms(*train, kPartTrainLoop);
  const double clock_ms = 1e3 * (config.train.max_wallclock_seconds - config.train.clock_reserve_seconds);
  if (steps > config.train.iterations)
    out.push_back(fmt::format("{} steps were trained, {} are configured", steps, config.train.iterations));
  if (run.facts.schedule && std::cmp_less(steps, run.facts.schedule->train.size()))
    out.push_back(
        fmt::format("training ended after {} steps of a schedule of {}", steps, run.facts.schedule->train.size()));
  const bool by_clock = config.train.max_wallclock_seconds > 0;
  if (steps < config.train.iterations && !run.facts.follows_schedule &&
      (!by_clock || ms.value_or(clock_ms) < kLeastShareOfClock * clock_ms))
    out.push_back(fmt::format("training ended after {} of {} steps and {:.1f} s{}", steps, config.train.iterations,
                              ms.value_or(0) / 1e3, by_clock ? fmt::format(" of {:.0f} s", clock_ms / 1e3) : ""));
  const double flops = kLeastTrainFlops * static_cast<double>(run.facts.num_params) * static_cast<double>(tokens);
  if (std::string found = too_fast(run.facts, "training", flops, ms); !found.empty()) out.push_back(std::move(found));
}

void look_at_evaluation(std::vector<std::string>& out, const RunEvidence& run, const Config& config) {
  const auto* eval = run.phase(kEvalPhase);
  const ValidationEvent* result = eval ? eval->result().event : nullptr;
  if (result) {
    const double flops = kEvalFlops * static_cast<double>(run.facts.num_params) * static_cast<double>(result->targets);
    std::string found = too_fast(run.facts, "evaluation", flops, span_ms(*eval, kPartEval));
    if (!found.empty()) out.push_back(std::move(found));
  }
  if (!run.ledger || !run.ledger->summary.complete) return;
  const auto& check = run.ledger->check;
  const TttKind kind = config.ttt.enabled ? config.ttt.kind : TttKind::none;
  if (kind == TttKind::none && check.updates > 0)
    out.push_back(fmt::format("the ledger has {} updates, the configuration learns nothing from validation text",
                              with_commas(check.updates)));
  const bool learns =
      kind == TttKind::before_scoring || (kind == TttKind::chunked && check.header.targets > config.ttt.chunk_tokens);
  if (learns && check.updates == 0)
    out.push_back("the configuration learns from validation text, the ledger has no update");
}

}  // namespace

Finding fits_configuration(const RunEvidence& run, const RuleReading&) {
  const auto& facts = run.facts;
  if (!facts.config || facts.num_params <= 0) return unknown("the run does not say what it was configured to do");
  if (run.phases.empty() && !facts.model_bytes) return unknown("no phase is recorded");
  std::vector<std::string> found;
  if (facts.model_bytes) {
    const double bits = 8 * static_cast<double>(*facts.model_bytes) / static_cast<double>(facts.num_params);
    if (bits < kLeastBitsPerParam)
      found.push_back(fmt::format("{} bytes for {} parameters are {:.2g} bits each", with_commas(*facts.model_bytes),
                                  with_commas(facts.num_params), bits));
  }
  look_at_training(found, run, *facts.config);
  look_at_evaluation(found, run, *facts.config);
  Finding out{Status::pass, static_cast<int64_t>(found.size()), 0, "contradictions", {}, "pinned configuration"};
  out.reason = "size, steps, tokens, times and updates are what the configuration can give";
  if (run.facts.follows_schedule && !run.facts.schedule)
    out.status = Status::unknown, out.reason = "the schedule that the run followed is not there as it was recorded";
  if (!found.empty()) out.status = Status::fail, out.reason = fmt::format("{}", fmt::join(found, "; "));
  return out;
}

}  // namespace pgolf::rules
