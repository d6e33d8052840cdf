#include "harness/run/run.h"

#include <algorithm>

#include "base/error.h"
#include "base/json.h"
#include "base/message.h"
#include "base/names.h"
#include "base/notice.h"
#include "base/sha256.h"
#include "base/units.h"
#include "db/run_clock.h"
#include "engine/evidence/events.h"
#include "harness/run/data_view.h"
#include "harness/run/disk_need.h"
#include "harness/run/environment.h"
#include "harness/run/plan.h"
#include "harness/run/preflight.h"
#include "harness/run/reap.h"
#include "harness/run/record_rows.h"
#include "harness/run/resume.h"

namespace pgolf {
namespace fs = std::filesystem;

namespace {

// Where --limit sets none: no phase that works takes so long, one that sleeps would take for ever. Training by the
// machine's clock ends itself; what it does besides has an hour.
constexpr double kLimit_s = 24 * 3600, kBesideTraining_s = 3600;

RunClock clock_of(const Schedule& schedule) {
  const PublishedClock& p = *schedule.published;
  return {p.log, p.log_sha256, p.seed, p.steps, static_cast<int64_t>(schedule.train.size())};
}

// How long the newest finished run of the same kind took; "" if there is none.
std::string expected_text(const Store& store, const Pinned& pinned) {
  std::string like;
  for (const RunSummary& run : store.list_runs())
    if (run.submission == pinned.submission && run.profile == pinned.profile && run.overrides == pinned.overrides &&
        run.state == RunState::done && !run.imported)
      like = run.id;
  if (like.empty()) return "";
  double ms = 0;
  for (const PhaseRow& phase : store.load_run(like).phases) ms += phase.wall_ms.value_or(0);
  return fmt::format("; run {} of this kind took {}", like, duration_text(ms));
}

}  // namespace

Runner::Runner(Store& store, Workspace workspace, RunOptions options)
    : store_(store),
      workspace_(std::move(workspace)),
      options_(std::move(options)),
      sandbox_(Sandbox::choose(options_.sandbox, options_.engine)) {
  if (options_.sandbox == SandboxMode::automatic && !sandbox_.isolates())
    notice("no sandbox: {}; this pgolf's own engine runs without, and what rests on one is not proven (pgolf doctor)",
           sandbox_.reason());
}

void Runner::check_needs(const Pinned& pinned, const std::string& first) const {
  std::vector<std::string> phases = {kTrainPhase, kPackPhase, kEvalPhase};
  phases.erase(phases.begin(), std::find(phases.begin(), phases.end(), first));
  check_phases(phases, pinned, options_, sandbox_);
  check_states(pinned, options_.checkpoint_every);
  check_disk(workspace_.home, disk_bytes(pinned, first, {}) + states_bytes(pinned, options_.checkpoint_every));
}

Runner::Plan Runner::plan(const std::string& phase, const DataManifest& data, const std::string& split) const {
  Plan out;
  out.phase = phase;
  const DataView view =
      view_of(data, split, directory_.root() / (phase + ".data"), sandbox_.isolates(), workspace_.shard_memory());
  out.files.readable = view.readable;
  out.files.readable.push_back(directory_.pinned());
  out.files.writable = directory_.scratch(phase);
  out.files.hidden = view.hidden;
  out.files.hidden.push_back(workspace_.home);
  out.arguments = {"--data", view.data.string()};
  out.remembered = view.remembered;
  if (!view.hashes.empty()) out.arguments.insert(out.arguments.end(), {"--hashes", view.hashes.string()});
  out.visible = {split};
  out.limit = PhaseLimit{kLimit_s * 1e3, ""};
  if (const auto limit = options_.limits_s.find(phase); limit != options_.limits_s.end())
    out.limit = PhaseLimit{limit->second * 1e3, phase == kTrainPhase  ? kPartTrainLoop
                                                : phase == kEvalPhase ? kPartEval
                                                                      : ""};
  return out;
}

// An evaluation that is run again finds the schedule where the first one did.
void Runner::follow_schedule(Plan& plan) const {
  if (!fs::exists(directory_.schedule())) return;
  plan.arguments.insert(plan.arguments.end(), {"--schedule", directory_.schedule().string()});
  plan.files.readable.push_back(directory_.schedule());
}

RunEnd Runner::run(const Submission& submission, const Pinned& pinned, const DataManifest& data) {
  create(submission, pinned, data, {});
  return recording_failure([&] {
    store_.move(run_, RunState::preparing);
    if (auto failed = train(pinned, data)) return failed;
    return pack_and_evaluate(data);
  });
}

void Runner::create(const Submission& submission, const Pinned& pinned, const DataManifest& data, const Facts& more) {
  const SubmissionRow submitted = submission_row(submission);
  check_disk(workspace_.home, disk_bytes(pinned, kTrainPhase, {data.val.tokens - 1, data.val.documents}));
  run_ = new_run_id(pinned.pr > 0 ? std::to_string(pinned.pr) : pinned.submission, pinned.profile);
  directory_ = workspace_.run(run_);
  fs::create_directories(directory_.root());
  take_lock();
  write_pinned(directory_.pinned(), pinned);
  const Schedule* schedule = options_.schedule();
  if (schedule) {
    write_schedule(directory_.schedule(), *schedule);
    fs::permissions(directory_.schedule(), fs::perms::owner_read | fs::perms::group_read | fs::perms::others_read);
  }
  auto facts = environment_facts(options_.engine);
  facts.insert(more.begin(), more.end());
  facts["sandbox"] = sandbox_.reason().empty() ? sandbox_.level() : sandbox_.level() + ": " + sandbox_.reason();
  facts["device"] = options_.device;
  facts["track"] = submission.track;
  facts["upstream_data"] = to_json(submission.upstream_data).dump();
  if (submission.code.shipped_bytes) facts["shipped_code_bytes"] = std::to_string(*submission.code.shipped_bytes);
  if (submission.code.file_bytes) {
    facts["code_file"] = submission.code.file;
    facts["code_file_bytes"] = std::to_string(*submission.code.file_bytes);
  }
  facts["determinism"] = options_.fast ? "fast" : "repeatable";
  facts["threads"] = options_.threads == 0 ? "all" : std::to_string(options_.threads);
  facts["data_directory"] = fs::absolute(data.directory).string();
  if (schedule && schedule->published) add_clock_facts(facts, clock_of(*schedule));
  store_.transact([&] {
    store_.put_submission(submitted);
    store_.put_pinned(pinned_row(pinned));
    RunRow row;
    row.id = run_, row.pinned = pinned_sha256(pinned), row.directory = run_;
    row.command = Json(options_.command).dump(-1, ' ', false, Json::error_handler_t::replace);
    row.supervisor = current_process();
    store_.create_run(row);
    store_.put_environment(run_, facts);
    if (options_.replay)
      store_.put_replay({run_, options_.replay->schedule.replay_of, sha256_file(directory_.schedule()),
                         options_.replay->artifact_sha256});
  });
  notice("run {}: {} profile {}{}, seed {}; sandbox: {}{}", run_, pinned.submission, pinned.profile,
         pinned.as_run() ? "" : " (not the submission as it ran)", pinned.seed, facts["sandbox"],
         expected_text(store_, pinned));
}

// What stops us besides the engine (a full disk, a locked record) ends the run too, if that can still be written.
RunEnd Runner::recording_failure(const std::function<std::optional<PhaseEnd>()>& body) {
  try {
    const auto failed = body();
    if (!failed) store_.move(run_, RunState::judging);
    return {run_, failed, failed_phase_};
  } catch (const std::exception& e) {
    try {
      store_.transact([&] {
        const RunRecord record = store_.load_run(run_);
        end_open_phases(store_, record, directory_, fmt::format("its end could not be recorded: {}", e.what()));
        if (!is_final(record.run.state)) store_.move(run_, RunState::failed, {"exception", as_message(e.what())});
      });
    } catch (const std::exception&) {  // the next pgolf marks it lost
    }
    throw;
  }
}

void Runner::take_lock() {
  lock_ = FileLock::try_lock(directory_.lock());
  if (!lock_) fail(ErrorKind::usage, "run {} is being worked on by another pgolf", run_);
}

std::optional<PhaseEnd> Runner::train(const Pinned& pinned, const DataManifest& data) {
  Plan train = plan(kTrainPhase, data, "train");
  train.total = pinned.config.train.iterations, train.unit = "steps";
  train.most_seconds = pinned.config.train.max_wallclock_seconds;
  if (const Schedule* schedule = options_.schedule())
    train.total = static_cast<int64_t>(schedule->train.size()), train.most_seconds = 0;
  else if (train.most_seconds > 0 && !options_.limits_s.contains(kTrainPhase))
    train.limit = PhaseLimit{(train.most_seconds + kBesideTraining_s) * 1e3, ""};
  follow_schedule(train);
  if (options_.checkpoint_every > 0)
    train.arguments.insert(train.arguments.end(), {"--checkpoint-every", std::to_string(options_.checkpoint_every)});
  store_.move(run_, RunState::training);
  return run_phase(train);
}

std::optional<PhaseEnd> Runner::pack_and_evaluate(const DataManifest& data) {
  Plan pack = plan(kPackPhase, data, "train");
  pack.arguments.insert(pack.arguments.end(), {"--checkpoint", directory_.checkpoint().string()});
  pack.files.readable.push_back(directory_.checkpoint());
  if (auto end = run_phase(pack)) return end;
  store_.move(run_, RunState::evaluating);
  return evaluate(data);
}

bool Runner::ended_well(const std::string& phase) const {
  const RunRecord record = store_.load_run(run_);
  const PhaseRow* latest = record.phase(phase);
  return latest && latest->outcome == "ok";
}

// What an earlier attempt brought to its end is not done again.
std::optional<PhaseEnd> Runner::evaluate(const DataManifest& data) {
  if (!ended_well(kEvalPhase)) {
    Plan eval = plan(kEvalPhase, data, "val");
    eval.arguments.insert(eval.arguments.end(), {"--artifact", directory_.artifact().string()});
    eval.files.readable.push_back(directory_.artifact());
    eval.total = data.val.tokens - 1, eval.unit = "targets";
    follow_schedule(eval);
    if (auto end = run_phase(eval)) return end;
  }
  if (!options_.diagnose || ended_well(kDiagnosePhase) || !fs::exists(directory_.checkpoint())) return std::nullopt;
  Plan diagnose = plan(kDiagnosePhase, data, "val");
  diagnose.arguments.insert(diagnose.arguments.end(), {"--checkpoint", directory_.checkpoint().string(), "--artifact",
                                                       directory_.artifact().string()});
  diagnose.files.readable.push_back(directory_.checkpoint());
  diagnose.files.readable.push_back(directory_.artifact());
  return run_phase(diagnose);
}

}  // namespace pgolf
