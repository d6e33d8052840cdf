#include "harness/run/run.h"

#include <algorithm>

#include "base/error.h"
#include "base/json.h"
#include "base/message.h"
#include "base/sha256.h"
#include "engine/evidence/events.h"
#include "harness/run/environment.h"
#include "harness/run/notice.h"
#include "harness/run/plan.h"
#include "harness/run/preflight.h"

namespace pgolf {
namespace fs = std::filesystem;

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
  out.files.hidden = {source, workspace_.home};
  out.arguments = {"--data", shown.string()};
  out.visible = {split};
  if (const auto limit = options_.limits_s.find(phase); limit != options_.limits_s.end())
    out.limit = PhaseLimit{limit->second * 1e3, phase == "train" ? kPartTrainLoop : phase == "eval" ? kPartEval : ""};
  return out;
}

// An evaluation that is run again finds the schedule where the first one did.
void Runner::follow_schedule(Plan& plan) const {
  if (!fs::exists(directory_.schedule())) return;
  plan.arguments.insert(plan.arguments.end(), {"--schedule", directory_.schedule().string()});
  plan.files.readable.push_back(directory_.schedule());
}

RunEnd Runner::run(const Submission& submission, const Pinned& pinned, const DataManifest& data) {
  check_room(workspace_.home, pinned.num_params, options_.device);
  run_ = new_run_id(pinned.pr, pinned.profile);
  directory_ = workspace_.run(run_);
  fs::create_directories(directory_.root());
  take_lock();
  write_pinned(directory_.pinned(), pinned);
  if (options_.replay) {
    write_schedule(directory_.schedule(), options_.replay->schedule);
    fs::permissions(directory_.schedule(), fs::perms::owner_read | fs::perms::group_read | fs::perms::others_read);
  }
  auto facts = environment_facts(options_.engine);
  facts["sandbox"] = sandbox_.reason().empty() ? sandbox_.level() : sandbox_.level() + ": " + sandbox_.reason();
  facts["device"] = options_.device;
  facts["track"] = submission.track;
  if (submission.code.shipped_bytes) facts["shipped_code_bytes"] = std::to_string(*submission.code.shipped_bytes);
  if (submission.code.file_bytes) {
    facts["code_file"] = submission.code.file;
    facts["code_file_bytes"] = std::to_string(*submission.code.file_bytes);
  }
  facts["determinism"] = options_.fast ? "fast" : "repeatable";
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
    if (options_.replay)
      store_.put_replay({run_, options_.replay->schedule.replay_of, sha256_file(directory_.schedule()),
                         options_.replay->artifact_sha256});
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
      const RunRecord record = store_.load_run(run_);
      store_.transact([&] {
        for (PhaseRow phase : record.phases) {
          if (!phase.outcome.empty()) continue;
          phase.outcome = "lost";
          phase.message = as_message(fmt::format("its end could not be recorded: {}", e.what()));
          store_.put_phase(phase);
        }
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

std::optional<PhaseEnd> Runner::train_and_pack(const Pinned& pinned, const DataManifest& data) {
  Plan train = plan("train", data, "train");
  train.total = pinned.config.train.iterations, train.unit = "steps";
  train.most_seconds = pinned.config.train.max_wallclock_seconds;
  follow_schedule(train);
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
  follow_schedule(eval);
  if (auto end = run_phase(eval)) return end;
  if (!options_.diagnose || !fs::exists(directory_.checkpoint())) return std::nullopt;
  Plan diagnose = plan("diagnose", data, "val");
  diagnose.arguments.insert(diagnose.arguments.end(), {"--checkpoint", directory_.checkpoint().string(), "--artifact",
                                                       directory_.artifact().string()});
  diagnose.files.readable.push_back(directory_.checkpoint());
  diagnose.files.readable.push_back(directory_.artifact());
  return run_phase(diagnose);
}

RunEnd Runner::evaluate_again(const std::string& run, const DataManifest& data) {
  run_ = run;
  directory_ = workspace_.run(run);
  const RunRecord record = store_.load_run(run);
  const auto saved = std::find_if(record.artifacts.begin(), record.artifacts.end(),
                                  [](const ArtifactRow& a) { return a.name == "artifact"; });
  if (saved == record.artifacts.end())
    fail(ErrorKind::usage, "run {} saved no artifact; training is not resumed, reproduce the submission again", run);
  if (!record.run.imported_at.empty())
    fail(ErrorKind::usage, "run {} was imported; its evaluation is another machine's evidence, reproduce it here", run);
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
