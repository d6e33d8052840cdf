#include "harness/cli/run_json.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "base/names.h"
#include "db/documents/documents.h"
#include "db/documents/recorded_passes.h"
#include "db/run_clock.h"
#include "harness/run/resume.h"
#include "judge/counted.h"
#include "judge/foreign_engine.h"
#include "judge/outcome.h"
#include "judge/replay_end.h"
#include "judge/reproduction.h"
#include "judge/tier.h"
#include "judge/verdict.h"

namespace pgolf {

Json text_or_null(const std::string& text) { return text.empty() ? Json(nullptr) : Json(text); }

namespace {

Json artifact_to_json(const RunRecord& r) {
  const ArtifactRow* a = r.artifact();
  if (!a) return nullptr;
  Json out;
  const CountedBytes counted = *counted_bytes(r, Reading::strict);
  out["model_bytes"] = counted.model;
  out["code_bytes"] = counted.code;
  out["total_bytes"] = counted.total();
  out["sha256"] = a->sha256;
  out["path"] = a->path;
  const Json document = to_json(artifact_document(*a));
  if (document.contains("classes")) out["classes"] = document["classes"];
  return out;
}

Json phase_to_json(const RunRecord& r, const PhaseRow& p) {
  Json out;
  out["name"] = p.name;
  out["attempt"] = p.attempt;
  out["wall_ms"] = or_null(p.wall_ms);
  out["counted_ms"] = or_null(counted_ms(r, p));
  out["outcome"] = text_or_null(p.outcome);
  out["limit_ms"] = or_null(p.limit_ms);
  out["cpu_ms"] = or_null(p.cpu_ms);
  out["max_rss_bytes"] = or_null(p.max_rss_bytes);
  out["exit_code"] = or_null(p.exit_code);
  out["signal"] = or_null(p.signal);
  out["sandbox"] = p.sandbox;
  out["started_at"] = p.started_at;
  out["message"] = text_or_null(p.message);
  PhaseDocument document = phase_document(p);
  document.passes = recorded_passes(r, p);
  const Json members = to_json(document);
  out["span_ms"] = members["span_ms"];
  out["engine_sha256"] = text_or_null(document.engine_sha256);
  out["watched"] = document.watched;
  out["denied"] = members["denied"];
  out["passes"] = members.value("passes", Json::array());
  return out;
}

// How a run that did not reach its end can go on; null for others.
Json resume_to_json(const RunRecord& r) {
  if (!is_final(r.run.state) || r.run.state == RunState::done) return nullptr;
  const WayOn way = way_on(r);
  return {{"command", way.verb.empty() ? Json(nullptr) : Json(fmt::format("pgolf {} {}", way.verb, r.run.id))},
          {"why_not", text_or_null(way.why_not)}};
}

Json judgement_to_json(const RunRecord& r) {
  if (!r.judgement) return nullptr;
  return {{"ruleset", r.judgement->ruleset},
          {"ruleset_sha256", r.judgement->ruleset_sha256},
          {"as_of", r.judgement->as_of},
          {"judged_at", r.judgement->judged_at}};
}

Json reproduction_to_json(const Reproduction& found) {
  return {{"outcome", reproduced_name(found.outcome)}, {"reason", found.reason},
          {"eval", text_or_null(found.eval)},          {"claimed_bpb", or_null(found.claimed)},
          {"observed_bpb", or_null(found.observed)},   {"difference_bpb", or_null(found.difference)},
          {"margin_bpb", or_null(found.margin)},       {"spread_bpb", or_null(found.spread)},
          {"claimed_seeds", found.claimed_seeds}};
}

Json replay_to_json(const RunRecord& r) {
  if (!r.replay) return nullptr;
  const ReplayEnd end = replay_end(r);
  return {{"of", r.replay->replay_of},
          {"schedule_sha256", r.replay->schedule_sha256},
          {"artifact_sha256", text_or_null(r.replay->artifact_sha256)},
          {"equal", end == ReplayEnd::nothing ? Json(nullptr) : Json(end == ReplayEnd::equal)}};
}

Json clock_to_json(const RunRecord& r) {
  const auto clock = published_clock(r.environment);
  if (!clock) return nullptr;
  return {{"text", clock_text(r)}, {"log", clock->log},     {"log_sha256", clock->log_sha256},
          {"seed", clock->seed},   {"steps", clock->steps}, {"run_steps", clock->run_steps}};
}

std::string number_text(const Json& value) {
  return value.is_null() ? "-" : fmt::format("{:.4f}", value.get<double>());
}

// Why a run that was judged has no result; "" where it has one.
std::string no_result(const RunRecord& r) {
  if (r.judgement && !r.metric("val_bpb"))
    for (const Verdict& v : verdicts_of(*r.judgement))
      if (v.rule == "one_result") return v.reason;
  return "";
}

std::string failure_text(const RunRecord& r) {
  std::string out;
  if (!r.run.failure.message.empty())
    out += fmt::format("  failure     {}: {}\n", r.run.failure.kind, r.run.failure.message);
  if (const Json resume = resume_to_json(r); !resume.is_null() && !resume["command"].is_null())
    out += fmt::format("  goes on by  {}\n", resume["command"].get<std::string>());
  return out;
}

std::string phase_text(const RunRecord& r, const PhaseRow& p) {
  const auto counted = counted_ms(r, p);
  std::string out = fmt::format(
      "  {:<10}  process {}{}{}  ({}, sandbox {}){}\n", p.name, p.wall_ms ? display_value(*p.wall_ms, "ms") : "-",
      counted ? ", counted " + display_value(*counted, "ms") : "",
      p.attempt > 1 ? fmt::format(", attempt {}", p.attempt) : "", p.outcome.empty() ? "running" : p.outcome,
      isolation_text(p), p.message.empty() ? "" : ": " + p.message);
  const PhaseDocument document = phase_document(p);
  for (const Attempt& tried : document.denied) out += fmt::format("              tried: {}\n", attempt_text(tried));
  if (p.outcome != "ok")
    for (const ScoringPass& pass : recorded_passes(r, p))
      out += fmt::format("              pass {}\n", pass_text(pass));
  return out;
}

}  // namespace

Json run_to_json(const RunRecord& r, const std::optional<RecordMargin>& margin) {
  Json out;
  out["format"] = "pgolf.run/1";
  out["run_id"] = r.run.id;
  out["submission"] = r.pinned.submission;
  out["pr"] = r.submission.pr > 0 ? Json(r.submission.pr) : Json(nullptr);
  out["profile"] = r.pinned.profile;
  out["as_run"] = r.pinned.as_run;
  const PinnedDocument pinned = pinned_document(r.pinned);
  out["overrides"] = pinned.overrides;
  out["seed"] = r.pinned.seed;
  out["state"] = run_state_name(r.run.state);
  out["failure"] = r.run.failure.kind.empty() ? Json(nullptr)
                                              : Json{{"kind", r.run.failure.kind}, {"message", r.run.failure.message}};
  out["imported"] = r.run.imported_at.empty() ? Json(nullptr)
                                              : Json{{"at", r.run.imported_at}, {"bundle_sha256", r.run.bundle_sha256}};
  out["withdrawn"] =
      r.run.withdrawn_at.empty() ? Json(nullptr) : Json{{"at", r.run.withdrawn_at}, {"reason", r.run.withdrawn_reason}};
  out["created_at"] = r.run.created_at;
  out["ended_at"] = text_or_null(r.run.ended_at);
  out["pinned_sha256"] = r.pinned.sha256;
  out["num_params"] = r.pinned.num_params;
  out["val_loss"] = or_null(r.metric("val_loss"));
  out["val_bpb"] = or_null(r.metric("val_bpb"));
  out["no_result"] = text_or_null(no_result(r));
  for (const std::string_view pass : {kFloatPass, kQuantizedPass, kSlidingPass, kTttPass})
    out[pass_metric("val_bpb", pass)] = or_null(r.metric(pass_metric("val_bpb", pass)));
  out["resume"] = resume_to_json(r);
  out["artifact"] = artifact_to_json(r);
  out["phases"] = Json::array();
  for (const PhaseRow& p : r.phases) out["phases"].push_back(phase_to_json(r, p));
  const auto verdicts = r.judgement ? verdicts_of(*r.judgement) : std::vector<Verdict>{};
  out["verdicts"] = verdicts_to_json(verdicts);
  out["judgement"] = judgement_to_json(r);
  for (const Reading reading : {Reading::strict, Reading::practice})
    out[reading_name(reading)] = r.judgement ? Json(status_name(outcome(verdicts, reading))) : Json();
  out["tier"] = text_or_null(tier_of(r));
  out["metrics"] = r.metrics;
  out["transitions"] = Json::array();
  for (const Transition& t : r.transitions)
    out["transitions"].push_back({{"state", run_state_name(t.state)}, {"at", t.at}});
  out["environment"] = r.environment;
  out["foreign_engine"] = text_or_null(foreign_engine(r));
  out["data"] = pinned.data;
  out["reproduction"] = reproduction_to_json(reproduction_of(r, margin));
  out["published_clock"] = clock_to_json(r);
  out["replay"] = replay_to_json(r);
  out["command"] = command_of(r.run);
  out["directory"] = r.run.directory;
  return out;
}

std::string run_to_text(const RunRecord& r, const std::optional<RecordMargin>& margin) {
  const Json j = run_to_json(r, margin);
  std::string out = fmt::format("run {}\n", r.run.id);
  if (r.judgement)
    out += fmt::format("  outcome     strict {}, practice {}{}\n", j["strict"].get<std::string>(),
                       j["practice"].get<std::string>(),
                       j["val_bpb"].is_null() ? "" : fmt::format("; val_bpb {}", number_text(j["val_bpb"])));
  else
    out += fmt::format("  outcome     {}, not judged\n", run_state_name(r.run.state));
  out += fmt::format("  {}  {}\n", r.pinned.submission, r.submission.title);
  out += fmt::format("  profile     {}{}, seed {}, {} parameters\n", r.pinned.profile,
                     r.pinned.as_run ? "" : " (not the submission as it ran)", r.pinned.seed,
                     with_commas(r.pinned.num_params));
  if (const std::string clock = clock_text(r); !clock.empty()) out += fmt::format("  clock       {}\n", clock);
  if (!j["overrides"].empty())
    out += fmt::format("  overrides   {}\n", fmt::join(j["overrides"].get<std::vector<std::string>>(), " "));
  out += fmt::format("  state       {}, started {}\n", run_state_name(r.run.state), r.run.created_at);
  if (!r.run.withdrawn_at.empty())
    out += fmt::format("  WITHDRAWN   {}{}{}: in no list, board or comparison\n", r.run.withdrawn_at,
                       r.run.withdrawn_reason.empty() ? "" : ", ", r.run.withdrawn_reason);
  if (!r.run.imported_at.empty())
    out += fmt::format("  imported    {}, from the bundle with sha256 {}; times and isolation are its word\n",
                       r.run.imported_at, r.run.bundle_sha256);
  if (const std::string tier = tier_text(tier_of(r)); !tier.empty()) out += fmt::format("  tier        {}\n", tier);
  if (r.unvouched) out += "  unvouched   made before records were sealed: nothing vouches for its rows\n";
  if (const std::string engine = foreign_engine(r); !engine.empty()) out += fmt::format("  engine      {}\n", engine);
  out += failure_text(r);
  if (const std::string why = no_result(r); !why.empty())
    out += fmt::format("  val_bpb     none: {}\n", why);
  else
    out += fmt::format("  val_bpb     {}  (val_loss {} nats/token)\n", number_text(j["val_bpb"]),
                       number_text(j["val_loss"]));
  out += fmt::format("              before quantisation {}, after {}, sliding {}, with TTT {}\n",
                     number_text(j["val_bpb_prequant"]), number_text(j["val_bpb_quant"]),
                     number_text(j["val_bpb_sliding"]), number_text(j["val_bpb_ttt"]));
  if (const Json& a = j["artifact"]; !a.is_null())
    out += fmt::format("  artifact    {} model + {} code = {} bytes\n              sha256 {}\n",
                       with_commas(a["model_bytes"]), with_commas(a["code_bytes"]), with_commas(a["total_bytes"]),
                       a["sha256"].get<std::string>());
  for (const PhaseRow& p : r.phases) out += phase_text(r, p);
  if (r.judgement) {
    const auto verdicts = verdicts_of(*r.judgement);
    out += fmt::format("\n{}verdicts by {} ({:.8}), as of {}\n{}", outcome_text(verdicts), r.judgement->ruleset,
                       r.judgement->ruleset_sha256, r.judgement->as_of, verdict_table(verdicts));
  }
  const Reproduction found = reproduction_of(r, margin);
  if (found.outcome != Reproduced::nothing_claimed)
    out += fmt::format("\nreproduction of the claim: {}: {}\n", reproduced_name(found.outcome), found.reason);
  if (r.replay) out += replay_text(r) + "\n";
  return out;
}

}  // namespace pgolf
