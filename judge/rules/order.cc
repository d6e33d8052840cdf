// What the ledger and the probes show: order of scores and updates, and whether a score is one.
#include <cmath>

#include <fmt/ranges.h>

#include "judge/rules/rules.h"

namespace pgolf::rules {
namespace {

std::string at_line(const std::optional<LedgerFinding>& finding) {
  return finding && finding->line > 0 ? fmt::format("{}:{}", kLedgerName, finding->line) : kLedgerName;
}

// Why the ledger is not the one that the evaluation closed, or "".
std::string other_ledger(const RunEvidence& run) {
  if (run.ledger_damaged) return run.ledger_problem;
  if (!run.ledger) return {};
  const auto& summary = run.ledger->summary;
  const auto* eval = run.phase("eval");
  if (!summary.complete)
    return eval && eval->facts.finished ? "the evaluation ended well, yet the ledger's END line is missing: it was cut"
                                        : "";
  const auto* reported = eval ? eval->last<LedgerEvent>() : nullptr;
  const std::string& recorded = run.facts.ledger_head;
  const bool same = (recorded.empty() || recorded == summary.head) && (!reported || reported->head == summary.head);
  return same ? "" : "this is not the ledger that the evaluation closed: the recorded head is another";
}

// Why nothing can be said from the ledger, or "".
std::string no_ledger(const RunEvidence& run) {
  if (const std::string other = other_ledger(run); !other.empty()) return "the ledger is no evidence: " + other;
  if (!run.ledger) return "there is no ledger: " + run.ledger_problem;
  if (run.ledger->summary.complete && run.facts.ledger_head.empty())
    return "the ledger is no evidence: no head was recorded to compare it with";
  return {};
}

}  // namespace

Finding score_before_update(const RunEvidence& run, const RuleReading& reading) {
  if (const auto problem = no_ledger(run); !problem.empty()) return unknown(problem, "targets", 0);
  const auto& c = run.ledger->check;
  const int64_t early = c.unscored + c.concurrent + c.discarded;
  Finding out{Status::pass, std::max(early, c.leaked), 0, "targets", {}, kLedgerName};
  const LedgerFinding* breach = nullptr;
  if (c.unscored > 0)
    breach = &*c.first_unscored;
  else if (c.leaked > 0)
    breach = &*c.first_leaked;
  else if (c.concurrent > 0 && !reading.flag("concurrent"))
    breach = &*c.first_concurrent;
  else if (c.discarded > 0 && !reading.flag("discarded"))
    breach = &*c.first_discarded;
  if (breach) {
    out.status = Status::fail;
    out.evidence = at_line(*breach);
    std::vector<std::string> said;
    if (early > 0) said.push_back(fmt::format("{} target updates came before their score", with_commas(early)));
    if (c.leaked > 0)
      said.push_back(fmt::format("{} targets were scored by a state fitted to them", with_commas(c.leaked)));
    out.reason = fmt::format("{}", fmt::join(said, ", "));
    out.reason += "; first: " + breach->what;
    return out;
  }
  if (!run.ledger->summary.complete) {
    out.status = Status::unknown;
    out.reason = "no breach up to the point where the ledger breaks off";
  } else if (c.scored == 0) {
    out.status = Status::unknown;
    out.reason = fmt::format("pass '{}' scored nothing", c.header.headline);
  } else if (c.concurrent + c.discarded > 0) {
    out.status = Status::warn;
    const auto& finding = c.concurrent > 0 ? c.first_concurrent : c.first_discarded;
    out.reason = "tolerated: " + finding->what;
    out.evidence = at_line(finding);
  } else if (c.updates == 0) {
    out.reason = "nothing was learned from validation tokens";
  } else {
    out.reason = fmt::format("each of {} target updates came after its score", with_commas(c.updated));
  }
  return out;
}

Finding scored_once(const RunEvidence& run, const RuleReading& reading) {
  if (const auto problem = no_ledger(run); !problem.empty()) return unknown(problem, "targets", 0);
  const auto& c = run.ledger->check;
  const int64_t expected = run.facts.val_targets.value_or(c.header.targets);
  const int64_t missing = c.missing + std::max<int64_t>(0, expected - c.header.targets);
  const int64_t max_repeated = reading.integer("max_repeated"), max_missing = reading.integer("max_missing");
  Finding out{Status::pass, missing + c.repeated, 0, "targets", {}, kLedgerName};
  if (max_repeated + max_missing > 0)
    out.limit = fmt::format("{} repeated, {} missing", with_commas(max_repeated), with_commas(max_missing));
  out.reason = fmt::format("{} targets, {} of them scored, {} scored again", with_commas(expected),
                           with_commas(c.scored), with_commas(c.repeated));
  if (c.first_missing) out.reason += "; " + c.first_missing->what;
  if (c.first_repeated) out.reason += "; first: " + c.first_repeated->what, out.evidence = at_line(c.first_repeated);
  if (missing > max_missing || c.repeated > max_repeated)
    out.status = Status::fail;
  else if (missing + c.repeated > 0)
    out.status = Status::warn;
  if (expected > 0 && c.scored == 0) out.status = run.ledger->summary.complete ? Status::fail : Status::unknown;
  if (!run.ledger->summary.complete && out.status != Status::pass)
    out.status = c.repeated > max_repeated ? Status::fail : Status::unknown, out.reason += "; the ledger breaks off";
  const auto* eval = run.phase("eval");
  const ValidationEvent* result = eval ? eval->result().event : nullptr;
  const int64_t counted = c.pass_targets.contains(c.header.headline) ? c.pass_targets.at(c.header.headline) : 0;
  if (c.header.targets > expected) {
    out.status = Status::fail;
    out.reason = fmt::format("the ledger is of {} targets, the validation stream has {}", with_commas(c.header.targets),
                             with_commas(expected));
  } else if (result && (result->name != c.header.headline || result->targets != counted)) {
    out.status = Status::fail;
    out.reason = fmt::format("the result is the mean of {} targets of pass '{}', the ledger has {} of pass '{}'",
                             with_commas(result->targets), result->name, with_commas(counted), c.header.headline);
  } else if (!result && out.status == Status::pass) {
    out.status = Status::unknown;
    out.reason += "; no result was reported";
  }
  return out;
}

Finding ledger_intact(const RunEvidence& run, const RuleReading&) {
  const std::string other = other_ledger(run);
  if (!run.ledger) {
    if (!other.empty()) return {Status::fail, {}, {}, "", other, kLedgerName};
    return unknown("there is no ledger: " + run.ledger_problem);
  }
  const auto& summary = run.ledger->summary;
  Finding out{Status::pass, summary.head, {}, "", fmt::format("{} lines, chain intact", summary.lines), kLedgerName};
  if (!run.facts.ledger_head.empty()) out.limit = run.facts.ledger_head;
  if (!other.empty()) {
    out.status = Status::fail, out.reason = other;
    return out;
  }
  for (const auto& phase : run.phases)
    if (phase.edited) return {Status::fail, summary.head, {}, "", phase.problem, phase.file};
  if (!summary.complete)
    out.status = Status::unknown, out.reason = "the evaluation did not end, and neither does the ledger";
  else if (run.facts.ledger_head.empty())
    return unknown("the chain holds, but no head was recorded to compare it with");
  return out;
}

Finding normalised(const RunEvidence& run, const RuleReading& reading) {
  const double tolerance = reading.number("tolerance");
  const std::string limit = fmt::format("1 ± {}", tolerance);
  const auto* eval = run.phase("eval");
  int64_t samples = 0, line = 0;
  double worst = 1;
  const auto error = [](double sum) { return std::isfinite(sum) ? std::abs(sum - 1) : INFINITY; };
  if (eval && eval->events)
    for (const auto& record : eval->events->events)
      if (const auto* sample = std::get_if<NormalisationEvent>(&record.event)) {
        ++samples;
        if (line == 0 || error(sample->sum) > error(worst)) worst = sample->sum, line = record.line;
      }
  if (samples == 0) return unknown("no position was sampled", "", limit);
  Finding out{Status::pass, std::isfinite(worst) ? Json(worst) : Json("not finite"),
              limit,        "",
              {},           fmt::format("{}:{}", eval->file, line)};
  out.reason = fmt::format("sum over the vocabulary at {} sampled positions; the worst is given", samples);
  if (error(worst) > tolerance)
    out.status = Status::fail;
  else if (samples < reading.integer("min_samples"))
    out.status = Status::unknown, out.reason += "; too few";
  return out;
}

Finding causal(const RunEvidence& run, const RuleReading& reading) {
  const auto* eval = run.phase("eval");
  int64_t samples = 0, compared = 0, changed = 0, line = 0;
  double worst = 0;
  if (eval && eval->events)
    for (const auto& record : eval->events->events)
      if (const auto* probe = std::get_if<CausalityEvent>(&record.event)) {
        ++samples;
        compared += probe->compared;
        changed += probe->changed;
        worst = std::max(worst, probe->max_difference);
        if (line == 0 || (probe->changed > 0 && changed == probe->changed)) line = record.line;
      }
  if (samples == 0 || compared == 0) return unknown("no position was probed", "scores", 0);
  Finding out{Status::pass, changed, 0, "scores", {}, fmt::format("{}:{}", eval->file, line)};
  out.reason = fmt::format("{} earlier scores compared at {} positions", with_commas(compared), samples);
  if (changed > 0)
    out.status = Status::fail, out.reason += fmt::format("; changed by up to {:.3g} nats", worst);
  else if (samples < reading.integer("min_samples"))
    out.status = Status::unknown, out.reason += "; too few";
  return out;
}

}  // namespace pgolf::rules
