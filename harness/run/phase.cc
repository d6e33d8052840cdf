// One phase of a run: started, watched, and its end recorded together with the move that rests on it.
#include <algorithm>
#include <map>

#include "base/error.h"
#include "base/message.h"
#include "base/names.h"
#include "base/notice.h"
#include "base/progress.h"
#include "base/sha256.h"
#include "base/utc.h"
#include "db/documents/documents.h"
#include "engine/data/shard_memory.h"
#include "harness/run/ingest.h"
#include "harness/run/plan.h"

namespace pgolf {
namespace fs = std::filesystem;
namespace {

// But for the supervisor's mark, which is another each time.
std::map<std::string, std::string> environment_of(const std::vector<std::string>& environment) {
  std::map<std::string, std::string> out;
  for (const std::string& variable : environment)
    if (const size_t at = variable.find('='); !variable.starts_with("PGOLF_SUPERVISOR="))
      out[variable.substr(0, at)] = variable.substr(at + 1);
  return out;
}

// What is known of a phase before it starts: a phase that is lost keeps it.
PhaseDocument first_document(const std::vector<std::string>& visible, const Sandbox& sandbox,
                             const PhaseCommand& command, const std::string& engine_sha256) {
  PhaseDocument out;
  out.engine_sha256 = engine_sha256, out.visible = visible, out.network = !sandbox.isolates();
  out.user_namespaces = !sandbox.isolates() || sandbox.allows_namespaces();
  out.environment = environment_of(command.environment);
  return out;
}

std::string library_sha256(const std::string& library) {
  static ShardMemory known;
  const FileStamp stamp = stamp_of(library);
  if (const RememberedShard* file = known.find(stamp)) return file->sha256;
  const int64_t read_from_ns = system_clock_ns();
  std::string sha256 = sha256_file(library);
  known.remember({library, stamp, sha256}, read_from_ns);
  return sha256;
}

// By path, of what every phase sees and none can write; of any other, which was the phase's own, "". Those of GPUs have
// a gigabyte together: once per run is soon done, so that unlike shards they need no memory on the disk.
std::map<std::string, std::string> hashed(const std::vector<std::string>& libraries) {
  std::map<std::string, std::string> out;
  for (const std::string& library : libraries) {
    std::error_code gone;
    const bool theirs = fs::exists(library, gone) && is_shown_to_all(library);
    out[library] = theirs ? library_sha256(library) : "";
  }
  return out;
}

void add_end(PhaseDocument& document, const PhaseEnd& end, const std::vector<std::string>& left) {
  document.span_ms = end.span_ms, document.late_ms = end.late_ms;
  document.watched = end.watched, document.denied = end.denied;
  if (end.watched) document.libraries = hashed(end.libraries);
  document.left_behind = left, document.over = end.over;
}

// What happened to a phase, and which scoring passes were over by then.
std::string end_text(const PhaseEnd& end, const PhaseRow& row) {
  const std::string passes = passes_text(phase_document(row).passes);
  return as_message(fmt::format("{}: {}{}", row.name, end.message, passes.empty() ? "" : "; " + passes));
}

std::string progress_note(const EventTail& tail) {
  return tail.train_loss() ? fmt::format("loss {:.4f}", *tail.train_loss()) : tail.part();
}

}  // namespace

std::optional<PhaseEnd> Runner::run_phase(const Plan& plan) {
  PhaseRow row;
  row.run = run_, row.name = plan.phase, row.directory = ".", row.started_at = utc_now();
  for (const PhaseRow& earlier : store_.load_run(run_).phases)
    if (earlier.name == plan.phase) row.attempt = earlier.attempt + 1;
  row.sandbox = sandbox_.level();
  if (plan.limit) row.limit_ms = plan.limit->ms;
  const PhaseCommand command = command_of(plan, options_, sandbox_, directory_);
  // The engine is hashed before anything that it does can exchange it.
  PhaseDocument document = first_document(plan.visible, sandbox_, command, sha256_file(options_.engine));
  row.document = to_text(document);
  directory_.begin_phase(plan.phase, row.attempt);
  notice("phase {} of {}: {}", std::find(kPhases.begin(), kPhases.end(), plan.phase) - kPhases.begin() + 1,
         options_.diagnose ? kPhases.size() : kPhases.size() - 1, plan.phase);
  Progress progress(plan.phase, plan.total, plan.unit, plan.most_seconds);
  PhaseObserver observer;
  observer.started = [&](const ProcessId& process) {
    row.pid = process.pid, row.pid_start = process.start;
    store_.put_phase(row);
  };
  observer.progress = [&](const EventTail& tail, double) {
    if (plan.total > 0)
      progress.update(plan.phase == kTrainPhase ? tail.step() : tail.stream_targets(), progress_note(tail));
  };
  observer.heartbeat = [&] {
    try {
      store_.heartbeat(run_);
    } catch (const Error& e) {
      notice("heartbeat not recorded: {}", e.what());  // the run goes on: its end is what must be recorded
    }
  };
  PhaseEnd end = supervise(command, observer);
  if (plan.total > 0) progress.finish(outcome_name(end.outcome));
  const auto left = directory_.end_phase(plan.phase);
  if (std::error_code gone;
      end.outcome == Outcome::ok && fs::exists(fs::symlink_status(directory_.scratch(plan.phase), gone)))
    end.outcome = Outcome::exception, end.message = "left a directory that cannot be removed";
  if (const auto missing = directory_.missing_product(plan.phase); end.outcome == Outcome::ok && !missing.empty())
    end.outcome = Outcome::exception, end.message = fmt::format("ended well but left no {}", missing);
  fs::remove_all(directory_.root() / (plan.phase + ".data"));
  add_end(document, end, left);
  document.remembered_hashes = plan.remembered;
  add_evidence(document, directory_, plan.phase);
  row.document = to_text(document);
  notice("{}: {} after {:.1f} s", plan.phase, outcome_name(end.outcome), end.wall_ms / 1e3);
  if (!end.denied.empty()) notice("{} tried what it may not: {}", plan.phase, attempts_text(end.denied));
  record_end(row, end);
  if (end.outcome == Outcome::ok) return std::nullopt;
  failed_phase_ = plan.phase;
  return end;
}

// The end of a phase and the move that rests on it, in one transaction.
void Runner::record_end(const PhaseRow& started, const PhaseEnd& end) {
  PhaseRow row = started;
  row.wall_ms = end.wall_ms, row.cpu_ms = end.cpu_ms, row.max_rss_bytes = end.max_rss_bytes;
  row.exit_code = end.exit_code, row.signal = end.signal;
  row.outcome = outcome_name(end.outcome), row.message = end.message;
  const bool well = end.outcome == Outcome::ok;
  std::optional<ArtifactRow> saved;
  if (well && row.name == kTrainPhase) saved = save("checkpoint", directory_.checkpoint(), "{}");
  if (well && row.name == kPackPhase)
    saved = save("artifact", directory_.artifact(), artifact_classes(directory_.events(kPackPhase)));
  store_.transact([&] {
    store_.put_phase(row);
    ingest_events(store_, store_.load_run(run_), row, directory_.events(row.name));
    if (saved) store_.put_artifact(*saved);
    if (!well) {
      const bool ours =
          end.outcome == Outcome::limit || end.outcome == Outcome::interrupted || end.outcome == Outcome::killed;
      store_.move(run_, ours ? RunState::killed : RunState::failed, {row.outcome, end_text(end, row)});
    } else if (saved) {
      store_.move(run_, row.name == kTrainPhase ? RunState::packing : RunState::artifact_saved);
    }
  });
}

// Hashed and on the disk before anything reads it.
ArtifactRow Runner::save(const std::string& name, const fs::path& file, std::string document) const {
  sync_file(file);
  ArtifactRow row;
  row.run = run_, row.name = name, row.path = file.filename().string();
  row.bytes = static_cast<int64_t>(fs::file_size(file));
  row.sha256 = sha256_file(file);
  row.document = std::move(document);
  return row;
}

}  // namespace pgolf
