#include "harness/run/replay.h"

#include <algorithm>

#include "base/error.h"
#include "base/json.h"
#include "base/names.h"
#include "base/sha256.h"
#include "db/documents/documents.h"
#include "db/run_clock.h"

namespace pgolf {
namespace fs = std::filesystem;
namespace {

// The log of a phase, if it is still the one that was sealed when the phase ended.
EventsFile sealed_log(const RunRecord& record, const fs::path& file, const PhaseRow& phase) {
  EventsFile log = read_events(file);
  const std::string sealed = phase_document(phase).events_sha256;
  if (!log.torn && !sealed.empty() && sha256_file(file) != sealed)
    fail(ErrorKind::submission, "{}: not the log that run {} recorded; its SHA-256 was {}", file.string(),
         record.run.id, sealed);
  if (log.header.config_sha256 != record.pinned.sha256)
    fail(ErrorKind::submission, "{}: the log of another configuration, {:.12}; run {} had {:.12}", file.string(),
         log.header.config_sha256, record.run.id, record.pinned.sha256);
  return log;
}

// "config.train.iterations" of the first member that differs, and both values.
std::string first_difference(const Json& a, const Json& b, const std::string& key) {
  if (a == b) return "";
  if (!a.is_object() || !b.is_object()) return fmt::format("{}: {} there, {} here", key, a.dump(), b.dump());
  for (const Json* side : {&a, &b})
    for (const auto& [name, value] : side->items()) {
      const Json other = (side == &a ? b : a).value(name, Json());
      const std::string path = key.empty() ? name : key + "." + name;
      const std::string found =
          side == &a ? first_difference(value, other, path) : first_difference(other, value, path);
      if (!found.empty()) return found;
    }
  return "";
}

}  // namespace

Replay load_replay(const RunRecord& record, const RunDirectory& directory) {
  const PhaseRow* train = record.phase(kTrainPhase);
  if (!train || train->outcome != "ok")
    fail(ErrorKind::usage, "run {}: its training did not end ({}); only a whole training can be replayed",
         record.run.id,
         !train                   ? "it never began"
         : train->outcome.empty() ? "it is running"
                                  : train->outcome);
  Replay out;
  out.schedule.replay_of = record.run.id;
  out.schedule.config_sha256 = record.pinned.sha256;
  const fs::path file = directory.events(kTrainPhase);
  const EventsFile log = sealed_log(record, file, *train);
  if (log.header.build.ends_with(" fast"))
    fail(ErrorKind::usage,
         "run {} was made with --fast on a GPU, so that no other run need equal it; replay one without", record.run.id);
  out.schedule.train = train_schedule(log, file.string());
  if (const auto clock = published_clock(record.environment))
    out.schedule.published = {clock->log, clock->log_sha256, clock->seed, clock->steps};
  if (const PhaseRow* eval = record.phase(kEvalPhase); eval && eval->outcome == "ok") {
    const fs::path scores = directory.events(kEvalPhase);
    out.schedule.eval = eval_schedule(sealed_log(record, scores, *eval), scores.string());
  }
  if (const ArtifactRow* artifact = record.artifact()) out.artifact_sha256 = artifact->sha256;
  return out;
}

ResolveRequest request_of(const RunRecord& record) {
  ResolveRequest out;
  out.profile = record.pinned.profile;
  out.seed = record.pinned.seed;
  out.sets = pinned_document(record.pinned).overrides;
  return out;
}

void check_same_configuration(const RunRecord& record, const Pinned& pinned) {
  const Json here = pinned_to_json(pinned);
  if (here.at("sha256") == record.pinned.sha256) return;
  Json there = pinned_document(record.pinned).whole, mine = here;
  for (Json* side : {&there, &mine})
    for (const char* follows : {"sha256", "overrides"}) side->erase(follows);  // from the fields
  fail(ErrorKind::usage, "run {} has another configuration, so its schedule does not fit: {}", record.run.id,
       first_difference(there, mine, ""));
}

int exit_code_of(ReplayEnd end) {
  switch (end) {
    case ReplayEnd::equal: return 0;
    case ReplayEnd::different: return static_cast<int>(ErrorKind::verdict);
    case ReplayEnd::nothing: break;
  }
  return static_cast<int>(ErrorKind::inconclusive);
}

}  // namespace pgolf
