#include "harness/run.h"

#include <algorithm>

#include "base/error.h"
#include "base/json.h"
#include "base/progress.h"
#include "base/sha256.h"
#include "engine/evidence/events.h"
#include "engine/evidence/ledger.h"
#include "harness/environment.h"
#include "harness/ingest.h"
#include "harness/notice.h"

namespace pgolf {
namespace fs = std::filesystem;

// What one phase is given.
struct Runner::Plan {
  std::string phase;
  std::vector<std::string> arguments;
  SandboxFiles files;
  std::vector<std::string> visible;  // roles of the data it could open, for the judge
  std::optional<PhaseLimit> limit;
  int64_t total = 0;  // of the progress display
  std::string unit;
};

namespace {

// A directory of links to what a phase may see: without a sandbox, at least no path leads to the rest.
fs::path make_view(const fs::path& view, const DataManifest& data, const std::string& split) {
  fs::remove_all(view);
  fs::create_directories(view);
  const fs::path source = fs::absolute(data.directory);
  for (const std::string& name : {std::string(kManifestName), data.tokenizer.file, split})
    fs::create_symlink(source / name, view / name);
  return view;
}

// What later judging holds the evidence against, fixed at the moment the phase ended.
Json seals(const RunDirectory& directory, const std::string& phase) {
  Json out = Json::object();
  try {
    if (fs::exists(directory.events(phase))) out["events_sha256"] = sha256_file(directory.events(phase));
    if (phase == "eval")
      out["ledger_head"] = read_ledger(directory.root() / "ledger.jsonl", [](const auto&, const auto&) {}).head;
  } catch (const Error& e) {
    notice("{}", e.what());
  }
  return out;
}

std::string phase_document(const PhaseEnd& end, const std::vector<std::string>& visible, bool network,
                           const std::vector<std::string>& left, Json out) {
  out["span_ms"] = Json::object();
  for (const auto& [part, ms] : end.span_ms) out["span_ms"][part] = ms;
  out["visible"] = visible;
  out["network"] = network;
  out["left_behind"] = left;
  return out.dump(-1, ' ', false, Json::error_handler_t::replace);
}

// Room for checkpoint, artifact and logs, before an hour of training finds that there is none.
void check_space(const fs::path& home, int64_t num_params) {
  constexpr int64_t kLogs = 64'000'000;
  const int64_t needed = num_params * 2 * static_cast<int64_t>(sizeof(float)) + kLogs;
  std::error_code unknown;
  const auto available = fs::space(home, unknown).available;
  if (!unknown && available < static_cast<std::uintmax_t>(needed))
    fail(ErrorKind::machine, "{}: a run of this size needs {} MB, {} MB are free; free some space or name another --home",
         home.string(), needed / 1'000'000, available / 1'000'000);
}

std::string progress_note(const EventTail& tail) {
  return tail.train_loss() ? fmt::format("loss {:.4f}", *tail.train_loss()) : tail.part();
}

}  // namespace

Runner::Runner(Store& store, Workspace workspace, RunOptions options)
    : store_(store),
      workspace_(std::move(workspace)),
      options_(std::move(options)),
      sandbox_(Sandbox::choose(options_.sandbox, options_.engine)) {}

Runner::Plan Runner::plan(const std::string& phase, const DataManifest& data, const std::string& split) const {
  Plan out;
  out.phase = phase;
  const fs::path source = fs::absolute(data.directory);
  fs::path shown = source;
  if (sandbox_.isolates())
    for (const fs::path& name : {fs::path(kManifestName), fs::path(data.tokenizer.file), fs::path(split)})
      out.files.readable.push_back(source / name);
  else
    shown = make_view(directory_.root() / (phase + ".data"), data, split);
  out.files.readable.push_back(directory_.pinned());
  out.files.writable = directory_.scratch(phase);
  out.arguments = {"--data", shown.string()};
  out.visible = {split};
  if (const auto limit = options_.limits_s.find(phase); limit != options_.limits_s.end())
    out.limit = PhaseLimit{limit->second * 1e3, phase == "train" ? kPartTrainLoop : phase == "eval" ? kPartEval : ""};
  return out;
}

RunEnd Runner::run(const Submission& submission, const Pinned& pinned, const DataManifest& data) {
  check_space(workspace_.home, pinned.num_params);
  run_ = new_run_id(pinned.pr, pinned.profile);
  directory_ = workspace_.run(run_);
  fs::create_directories(directory_.root());
  take_lock();
  write_pinned(directory_.pinned(), pinned);
  auto facts = environment_facts(options_.engine);
  facts["sandbox"] = sandbox_.reason().empty() ? sandbox_.level() : sandbox_.level() + ": " + sandbox_.reason();
  facts["device"] = options_.device;
  facts["threads"] = options_.threads == 0 ? "all" : std::to_string(options_.threads);
  facts["data_directory"] = fs::absolute(data.directory).string();
  store_.transact([&] {
    store_.put_submission(submission_row(submission));
    store_.put_pinned(pinned_row(pinned));
    RunRow row;
    row.id = run_, row.pinned = pinned_sha256(pinned), row.directory = run_;
    row.command = Json(options_.command).dump(-1, ' ', false, Json::error_handler_t::replace);
    row.supervisor = current_process();
    store_.create_run(row);
    store_.put_environment(run_, facts);
  });
  notice("run {}: {} profile {}{}, seed {}; sandbox: {}", run_, pinned.submission, pinned.profile,
         pinned.as_run() ? "" : " (not the submission as it ran)", pinned.seed, facts["sandbox"]);
  return recording_failure([&] {
    store_.move(run_, RunState::preparing);
    auto failed = train_and_pack(pinned, data);
    if (failed) return failed;
    store_.move(run_, RunState::evaluating);
    return evaluate(data);
  });
}

// What stops us besides the engine (a full disk, a locked record) ends the run too, if that can still be written.
RunEnd Runner::recording_failure(const std::function<std::optional<PhaseEnd>()>& body) {
  try {
    const auto failed = body();
    if (!failed) store_.move(run_, RunState::judging);
    return {run_, failed, failed_phase_};
  } catch (const std::exception& e) {
    try {
      if (!is_final(store_.load_run(run_).run.state)) store_.move(run_, RunState::failed, {"exception", e.what()});
    } catch (const std::exception&) {  // the next pgolf marks it lost
    }
    throw;
  }
}

void Runner::take_lock() {
  lock_ = FileLock::try_lock(directory_.lock());
  if (!lock_) fail(ErrorKind::usage, "run {} is being worked on by another pgolf", run_);
}

std::optional<PhaseEnd> Runner::train_and_pack(const Pinned& pinned, const DataManifest& data) {
  Plan train = plan("train", data, "train");
  train.total = pinned.config.train.iterations, train.unit = "steps";
  store_.move(run_, RunState::training);
  if (auto end = run_phase(train)) return end;
  Plan pack = plan("pack", data, "train");
  pack.arguments.insert(pack.arguments.end(), {"--checkpoint", directory_.checkpoint().string()});
  pack.files.readable.push_back(directory_.checkpoint());
  return run_phase(pack);
}

std::optional<PhaseEnd> Runner::evaluate(const DataManifest& data) {
  Plan eval = plan("eval", data, "val");
  eval.arguments.insert(eval.arguments.end(), {"--artifact", directory_.artifact().string()});
  eval.files.readable.push_back(directory_.artifact());
  eval.total = data.val.tokens - 1, eval.unit = "targets";
  if (auto end = run_phase(eval)) return end;
  if (!options_.diagnose || !fs::exists(directory_.checkpoint())) return std::nullopt;
  Plan diagnose = plan("diagnose", data, "val");
  diagnose.arguments.insert(diagnose.arguments.end(), {"--checkpoint", directory_.checkpoint().string(), "--artifact",
                                                       directory_.artifact().string()});
  diagnose.files.readable.push_back(directory_.checkpoint());
  diagnose.files.readable.push_back(directory_.artifact());
  return run_phase(diagnose);
}

std::optional<PhaseEnd> Runner::run_phase(const Plan& plan) {
  PhaseRow row;
  row.run = run_, row.name = plan.phase, row.directory = ".", row.started_at = utc_now();
  for (const PhaseRow& earlier : store_.load_run(run_).phases)
    if (earlier.name == plan.phase) row.attempt = earlier.attempt + 1;
  row.sandbox = sandbox_.level();
  if (plan.limit) row.limit_ms = plan.limit->ms;
  directory_.begin_phase(plan.phase, row.attempt);

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
  argv.insert(argv.end(), plan.arguments.begin(), plan.arguments.end());
  const PhaseCommand command{.argv = sandbox_.wrap(argv, plan.files),
                             .environment = phase_environment(),
                             .directory = directory_.scratch(plan.phase),
                             .events = directory_.scratch(plan.phase) / (plan.phase + ".events.jsonl"),
                             .stdout_file = directory_.output(plan.phase, "stdout"),
                             .stderr_file = directory_.output(plan.phase, "stderr"),
                             .limit = plan.limit};
  Progress progress(plan.phase, plan.total, plan.unit);
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
  const PhaseEnd end = supervise(command, observer);
  if (plan.total > 0) progress.finish(outcome_name(end.outcome));
  const auto left = directory_.end_phase(plan.phase);
  fs::remove_all(directory_.root() / (plan.phase + ".data"));
  row.document = phase_document(end, plan.visible, !sandbox_.isolates(), left, seals(directory_, plan.phase));
  notice("{}: {} after {:.1f} s", plan.phase, outcome_name(end.outcome), end.wall_ms / 1e3);
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
  if (!fs::exists(file))
    fail(ErrorKind::submission, "pack ended well but left no artifact; see {}",
         directory_.output("pack", "stderr").string());
  sync_file(file);
  ArtifactRow artifact;
  artifact.run = run_, artifact.name = "artifact", artifact.path = file.filename().string();
  artifact.bytes = static_cast<int64_t>(fs::file_size(file));
  artifact.sha256 = sha256_file(file);
  artifact.document = artifact_classes(directory_.events("pack"));
  return artifact;
}

RunEnd Runner::evaluate_again(const std::string& run, const DataManifest& data) {
  run_ = run;
  directory_ = workspace_.run(run);
  const RunRecord record = store_.load_run(run);
  const auto saved = std::find_if(record.artifacts.begin(), record.artifacts.end(),
                                  [](const ArtifactRow& a) { return a.name == "artifact"; });
  if (saved == record.artifacts.end())
    fail(ErrorKind::usage, "run {} saved no artifact; training is not resumed, reproduce the submission again", run);
  if (record.run.state == RunState::done)
    fail(ErrorKind::usage, "run {} is done; `pgolf show {}` has its result", run, run);
  take_lock();
  if (sha256_file(directory_.artifact()) != saved->sha256)
    fail(ErrorKind::submission, "{}: not the artifact that was saved; its SHA-256 was {}",
         directory_.artifact().string(), saved->sha256);
  store_.transact([&] {
    store_.adopt(run, current_process());
    store_.move(run, RunState::evaluating);
  });
  return recording_failure([&] { return evaluate(data); });
}

}  // namespace pgolf
