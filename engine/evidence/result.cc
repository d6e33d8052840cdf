#include "engine/evidence/result.h"

#include <fmt/format.h>

#include <cmath>
#include <numbers>

namespace pgolf {
namespace {

constexpr double kRounding = 1e-9;  // relative: sums in another order, decimals of a log
constexpr double kLeastBpb = 1e-3;  // far below the entropy of any text

bool same(double a, double b) { return std::abs(a - b) <= kRounding * std::abs(b); }

std::string problem_of(const ValidationEvent& v) {
  if (!std::isfinite(v.val_loss) || !std::isfinite(v.val_bpb) || v.val_loss <= 0 || v.val_bpb < kLeastBpb)
    return fmt::format("val_loss {} and val_bpb {} are no result: no text is predicted so", v.val_loss, v.val_bpb);
  if (v.targets <= 0 || v.bytes <= 0)
    return fmt::format("a result over {} targets and {} bytes is none", v.targets, v.bytes);
  const double bpb = v.val_loss / std::numbers::ln2 * static_cast<double>(v.targets) / static_cast<double>(v.bytes);
  if (!same(bpb, v.val_bpb)) return fmt::format("val_bpb {} is not val_loss/ln 2 x targets/bytes = {}", v.val_bpb, bpb);
  return "";
}

// The running sums of the result's pass: they grow, never beyond it.
void follow_sums(ReportedResult& out, const EventsFile& log) {
  const ValidationEvent& v = *out.event;
  const double nll = v.val_loss * static_cast<double>(v.targets);
  StreamEvent before;
  for (const EventRecord& record : log.events) {
    const auto* s = std::get_if<StreamEvent>(&record.event);
    if (!s || s->name != v.name) continue;
    const bool end = s->targets == v.targets;
    if (record.line > out.line || s->targets < before.targets || (s->targets > 0 && s->targets == before.targets) ||
        s->targets > v.targets || s->bytes < before.bytes || s->bytes > v.bytes || !std::isfinite(s->nll) ||
        (end && (s->bytes != v.bytes || !same(s->nll, nll)))) {
      out.problem = fmt::format(
          "the running sum of line {} ({} targets, {} bytes, {} nats) does not lead to the result ({}, {}, {})",
          record.line, s->targets, s->bytes, s->nll, v.targets, v.bytes, nll);
      return;
    }
    before = *s;
  }
  out.summed = before.targets == v.targets;
}

}  // namespace

ReportedResult reported_result(const EventsFile& log) {
  ReportedResult out;
  for (const EventRecord& record : log.events) {
    const auto* v = std::get_if<ValidationEvent>(&record.event);
    if (!v || !v->headline) continue;
    if (out.event) {
      out.problem = fmt::format("two results are reported, on lines {} and {}", out.line, record.line);
      out.event = nullptr;
      return out;
    }
    out.event = v, out.line = record.line;
  }
  if (!out.event) return out;
  out.problem = problem_of(*out.event);
  for (const EventRecord& record : log.events)
    if (const auto* v = std::get_if<ValidationEvent>(&record.event); v && v != out.event && v->name == out.event->name)
      out.problem = fmt::format("pass '{:.64}' is reported twice, on lines {} and {}", v->name, out.line, record.line);
  if (out.problem.empty()) follow_sums(out, log);
  return out;
}

}  // namespace pgolf
