#include "harness/cli/run_submission.h"

#include "base/error.h"
#include "base/names.h"
#include "base/notice.h"
#include "harness/cli/run_end.h"
#include "harness/process/interrupts.h"
#include "harness/run/environment.h"
#include "harness/run/published_clock.h"
#include "harness/run/replay.h"

namespace pgolf {
namespace {

// The run to be replayed, its schedule, and, where the command line does not say otherwise, its configuration and data.
RunRecord prepare_replay(const Globals& globals, const Store& store, const Submission& submission,
                         RunRequest& request) {
  if (request.options.fast)
    fail(ErrorKind::usage, "--fast does not repeat a run bit for bit; leave it out of a replay");
  const RunRecord record = store.load_run(store.find_run(request.replay));
  if (record.pinned.submission != submission.id)
    fail(ErrorKind::usage, "run {} is of {}, not of {}", record.run.id, record.pinned.submission, submission.id);
  request.options.replay = load_replay(record, globals.workspace().run(record.run.id));
  if (!request.configured) request.resolve = request_of(record);
  const auto data = record.environment.find("data_directory");
  if (request.data.data.empty() && request.data.docs.empty() && data != record.environment.end())
    request.data.data = data->second;
  return record;
}

}  // namespace

int run_submission(const Globals& globals, RunRequest request) {
  Interrupts::install();
  complete_options(request);
  const Ruleset ruleset = chosen_ruleset(globals, request.rules);
  const Submission submission = open_submission(globals.submissions, request.submission);
  Resolved resolved = resolve(submission, request.resolve);  // mistakes are told before any work
  if (request.resolve.published_clock && !request.replay.empty())
    fail(ErrorKind::usage, "--clock published: a replay follows the clock of run {}; leave one of the two out",
         request.replay);
  if (request.resolve.published_clock) request.options.published = published_schedule(submission, resolved.pinned);
  Store store = open_record(globals);
  std::optional<RunRecord> replayed;
  if (!request.replay.empty()) {
    replayed = prepare_replay(globals, store, submission, request);
    resolved = resolve(submission, request.resolve);
  }
  request.options.command = rerun_command(request, resolved.pinned);
  Runner runner(store, globals.workspace(), request.options);
  runner.check_needs(resolved.pinned, kTrainPhase);  // before data are prepared, which may take long
  request.data.demo = request.demo || request.resolve.profile == "demo";
  const DataManifest data = obtain_data(request.data, resolved.pinned.config, globals.workspace());
  request.resolve.data = pinned_data(data);
  resolved = resolve(submission, request.resolve);
  if (replayed) check_same_configuration(*replayed, resolved.pinned);
  if (resolved.pinned.profile == kRecordProfile) note_extent(submission.upstream_data, data);
  if (request.resolve.published_clock) runner.follow(published_schedule(submission, resolved.pinned));
  if (!request.resolve.published_clock && !replayed)
    if (const std::string told = other_hardware(submission, resolved.pinned, gpu_of(request.options.device));
        !told.empty())
      notice("{}", told);
  const RunEnd end = runner.run(submission, resolved.pinned, data);
  const int exit_code = judge_and_report(globals, store, end, ruleset, request.reading, request.fail_on);
  return request.demo && !end.failed ? 0 : exit_code;
}

void add_data_options(CLI::App* verb, DataRequest& data) {
  verb->add_option("--data", data.data, "prepared data (pgolf data prepare)");
  verb->add_option("--docs", data.docs, "documents to prepare: JSON lines, each {\"text\": ...}");
  verb->add_option("--tokenizer", data.tokenizer, "with --docs: a SentencePiece model; default: train one");
  verb->add_option("--val-docs", data.val_docs, "with --docs: validation documents; default: a twentieth")
      ->check(CLI::NonNegativeNumber);
}

}  // namespace pgolf
