#include "harness/run/resume.h"

#include <algorithm>

#include "base/error.h"
#include "base/names.h"
#include "base/sha256.h"
#include "harness/process/fault.h"
#include "harness/run/plan.h"

namespace pgolf {
namespace {

// Why there is nothing that training or packing left to go on from; "" if there is.
std::string nothing_left(const RunRecord& record) {
  if (record.artifact() || record.checkpoint()) return "";
  const PhaseRow* train = record.phase(kTrainPhase);
  const bool trained = train && train->outcome == "ok";
  return fmt::format("it saved no artifact, and {}; reproduce the submission again",
                     trained ? "an older pgolf did not record the SHA-256 of its checkpoint"
                             : "its training did not end; training is not resumed");
}

// The file as it was when it was saved. Errors: submission for another one; those of sha256_file.
void check_saved(const ArtifactRow& saved, const std::filesystem::path& file) {
  if (sha256_file(file) != saved.sha256)
    fail(ErrorKind::submission, "{}: not the {} that was saved; its SHA-256 was {}", file.string(), saved.name,
         saved.sha256);
}

// Under this name the environment keeps why the run had ended before: the run's row has room for one end.
std::string earlier_end_name(const RunRecord& record) {
  const auto ends = std::count_if(record.transitions.begin(), record.transitions.end(),
                                  [](const Transition& t) { return is_final(t.state); });
  return fmt::format("earlier_end_{}", ends);
}

}  // namespace

WayOn way_on(const RunRecord& record) {
  const std::string& id = record.run.id;
  const auto no = [&](const std::string& why) { return WayOn{"", fmt::format("run {}: {}", id, why)}; };
  if (!record.run.imported_at.empty())
    return no("it was imported, and its evidence is another machine's; reproduce the submission here");
  if (!record.run.withdrawn_at.empty()) return no("it was withdrawn; reproduce the submission again");
  if (record.run.state == RunState::done) return no(fmt::format("it is done; `pgolf show {}` has its result", id));
  if (!is_final(record.run.state)) return no("it is being worked on by another pgolf");
  if (const std::string why = nothing_left(record); !why.empty()) return no(why);
  if (record.phases.empty()) return {kEvalPhase, ""};  // its weights were published
  const PhaseRow& last = record.phases.back();
  if (const std::string fault = own_fault(last); !fault.empty())
    return no(
        fmt::format("{} ended by a fault of the submission's ({}: {}), not of the machine; reproduce the "
                    "submission again",
                    last.name, fault, last.message));
  return {record.artifact() ? kEvalPhase : kPackPhase, ""};
}

void require_way_on(const RunRecord& record, const std::string& verb) {
  const WayOn way = way_on(record);
  if (way.verb.empty()) fail(ErrorKind::usage, "{}", way.why_not);
  if (way.verb != verb)
    fail(ErrorKind::usage, "run {}: {}; `pgolf {} {}` goes on from there", record.run.id,
         way.verb == kEvalPhase ? "its artifact is saved" : "it saved no artifact, but a checkpoint", way.verb,
         record.run.id);
}

RunEnd Runner::go_on(const std::string& run, const std::string& verb, const DataManifest& data) {
  require_way_on(store_.load_run(run), verb);
  run_ = run;
  directory_ = workspace_.run(run);
  take_lock();
  const RunRecord record = store_.load_run(run);  // as it is now that nobody else works on it
  require_way_on(record, verb);
  const bool packs = verb == kPackPhase;
  if (packs) check_saved(*record.checkpoint(), directory_.checkpoint());
  if (!packs) check_saved(*record.artifact(), directory_.artifact()), directory_.renew_artifact();
  const Failure& failure = record.run.failure;
  const std::map<std::string, std::string> facts = {
      {earlier_end_name(record), fmt::format("{}: {}", failure.kind, failure.message)},
      {"data_directory", std::filesystem::absolute(data.directory).string()}};  // they may have been moved
  store_.transact([&] {
    require_way_on(store_.load_run(run), verb);  // it may have been withdrawn while its files were read
    store_.adopt(run, current_process());
    store_.put_environment(run, facts);
    store_.move(run, packs ? RunState::packing : RunState::evaluating);
  });
  return recording_failure([&] { return packs ? pack_and_evaluate(data) : evaluate(data); });
}

}  // namespace pgolf
