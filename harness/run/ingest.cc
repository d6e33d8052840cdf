#include "harness/run/ingest.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "base/error.h"
#include "base/names.h"
#include "base/notice.h"
#include "base/sha256.h"
#include "engine/evidence/ledger.h"
#include "engine/evidence/result.h"
#include "harness/run/own_files.h"

namespace pgolf {
namespace {

const std::string kStream = "stream.";  // before a pass, the curve of its running bits per byte
constexpr size_t kMostPasses = 50;      // the log is the phase's word; the record stays small whatever it says

bool is_plain(const std::string& name) {
  return !name.empty() && name.size() <= 64 &&
         name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_.-") == std::string::npos;
}

// The last event of a kind, or null.
template <class E>
const E* last(const EventsFile& events) {
  for (auto it = events.events.rbegin(); it != events.events.rend(); ++it)
    if (const auto* event = std::get_if<E>(&it->event)) return event;
  return nullptr;
}

std::optional<EventsFile> read_quietly(const std::filesystem::path& file) {
  if (!std::filesystem::exists(file)) return std::nullopt;  // the phase ended before it opened its log
  try {
    return read_events(file);
  } catch (const Error& e) {
    notice("{}", e.what());
    return std::nullopt;
  }
}

void add_steps(LoggedFigures& out, const EventsFile& events) {
  std::vector<CurvePoint> loss, rank0, scale;
  int64_t tokens = 0;
  double spent_s = 0;  // by the machine's clock, which a replay's elapsed_ms is not
  for (const auto& record : events.events)
    if (const auto* step = std::get_if<StepEvent>(&record.event)) {
      loss.push_back({step->step, step->elapsed_ms, step->train_loss});
      if (step->rank0_loss) rank0.push_back({step->step, step->elapsed_ms, *step->rank0_loss});
      scale.push_back({step->step, step->elapsed_ms, step->lr_scale});
      tokens += step->tokens;
      if (step->tok_per_s > 0) spent_s += static_cast<double>(step->tokens) / step->tok_per_s;
    }
  const auto* end = last<StepEvent>(events);
  if (!end) return;
  out.curves["train_loss"] = loss;
  if (!rank0.empty()) out.curves["rank0_loss"] = rank0;
  out.curves["lr_scale"] = scale;
  out.metrics["steps"] = static_cast<double>(end->step);
  out.metrics["train_loss"] = end->train_loss;
  out.metrics["train_clock_ms"] = end->elapsed_ms;
  out.metrics["tokens_trained"] = static_cast<double>(tokens);
  if (spent_s > 0) out.metrics["tok_per_s"] = static_cast<double>(tokens) / spent_s;
}

// The run's result, if its log reports one and one only.
void add_result(LoggedFigures& out, const EventsFile& events) {
  const ReportedResult reported = reported_result(events);
  if (!reported.event || !reported.problem.empty()) return;
  out.metrics["val_loss"] = reported.event->val_loss;
  out.metrics["val_bpb"] = reported.event->val_bpb;
  out.metrics["val_targets"] = static_cast<double>(reported.event->targets);
  out.metrics["val_bytes"] = static_cast<double>(reported.event->bytes);
}

// A pass that is reported twice has no value.
void add_passes(LoggedFigures& out, const EventsFile& events) {
  std::map<std::string, std::vector<CurvePoint>> streams;
  std::map<std::string, int> times;
  for (const auto& record : events.events)
    if (const auto* v = std::get_if<ValidationEvent>(&record.event); v && is_plain(v->name))
      ++times[pass_metric("val_bpb", v->name)];
  size_t passes = 0;
  for (const auto& record : events.events) {
    if (const auto* v = std::get_if<ValidationEvent>(&record.event); v && is_plain(v->name)) {
      const std::string val_bpb = pass_metric("val_bpb", v->name);
      if (times[val_bpb] > 1 || passes++ >= kMostPasses) continue;
      out.metrics[pass_metric("val_loss", v->name)] = v->val_loss;
      out.metrics[val_bpb] = v->val_bpb;
    } else if (const auto* s = std::get_if<StreamEvent>(&record.event); s && is_plain(s->name) && s->bytes > 0) {
      if (streams.contains(s->name) || streams.size() < kMostPasses)
        streams[s->name].push_back(
            {s->targets, record.t_ms, s->nll / std::numbers::ln2 / static_cast<double>(s->bytes)});
    }
  }
  for (const auto& [name, points] : streams) out.curves[kStream + name] = points;
}

}  // namespace

LoggedFigures figures_of(const std::string& phase, const EventsFile& events, bool ended) {
  LoggedFigures out;
  if (phase == kTrainPhase) add_steps(out, events);
  if (phase == kEvalPhase) add_passes(out, events);
  if (phase == kEvalPhase && ended) add_result(out, events);
  if (phase == kDiagnosePhase) {  // its two passes, and no other phase's
    LoggedFigures all;
    add_passes(all, events);
    const auto is_own = [](std::string_view pass) { return pass == kFloatPass || pass == kQuantizedPass; };
    for (const auto& [name, value] : all.metrics)
      if (is_own(split_pass_metric(name).second)) out.metrics[name] = value;
    for (const auto& [series, points] : all.curves)
      if (is_own(series.substr(kStream.size()))) out.curves[series] = points;
  }
  return out;
}

LoggedFigures figures_of(const RunRecord& record, const PhaseRow& phase, const EventsFile& events) {
  LoggedFigures out = figures_of(phase.name, events, phase.outcome == "ok");
  const PhaseRow* eval = phase.name == kDiagnosePhase ? record.phase(kEvalPhase) : nullptr;
  if (eval == nullptr) return out;
  for (const ScoringPass& pass : phase_document(*eval).passes) {
    for (const char* quantity : {"val_loss", "val_bpb"}) out.metrics.erase(pass_metric(quantity, pass.name));
    out.curves.erase(kStream + pass.name);
  }
  return out;
}

std::vector<ScoringPass> logged_passes(const EventsFile& events) {
  std::vector<ScoringPass> out;
  const auto pass_named = [&](const std::string& name) -> ScoringPass* {
    const auto it = std::find_if(out.begin(), out.end(), [&](const ScoringPass& p) { return p.name == name; });
    if (it != out.end()) return &*it;
    if (!is_plain(name) || out.size() == kMostPasses) return nullptr;
    return &out.emplace_back(ScoringPass{.name = name, .val_loss = {}, .val_bpb = {}});
  };
  const auto finite = [](double value) { return std::isfinite(value) ? std::optional(value) : std::nullopt; };
  for (const auto& record : events.events) {
    if (const auto* s = std::get_if<StreamEvent>(&record.event)) {
      if (ScoringPass* pass = pass_named(s->name)) pass->targets = s->targets;
    } else if (const auto* v = std::get_if<ValidationEvent>(&record.event)) {
      if (ScoringPass* pass = pass_named(v->name))
        *pass = {v->name, true, v->headline, v->targets, finite(v->val_loss), finite(v->val_bpb)};
    }
  }
  return out;
}

void add_evidence(PhaseDocument& document, const RunDirectory& directory, const std::string& phase) {
  const auto file = directory.events(phase);
  try {
    if (std::filesystem::exists(file)) document.events_sha256 = sha256_file(file);
    if (const auto events = read_quietly(file); events && (phase == kEvalPhase || phase == kDiagnosePhase))
      document.passes = logged_passes(*events);
    if (phase == kEvalPhase)
      document.ledger_head = read_ledger(directory.ledger(), [](const auto&, const auto&) {}).head;
  } catch (const Error& e) {
    notice("{}", e.what());
  }
}

std::filesystem::path log_of(const RunDirectory& directory, const PhaseRow& phase) {
  const auto log = directory.events(phase.name), kept = directory.attempt(phase.name, phase.attempt) / log.filename();
  std::error_code ignored;
  return std::filesystem::exists(kept, ignored) ? kept : log;
}

PhaseLog read_phase_log(const std::filesystem::path& file, const std::string& sealed_sha256,
                        const std::string& config_sha256) {
  const std::string name = file.filename().string();
  std::error_code missing;
  const bool too_long = std::filesystem::file_size(file, missing) > kMostEventLogBytes && !missing;
  if (!sealed_sha256.empty() && (too_long || sha256_file(file) != sealed_sha256))
    return {{}, name + " is not the log that the phase left: its SHA-256 is another"};
  EventsFile events = read_events(file);
  if (!config_sha256.empty() && events.header.config_sha256 != config_sha256)
    return {{}, name + " is of another configuration"};
  return {std::move(events), ""};
}

void ingest_events(Store& store, const RunRecord& record, const PhaseRow& phase, const std::filesystem::path& file) {
  if (!std::filesystem::exists(file)) return;  // the phase ended before it opened its log
  PhaseLog log;
  try {
    log = read_phase_log(file, phase_document(phase).events_sha256, record.run.pinned);
  } catch (const Error& e) {
    log.problem = e.what();
  }
  if (!log.problem.empty()) notice("{}; it gives no figure", log.problem);
  if (!log.events) return;
  const LoggedFigures figures = figures_of(record, phase, *log.events);
  store.transact([&] {
    for (const auto& [name, value] : figures.metrics) store.put_metric(phase.run, name, value);
    for (const auto& [series, points] : figures.curves) store.put_curve(phase.run, series, points);
  });
}

std::string artifact_classes(const std::filesystem::path& pack_events) {
  ArtifactDocument out;
  if (const auto events = read_quietly(pack_events))
    if (const auto* artifact = last<ArtifactEvent>(*events))
      for (const ByteClass& c : artifact->classes) out.classes.push_back({c.name, c.bytes});
  return to_text(out);
}

}  // namespace pgolf
