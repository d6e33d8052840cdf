// One phase of a run: started, watched, and its end recorded together with the move that rests on it.
#include "base/error.h"
#include "base/json.h"
#include "base/progress.h"
#include "base/sha256.h"
#include "engine/evidence/ledger.h"
#include "harness/run/ingest.h"
#include "harness/run/notice.h"
#include "harness/run/plan.h"

namespace pgolf {
namespace fs = std::filesystem;
namespace {

// What later judging holds the evidence against, fixed at the moment the phase ended.
Json seals(const RunDirectory& directory, const std::string& phase, const std::string& engine_sha256) {
  Json out = {{"engine_sha256", engine_sha256}};
  try {
    if (fs::exists(directory.events(phase))) out["events_sha256"] = sha256_file(directory.events(phase));
    if (phase == "eval")
      out["ledger_head"] = read_ledger(directory.root() / "ledger.jsonl", [](const auto&, const auto&) {}).head;
  } catch (const Error& e) {
    notice("{}", e.what());
  }
  return out;
}

// But for the supervisor's mark, which is another each time.
Json environment_to_json(const std::vector<std::string>& environment) {
  Json out = Json::object();
  for (const std::string& variable : environment)
    if (const size_t at = variable.find('='); !variable.starts_with("PGOLF_SUPERVISOR="))
      out[variable.substr(0, at)] = variable.substr(at + 1);
  return out;
}

std::string phase_document(const PhaseEnd& end, const std::vector<std::string>& visible, bool network,
                           const std::vector<std::string>& left, Json out) {
  out["span_ms"] = Json::object();
  for (const auto& [part, ms] : end.span_ms) out["span_ms"][part] = ms;
  out["visible"] = visible;
  out["network"] = network;
  out["watched"] = end.watched;
  out["denied"] = attempts_to_json(end.denied);
  out["left_behind"] = left;
  return out.dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::string progress_note(const EventTail& tail) {
  return tail.train_loss() ? fmt::format("loss {:.4f}", *tail.train_loss()) : tail.part();
}

}  // namespace

PhaseCommand Runner::phase_command(const Plan& plan) const {
  std::vector<std::string> argv = {fs::absolute(options_.engine).string(),
                                   plan.phase,
                                   "--pinned",
                                   directory_.pinned().string(),
                                   "--run",
                                   directory_.scratch(plan.phase).string(),
                                   "--device",
                                   options_.device,
                                   "--threads",
                                   std::to_string(options_.threads),
                                   "--progress",
                                   "off"};
  if (options_.fast) argv.emplace_back("--fast");
  argv.insert(argv.end(), plan.arguments.begin(), plan.arguments.end());
  PhaseCommand command{
      .argv = sandbox_.wrap(argv, plan.files),
      .environment = phase_environment(sandbox_.isolates()),
      .directory = directory_.scratch(plan.phase),
      .events = directory_.scratch(plan.phase) / (plan.phase + ".events.jsonl"),
      .stdout_file = directory_.output(plan.phase, "stdout"),
      .stderr_file = directory_.output(plan.phase, "stderr"),
      .limit = plan.limit,
      .watch = sandbox_.isolates() ? std::optional(WatchedPhase{argv.front(), plan.files}) : std::nullopt};
  if (options_.memory_limit_bytes) command.most_memory = *options_.memory_limit_bytes;
  return command;
}

std::optional<PhaseEnd> Runner::run_phase(const Plan& plan) {
  PhaseRow row;
  row.run = run_, row.name = plan.phase, row.directory = ".", row.started_at = utc_now();
  for (const PhaseRow& earlier : store_.load_run(run_).phases)
    if (earlier.name == plan.phase) row.attempt = earlier.attempt + 1;
  row.sandbox = sandbox_.level();
  if (plan.limit) row.limit_ms = plan.limit->ms;
  const std::string engine = sha256_file(options_.engine);  // before anything that it does can exchange it
  directory_.begin_phase(plan.phase, row.attempt);
  const PhaseCommand command = phase_command(plan);
  Progress progress(plan.phase, plan.total, plan.unit, plan.most_seconds);
  PhaseObserver observer;
  observer.started = [&](const ProcessId& process) {
    row.pid = process.pid, row.pid_start = process.start;
    store_.put_phase(row);
  };
  observer.progress = [&](const EventTail& tail, double) {
    if (plan.total > 0)
      progress.update(plan.phase == "train" ? tail.step() : tail.stream_targets(), progress_note(tail));
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
  if (const auto missing = directory_.missing_product(plan.phase); end.outcome == Outcome::ok && !missing.empty())
    end.outcome = Outcome::exception, end.message = fmt::format("ended well but left no {}", missing);
  fs::remove_all(directory_.root() / (plan.phase + ".data"));
  Json kept = seals(directory_, plan.phase, engine);
  kept["environment"] = environment_to_json(command.environment);
  kept["user_namespaces"] = !sandbox_.isolates() || sandbox_.allows_namespaces();
  row.document = phase_document(end, plan.visible, !sandbox_.isolates(), left, std::move(kept));
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
  std::optional<ArtifactRow> artifact;
  if (end.outcome == Outcome::ok && row.name == "pack") artifact = saved_artifact();
  store_.transact([&] {
    store_.put_phase(row);
    ingest_events(store_, run_, row.name, directory_.events(row.name));
    if (end.outcome != Outcome::ok) {
      const bool ours =
          end.outcome == Outcome::limit || end.outcome == Outcome::interrupted || end.outcome == Outcome::killed;
      store_.move(run_, ours ? RunState::killed : RunState::failed,
                  {row.outcome, fmt::format("{}: {}", row.name, end.message)});
    } else if (row.name == "train") {
      store_.move(run_, RunState::packing);
    } else if (artifact) {
      store_.put_artifact(*artifact);
      store_.move(run_, RunState::artifact_saved);
    }
  });
}

// Hashed and on the disk before anything evaluates it.
ArtifactRow Runner::saved_artifact() const {
  const fs::path file = directory_.artifact();
  sync_file(file);
  ArtifactRow artifact;
  artifact.run = run_, artifact.name = "artifact", artifact.path = file.filename().string();
  artifact.bytes = static_cast<int64_t>(fs::file_size(file));
  artifact.sha256 = sha256_file(file);
  artifact.document = artifact_classes(directory_.events("pack"));
  return artifact;
}

}  // namespace pgolf
