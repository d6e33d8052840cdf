#include "db/documents/documents.h"

#include <fmt/format.h>

#include "base/error.h"
#include "base/message.h"
#include "db/documents/members.h"

namespace pgolf {

void visit_members(auto& v, Attempt& a) { v("kind", a.kind), v("what", a.what), v("times", a.times); }

void visit_members(auto& v, ScoringPass& p) {
  v("name", p.name), v("ended", p.ended), v("headline", p.headline), v("targets", p.targets);
  v("val_loss", p.val_loss), v("val_bpb", p.val_bpb);
}

void visit_members(auto& v, PhaseDocument& d) {
  v.later("engine_sha256", d.engine_sha256), v.later("visible", d.visible), v.later("network", d.network);
  v.later("user_namespaces", d.user_namespaces), v.later("environment", d.environment), v.later("span_ms", d.span_ms);
  v.maybe("late_ms", d.late_ms);
  v.later("watched", d.watched), v.later("denied", d.denied), v.maybe("libraries", d.libraries);
  v.later("left_behind", d.left_behind), v.maybe("over", d.over), v.later("remembered_hashes", d.remembered_hashes);
  v.maybe("events_sha256", d.events_sha256), v.maybe("passes", d.passes), v.maybe("ledger_head", d.ledger_head);
}

void visit_members(auto& v, ClassBytes& c) { v("name", c.name), v("bytes", c.bytes); }
void visit_members(auto& v, ArtifactDocument& d) { v.maybe("classes", d.classes); }

void visit_members(auto& v, Upstream& u) {
  v.later("repository", u.repository), v.later("commit", u.commit), v.later("path", u.path);
}
void visit_members(auto& v, CountedCode& c) {
  v.later("bytes", c.bytes), v.later("counted", c.counted), v.maybe("shipped_bytes", c.shipped_bytes);
}
void visit_members(auto& v, Headline& h) {
  v.later("source", h.source), v.later("eval", h.eval), v.later("val_loss", h.val_loss), v.later("val_bpb", h.val_bpb);
}
void visit_members(auto& v, ClaimedEval& e) {
  v.later("name", e.name), v.later("weights", e.weights), v.later("method", e.method);
  v.later("val_loss", e.val_loss), v.later("val_bpb", e.val_bpb);
  v.maybe("eval_ms", e.eval_ms), v.maybe("targets", e.targets);
}
void visit_members(auto& v, Claim& c) {
  v.later("source", c.source), v.maybe("seed", c.seed), v.maybe("steps", c.steps), v.maybe("train_ms", c.train_ms);
  v.maybe("calibration_ms", c.calibration_ms), v.maybe("model_bytes", c.model_bytes);
  v.maybe("code_bytes", c.code_bytes), v.maybe("total_bytes", c.total_bytes), v.maybe("val_targets", c.val_targets);
  v.maybe("num_params", c.num_params), v.later("evals", c.evals);
}
void visit_members(auto& v, Difference& d) {
  v.later("claimed", d.claimed), v.later("as_run", d.as_run), v.later("evidence", d.evidence);
}
void visit_members(auto& v, PrintedTraining& t) {
  v.later("log", t.log), v.later("seed", t.seed), v.later("steps", t.steps), v.later("train_loss", t.train_loss);
}
void visit_members(auto& v, SubmissionDocument& d) {
  v.later("hardware", d.hardware), v.later("date", d.date), v.later("upstream", d.upstream);
  v.later("upstream_data", d.upstream_data), v.later("code", d.code), v.later("headline", d.headline);
  v.later("techniques", d.techniques), v.later("claims", d.claims), v.later("differences", d.differences);
  v.later("published", d.published);
}

namespace {

constexpr int64_t kMostTimes =
    1'000'000'000'000;  // more than system calls fit into a run; sums stay far from their end

template <class T>
T parse_document(std::string_view text, std::string_view origin) {
  const Json json = parse_json(text, origin);
  if (!json.is_object()) fail(ErrorKind::submission, "{}: 'document' is no JSON object", origin);
  return described_from_json<T>(json, origin);
}

template <class T>
std::string text_of(const T& document) {
  return described_to_json(document).dump(-1, ' ', false, Json::error_handler_t::replace);
}

// What the record holds was checked when it came, so what cannot be read was damaged since.
template <class Body>
auto from_record(const std::string& what, Body&& body) {
  try {
    return body();
  } catch (const Error& e) {
    fail(ErrorKind::database, "the record of {} is damaged; restore a backup ({})", what, e.what());
  }
}

std::string name_of(const PhaseRow& row) { return "phase " + row.name; }

}  // namespace

PhaseDocument parse_phase_document(std::string_view text, std::string_view origin) {
  PhaseDocument out = parse_document<PhaseDocument>(text, origin);
  for (Attempt& a : out.denied) {
    a.kind = as_message(a.kind), a.what = as_message(a.what);
    if (a.times < 1 || a.times > kMostTimes)
      fail(ErrorKind::submission, "{}: an attempt that was made {} times", origin, a.times);
  }
  for (ScoringPass& p : out.passes) p.name = as_message(p.name);
  for (std::string& name : out.left_behind) name = as_message(name);
  return out;
}

PhaseDocument phase_document(const PhaseRow& row) {
  return from_record(name_of(row), [&] { return parse_phase_document(row.document, name_of(row)); });
}

Json to_json(const PhaseDocument& document) { return described_to_json(document); }

std::string to_text(const PhaseDocument& document) { return text_of(document); }

ArtifactDocument parse_artifact_document(std::string_view text, std::string_view origin) {
  return parse_document<ArtifactDocument>(text, origin);
}

ArtifactDocument artifact_document(const ArtifactRow& row) {
  return from_record("the " + row.name, [&] { return parse_artifact_document(row.document, row.name); });
}

Json to_json(const ArtifactDocument& document) { return described_to_json(document); }

std::string to_text(const ArtifactDocument& document) { return text_of(document); }

SubmissionDocument parse_submission_document(std::string_view text, std::string_view origin) {
  return parse_document<SubmissionDocument>(text, origin);
}

SubmissionDocument submission_document(const SubmissionRow& row) {
  return from_record("submission " + row.id, [&] { return parse_submission_document(row.document, row.id); });
}

std::string to_text(const SubmissionDocument& document) { return text_of(document); }

PinnedDocument pinned_document(const PinnedRow& row) {
  return from_record("the pinned configuration", [&] {
    constexpr char kOrigin[] = "pinned";
    PinnedDocument out;
    out.whole = parse_json(row.document, kOrigin);
    if (!out.whole.is_object()) fail(ErrorKind::submission, "{}: no JSON object", kOrigin);
    out.config = out.whole.value("config", Json::object()), out.data = out.whole.value("data", Json());
    MemberReader reader{out.whole, kOrigin};
    reader.later("overrides", out.overrides);
    for (std::string& text : out.overrides) text = readable(text);
    if (const Json submission = out.whole.value("submission", Json()); submission.is_object()) {
      MemberReader inner{submission, kOrigin};
      inner.maybe("code_bytes", out.code_bytes);
    }
    return out;
  });
}

std::string PinnedDocument::manifest_sha256() const {
  return data.is_object() && data.contains("manifest_sha256") ? json_get<std::string>(data, "manifest_sha256", "pinned")
                                                              : "";
}

std::optional<double> PinnedDocument::number(const char* section, const char* field) const {
  const Json fields = config.is_object() ? config.value(section, Json()) : Json();
  if (!fields.is_object() || !fields.contains(field) || !fields[field].is_number()) return std::nullopt;
  return fields[field].get<double>();
}

std::vector<std::string> command_of(const RunRow& row) {
  return from_record("run " + row.id, [&] {
    const Json json = parse_json(row.command, "command");
    if (!json.is_array()) fail(ErrorKind::submission, "command: no array");
    std::vector<std::string> out;
    for (const Json& word : json) out.push_back(readable(word.is_string() ? word.get<std::string>() : word.dump()));
    return out;
  });
}

std::string isolation_text(const PhaseRow& phase) {
  const bool silent = phase.sandbox == "none" || phase.outcome.empty();  // while it runs, that is not yet known
  return silent || phase_document(phase).watched ? phase.sandbox : phase.sandbox + ", attempts not watched";
}

}  // namespace pgolf
