#include "harness/compare/side.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "base/error.h"
#include "base/json.h"
#include "base/names.h"
#include "base/sha256.h"
#include "db/documents/documents.h"
#include "db/run_clock.h"
#include "engine/config/pinned.h"
#include "engine/evidence/events.h"
#include "harness/judging/judging.h"
#include "harness/judging/published_logs.h"
#include "judge/claims/own_runs.h"
#include "judge/claims/printed.h"
#include "judge/foreign_engine.h"
#include "judge/outcome.h"
#include "judge/reproduction.h"
#include "resolve/resolve.h"

namespace pgolf {
namespace {

// The pass that a run's result is of: the one with the same value, a scored one before a diagnosis.
std::string headline_pass(const RunRecord& record) {
  const auto result = record.metric("val_bpb");
  std::string out;
  for (const auto& [name, value] : record.metrics) {
    const auto [quantity, pass] = split_pass_metric(name);
    if (quantity != "val_bpb" || pass.empty() || value != result) continue;
    if (out.empty() || out == kQuantizedPass || out == kFloatPass) out = pass;
  }
  return out;
}

// Everything that a run computes but its seed.
std::string kind_of(const RunRecord& record) {
  Json pinned = pinned_document(record.pinned).whole;
  for (const char* key : {"seed", "sha256", "data"}) pinned.erase(key);
  return sha256_hex(pinned.dump());
}

// SHA-256 over the validation files and the tokenizer that the evaluation opened; "" if its log does not tell.
std::string scored_data(const RunRecord& record, const Workspace& workspace) {
  std::set<std::string> files;
  try {
    const EventsFile events = read_events(workspace.run(record.run.id).events(kEvalPhase));
    for (const auto& e : events.events)
      if (const auto* data = std::get_if<DataEvent>(&e.event);
          data && (data->role == "val" || data->role == "tokenizer"))
        files.insert(data->role + " " + data->sha256);
  } catch (const Error&) {
    return {};
  }
  return files.empty() ? "" : sha256_hex(fmt::format("{}", fmt::join(files, "\n")));
}

// Rules that the latest judgement found broken under the reading of practice.
std::string broken_rules(const RunRecord& record) {
  if (!record.judgement) return "";
  return fmt::format("{}", fmt::join(failed_rules(verdicts_of(*record.judgement), Reading::practice), ", "));
}

std::optional<ByteInterval> run_bytes(const RunRecord& record) {
  const auto bytes = record.metric("val_bytes"), targets = record.metric("val_targets");
  if (!bytes || !targets || !(*targets > 0)) return std::nullopt;
  const double ratio = *bytes / *targets;
  return ByteInterval{ratio, ratio};
}

// Of runs that computed the same with the same seed, the latest; of those that saved the same artifact, as a replay
// does, the first; what was measured here before what was imported. A repetition is no further sample.
std::vector<RunRecord> independent(std::vector<RunRecord> runs, std::vector<std::string>& notes) {
  std::stable_partition(runs.begin(), runs.end(), [](const RunRecord& r) { return r.run.imported_at.empty(); });
  const auto rank = [](const RunRecord& r) { return std::pair(r.run.imported_at.empty(), r.run.created_at); };
  std::map<std::string, size_t> latest;
  for (size_t i = 0; i < runs.size(); ++i) {
    const auto [other, fresh] = latest.emplace(runs[i].pinned.sha256, i);
    if (!fresh && rank(runs[other->second]) < rank(runs[i])) other->second = i;
  }
  std::vector<RunRecord> out;
  for (size_t i = 0; i < runs.size(); ++i) {
    const ArtifactRow* artifact = runs[i].artifact();
    const auto same = std::find_if(out.begin(), out.end(), [&](const RunRecord& other) {
      const ArtifactRow* theirs = other.artifact();
      return artifact && theirs && theirs->sha256 == artifact->sha256;
    });
    if (latest.at(runs[i].pinned.sha256) != i)
      notes.push_back(fmt::format("{} repeats seed {} and is left out", runs[i].run.id, runs[i].pinned.seed));
    else if (same != out.end())
      notes.push_back(fmt::format("{} saved the artifact of {} and is left out", runs[i].run.id, same->run.id));
    else
      out.push_back(runs[i]);
  }
  return out;
}

// Notes that hold for several runs of a side, told once.
void note_runs(const std::vector<RunRecord>& runs, std::vector<std::string>& notes) {
  std::vector<std::pair<std::string, std::vector<std::string>>> said;
  const auto say = [&](const std::string& note, const std::string& run) {
    auto it = std::find_if(said.begin(), said.end(), [&](const auto& s) { return s.first == note; });
    if (it == said.end()) it = said.insert(said.end(), {note, {}});
    it->second.push_back(run);
  };
  for (const RunRecord& r : runs) {
    if (const std::string rules = broken_rules(r); !rules.empty()) say("breaks " + rules + " (practice)", r.run.id);
    const auto text = judged_strictly(r, "validation_set");
    if (r.pinned.profile == kRecordProfile && text && text->status == Status::unknown)
      say("not scored on the challenge's validation set, no evidence for a record", r.run.id);
    if (published_clock(r.environment)) say("on the published clock, not the machine's", r.run.id);
    if (!foreign_engine(r).empty()) say("computed by another engine than pgolf's own", r.run.id);
    if (!r.run.imported_at.empty()) say("imported: measured elsewhere", r.run.id);
  }
  for (const auto& [note, ids] : said) notes.push_back(fmt::format("{}: {}", fmt::join(ids, ", "), note));
}

std::vector<std::string> outcomes_of(const std::vector<RunRecord>& runs, Reading reading) {
  std::vector<std::string> out;
  for (const RunRecord& r : runs)
    out.push_back(r.judgement ? status_name(outcome(verdicts_of(*r.judgement), reading)) : "");
  return out;
}

}  // namespace

std::string kind_name(const RunRecord& record) {
  return kind_name(record.pinned.submission, record.pinned.profile, pinned_document(record.pinned).overrides);
}

SelectedSide side_of_runs(const SideSources& sources, std::vector<RunRecord> runs, const std::string& metric) {
  SelectedSide out;
  CompareSide& side = out.side;
  runs = independent(std::move(runs), side.notes);
  const RunRecord& first = runs.front();
  side.name = runs.size() == 1 ? "run " + first.run.id : kind_name(first);
  side.profile = first.pinned.profile;
  side.data_sha256 = scored_data(first, sources.workspace);
  side.bytes_per_target = run_bytes(first);
  const std::string pass = split_pass_metric(metric).second;
  side.pass = pass.empty() ? headline_pass(first) : pass;
  std::set<std::string> mixed;
  for (const RunRecord& r : runs) {
    if (r.pinned.profile != side.profile)
      mixed.insert(fmt::format("profiles {} and {}", side.profile, r.pinned.profile));
    else if (kind_of(r) != kind_of(first))
      mixed.insert(fmt::format("configurations {} and {}", kind_name(first), kind_name(r)));
    if (scored_data(r, sources.workspace) != side.data_sha256)
      mixed.insert("runs scored on different data");
    else if (pinned_document(r.pinned).manifest_sha256() != pinned_document(first.pinned).manifest_sha256())
      mixed.insert("runs trained on different data");
    if (pass.empty() && headline_pass(r) != side.pass)
      mixed.insert(fmt::format("results of the passes {} and {}", side.pass, headline_pass(r)));
    side.runs.push_back({r.run.id, r.pinned.seed, r.metrics.at(metric), {r.pinned.sha256}});
    if (const ArtifactRow* artifact = r.artifact()) side.runs.back().computed.push_back(artifact->sha256);
    out.run_ids.push_back(r.run.id);
  }
  side.mixed.assign(mixed.begin(), mixed.end());
  side.strict = worst_outcome(outcomes_of(runs, Reading::strict));
  side.practice = worst_outcome(outcomes_of(runs, Reading::practice));
  note_runs(runs, side.notes);
  return out;
}

CompareSide claims_side(const Submission& published, const Ruleset& ruleset, const std::string& metric) {
  const auto [submission, others] = rules::own_runs(published);
  CompareSide out;
  auto [base, pass] = split_pass_metric(metric);
  if (pass.empty()) pass = submission.headline.eval;
  out.name = "claims of " + submission.id;
  out.claims = true, out.profile = kRecordProfile, out.pass = pass;
  const auto logs = published_logs(submission, submission.directory);
  const auto repeated = repeated_logs(submission, logs, ruleset);
  for (const std::string& source : others)
    out.notes.push_back(fmt::format("{} is of another run than the claimed ones and is left out", source));
  for (const std::string& source : repeated)
    out.notes.push_back(fmt::format("{} is no run of its own beside an earlier log and is left out", source));
  for (const Claim& claim : submission.claims) {
    if (!is_log(claim.source)) continue;  // texts repeat the logs
    if (std::find(repeated.begin(), repeated.end(), claim.source) != repeated.end()) continue;
    for (const ClaimedEval& e : claim.evals) {
      const std::string& printed = base == "val_loss" ? e.val_loss : e.val_bpb;
      if (e.name != pass || printed.empty()) continue;
      out.runs.push_back({claim.source, claim.seed, std::stod(printed), measured_sha256(logs, claim.source)});
      if (e.val_loss.empty() || e.val_bpb.empty()) continue;
      const ByteInterval bytes = implied_bytes_per_target(e.val_loss, e.val_bpb);
      out.bytes_per_target = out.bytes_per_target ? ByteInterval{std::min(out.bytes_per_target->low, bytes.low),
                                                                 std::max(out.bytes_per_target->high, bytes.high)}
                                                  : bytes;
    }
  }
  const std::vector<Verdict> verdicts = judge_publication(submission, logs, ruleset);
  out.strict = status_name(outcome(verdicts, Reading::strict));
  out.practice = status_name(outcome(verdicts, Reading::practice));
  std::set<std::string> broken;
  for (const Verdict& v : verdicts)
    if (v.reading == Reading::practice && v.status == Status::fail)
      broken.insert(fmt::format("{} ({})", v.rule, v.subject));
  if (!broken.empty())
    out.notes.push_back(fmt::format("`pgolf check {}` fails {}", submission.pr, fmt::join(broken, ", ")));
  return out;
}

}  // namespace pgolf
