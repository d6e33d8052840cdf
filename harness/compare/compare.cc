#include "harness/compare/compare.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cmath>
#include <numbers>
#include <set>

#include "base/error.h"

namespace pgolf {
namespace {

std::vector<double> values_of(const CompareSide& side) {
  std::vector<double> out;
  for (const Measured& m : side.runs) out.push_back(m.value);
  return out;
}

double middle(const ByteInterval& i) { return i.middle(); }

// How far the bytes per token of two sides lie apart, relatively; 0 if what is left open meets.
double apart(const ByteInterval& a, const ByteInterval& b) {
  return a.meets(b) ? 0 : std::abs(a.middle() - b.middle()) / b.middle();
}

// Whether the last targets are left out on one side, as scoring by whole rows does: one text and tokenizer, whose bytes
// per token differ by less than this.
constexpr double kLastRow = 1e-4;
bool other_text(const ByteInterval& a, const ByteInterval& b) { return apart(a, b) > kLastRow; }

// Reasons not to set one side beside the other.
std::vector<std::string> mixed_between(const CompareSide& a, const CompareSide& b) {
  std::vector<std::string> out;
  if (a.profile != b.profile)
    out.push_back(fmt::format("profiles: A ran as '{}', B as '{}'; they are different tasks", a.profile, b.profile));
  if (!a.data_sha256.empty() && !b.data_sha256.empty()) {
    if (a.data_sha256 != b.data_sha256)
      out.push_back(
          fmt::format("data: A was scored on {:.12}..., B on {:.12}... (SHA-256 of validation text and tokenizer)",
                      a.data_sha256, b.data_sha256));
  } else if (a.bytes_per_target && b.bytes_per_target && other_text(*a.bytes_per_target, *b.bytes_per_target)) {
    out.push_back(fmt::format("data: A's text has {:.5f} bytes per token, B's {:.5f}; not one text and tokenizer",
                              middle(*a.bytes_per_target), middle(*b.bytes_per_target)));
  }
  if (a.pass != b.pass)
    out.push_back(fmt::format("metrics: A's value is of the pass '{}', B's of '{}'", a.pass, b.pass));
  std::set<std::string> ids;
  for (const Measured& m : a.runs) ids.insert(m.id);
  for (const Measured& m : b.runs)
    if (!a.claims && !b.claims && ids.contains(m.id)) out.push_back(fmt::format("runs: {} stands on both sides", m.id));
  return out;
}

// Reasons not to pool the runs of one side.
std::vector<std::string> mixed_within(const CompareSide& side, const char* name) {
  std::vector<std::string> out;
  for (const std::string& reason : side.mixed) out.push_back(fmt::format("{}: {}", name, reason));
  return out;
}

void gather_mixed(Comparison& out, const CompareSide& a, const CompareSide& b, const CompareOptions& options) {
  for (const auto& reasons : {mixed_within(a, "A"), mixed_within(b, "B"), mixed_between(a, b)})
    out.mixed.insert(out.mixed.end(), reasons.begin(), reasons.end());
  if (!out.mixed.empty() && !options.mixed)
    fail(ErrorKind::usage, "{} and {} are not comparable: {}; --mixed compares them all the same and says so", a.name,
         b.name, fmt::join(out.mixed, "; "));
  if (a.bytes_per_target && b.bytes_per_target && !other_text(*a.bytes_per_target, *b.bytes_per_target) &&
      apart(*a.bytes_per_target, *b.bytes_per_target) > 0)
    out.notes.push_back(
        fmt::format("A's text has {:.6f} bytes per token, B's {:.6f}: as where the last targets are left out",
                    middle(*a.bytes_per_target), middle(*b.bytes_per_target)));
  for (const auto& [name, side] : {std::pair("A", &a), {"B", &b}}) {
    for (const std::string& note : side->notes) out.notes.push_back(fmt::format("{}: {}", name, note));
    if (side->data_sha256.empty())
      out.notes.push_back(fmt::format(
          "{}: which text was scored is not known by hash{}", name,
          side->bytes_per_target ? fmt::format(", only by its {:.4f} bytes per token", middle(*side->bytes_per_target))
                                 : ""));
  }
}

// Nats per token that one unit of the metric is worth, by B's text: the margin is about the old record.
std::optional<double> nats_per_unit(const CompareSide& a, const CompareSide& b, const CompareOptions& options) {
  if (options.metric.starts_with("val_loss")) return 1.0;
  const auto& bytes = b.bytes_per_target ? b.bytes_per_target : a.bytes_per_target;
  return bytes ? std::optional(std::numbers::ln2 * middle(*bytes)) : std::nullopt;
}

std::string too_few(const Comparison& c) {
  const char* one = c.a.n < 2 && c.b.n < 2 ? "A and B have one run each"
                    : c.a.n < 2            ? "A has one run"
                    : c.b.n < 2            ? "B has one run"
                                           : nullptr;
  if (one) return fmt::format("{}, and one run does not show its spread; run at least two more seeds", one);
  return "the runs of each side are all equal: without any spread there is nothing to test with; are the seeds "
         "independent?";
}

// Where one side is a single run: whether it could be one more run of the other.
void note_single_run(Comparison& c, const CompareOptions& options) {
  if ((c.a.n < 2) == (c.b.n < 2)) return;
  const Sample& one = c.a.n < 2 ? c.a : c.b;
  Sample many = c.a.n < 2 ? c.b : c.a;
  const auto mean = mean_interval(many, options.alpha);
  const double widen = std::sqrt(static_cast<double>(many.n) + 1);  // from the mean to one further run
  const Interval next{many.mean - (many.mean - mean->low) * widen, many.mean + (mean->high - many.mean) * widen};
  const bool inside = next.low <= one.mean && one.mean <= next.high;
  c.notes.push_back(
      fmt::format("{} % of further runs of {} would fall between {:.5f} and {:.5f}; the one run of {}, {:.5f}, lies {}",
                  100 * (1 - 2 * options.alpha), c.a.n < 2 ? "B" : "A", next.low, next.high, c.a.n < 2 ? "A" : "B",
                  one.mean, inside ? "inside" : "outside"));
}

void conclude(Comparison& c, double margin, const CompareOptions& options) {
  const Interval& i = *c.interval;
  c.refuted_better = i.high < margin;
  c.refuted_equal = i.low > margin || i.high < -margin;
  const std::string at = fmt::format("{} nats at p < {}", options.margin_nats, options.alpha);
  if (i.low > margin) {
    c.outcome = CompareOutcome::better;
    c.reason = fmt::format("A is better than B by more than {}", at);
  } else if (i.high < -margin) {
    c.outcome = CompareOutcome::worse;
    c.reason = fmt::format("A is worse than B by more than {}", at);
  } else if (margin > 0 && i.low > -margin && i.high < margin) {
    c.outcome = CompareOutcome::equal;
    c.reason = fmt::format("A and B differ by less than {}", at);
  } else if (i.low > 0) {
    c.reason = fmt::format("A is better, but whether by more than {} is open", at);
  } else if (i.high < 0) {
    c.reason = fmt::format("A is worse, but whether by more than {} is open", at);
  } else if (c.refuted_better) {
    c.reason = fmt::format("A does not beat B by {}; whether it is equal or worse is open", at);
  } else {
    c.reason = fmt::format("the interval holds gains and losses alike: these runs do not decide about {}", at);
  }
}

void test_difference(Comparison& c, const CompareOptions& options) {
  c.test = welch(c.a, c.b);
  if (!c.test) {
    c.reason = too_few(c);
    return note_single_run(c, options);
  }
  c.interval = c.test->interval(options.alpha);
  c.p_any = c.test->p_greater(0);
  if (!c.margin) {
    c.reason =
        "how many bytes a token has is not known, so a margin in nats cannot be applied to bits per byte; "
        "compare val_loss";
    return;
  }
  c.p_better = c.test->p_greater(*c.margin);
  c.p_equal = std::max(c.test->p_greater(-*c.margin), c.test->p_less(*c.margin));
  c.detectable = detectable_difference(c.a, c.b, options.alpha, options.power);
  c.runs_needed = runs_needed(c.a.sd, c.b.sd, *c.margin, options.alpha, options.power);
  conclude(c, *c.margin, options);
  if (c.a.sd == 0 || c.b.sd == 0)
    c.notes.push_back(
        fmt::format("all runs of {} are equal; the whole spread is the other side's", c.a.sd == 0 ? "A" : "B"));
}

}  // namespace

const char* outcome_name(CompareOutcome outcome) {
  switch (outcome) {
    case CompareOutcome::better: return "better";
    case CompareOutcome::worse: return "worse";
    case CompareOutcome::equal: return "equal";
    case CompareOutcome::inconclusive: return "inconclusive";
  }
  return "";
}

void check_metric(const std::string& metric) {
  for (const std::string base : {"val_bpb", "val_loss"})
    if (metric == base || (metric.starts_with(base + "_") && metric.size() > base.size() + 1)) return;
  fail(ErrorKind::usage, "metric '{}': expected val_bpb or val_loss, or that of one pass, like val_bpb_quant", metric);
}

Comparison compare(const CompareSide& a, const CompareSide& b, const CompareOptions& options) {
  check_metric(options.metric);
  if (!(options.alpha > 0 && options.alpha < 0.5))
    fail(ErrorKind::usage, "--alpha {}: expected a level between 0 and 0.5", options.alpha);
  if (!(options.power > 0 && options.power < 1))
    fail(ErrorKind::usage, "--power {}: expected a probability", options.power);
  if (!(options.margin_nats >= 0 && std::isfinite(options.margin_nats)))
    fail(ErrorKind::usage, "--margin-nats {}: expected nats per token, not negative", options.margin_nats);
  for (const auto* side : {&a, &b}) {
    if (side->runs.empty()) fail(ErrorKind::usage, "{} has no run with a {}", side->name, options.metric);
    for (const Measured& m : side->runs)
      if (!std::isfinite(m.value))
        fail(ErrorKind::usage, "{}: its {} is not a finite number; leave it out", m.id, options.metric);
  }
  Comparison out;
  gather_mixed(out, a, b, options);
  out.a = summarize(values_of(a)), out.b = summarize(values_of(b));
  out.unit = options.metric.starts_with("val_loss") ? "nats per token" : "bits per byte";
  out.nats_per_unit = nats_per_unit(a, b, options);
  if (out.nats_per_unit)
    out.margin = options.margin_nats / *out.nats_per_unit;
  else if (options.margin_nats == 0)
    out.margin = 0.0;
  test_difference(out, options);
  return out;
}

int exit_code_of(const Comparison& c, bool expect_equal) {
  const bool shown = c.outcome == (expect_equal ? CompareOutcome::equal : CompareOutcome::better);
  if (shown) return 0;
  return (expect_equal ? c.refuted_equal : c.refuted_better) ? static_cast<int>(ErrorKind::verdict)
                                                             : static_cast<int>(ErrorKind::inconclusive);
}

}  // namespace pgolf
