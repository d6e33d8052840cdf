#include "harness/bundle/run.h"

#include <sys/stat.h>

#include <algorithm>

#include "base/error.h"
#include "base/file.h"
#include "base/message.h"
#include "base/sha256.h"
#include "base/utc.h"
#include "harness/bundle/rows.h"
#include "harness/bundle/run_files.h"
#include "harness/bundle/statement.h"
#include "harness/judging/find_ruleset.h"
#include "harness/judging/gather_evidence.h"
#include "harness/judging/judging.h"
#include "harness/judging/record_check.h"
#include "harness/judging/run_facts.h"
#include "harness/run/ingest.h"
#include "harness/run/record_rows.h"
#include "harness/run/work_directory.h"
#include "judge/judge.h"
#include "reports/pages.h"
#include "reports/run_view.h"

namespace pgolf {
namespace fs = std::filesystem;
namespace {

constexpr char kSubmission[] = "submission.json", kVerdicts[] = "verdicts.json";

void add_judgement(BundleContents& out, const JudgementRow& judgement, const fs::path& rules) {
  Json json = {{"ruleset", judgement.ruleset},
               {"ruleset_sha256", judgement.ruleset_sha256},
               {"as_of", judgement.as_of},
               {"judged_at", judgement.judged_at},
               {"verdicts", Json::array()}};
  for (const VerdictRow& v : judgement.verdicts)
    json["verdicts"].push_back({{"rule", v.rule}, {"reading", v.reading}, {"status", v.status}});
  out.files[kVerdicts] = json.dump(2) + "\n";
  std::string id = judgement.ruleset;  // of an edited text, the file's own
  if (id.ends_with(kEditedMark)) id.resize(id.size() - std::string_view(kEditedMark).size());
  const fs::path file = rules / (id + ".toml");
  const std::string path = "rulesets/" + id + ".toml";
  std::error_code ignored;
  if (is_bundle_path(path) && fs::exists(file, ignored) && sha256_file(file) == judgement.ruleset_sha256)
    out.files[path] = read_text(file);
}

// What makes two bundles of one run the same, whoever judged it by whatever ruleset.
std::map<std::string, std::string> substance(const BundleContents& contents) {
  std::map<std::string, std::string> out;
  for (const auto& [path, content] : contents.files)
    if (path == kRows || path == kPinned)
      out[path] = sha256_hex(parse_json(content, path).dump());
    else if (path.starts_with(kRunFiles))
      out[path] = sha256_hex(content);
  return out;
}

using Statuses = std::map<std::string, std::string>;  // "train_time (strict)": "pass"

// The verdicts that the bundle tells; none if it was not judged.
Statuses told_verdicts(const BundleContents& contents, std::string_view origin) {
  Statuses out;
  if (!contents.files.contains(kVerdicts)) return out;
  const std::string at = fmt::format("{}: {}", origin, kVerdicts);
  for (const Json& v : json_get<std::vector<Json>>(parse_json(needed(contents, kVerdicts, origin), at), "verdicts", at))
    out[json_get<std::string>(v, "rule", at) + " (" + json_get<std::string>(v, "reading", at) + ")"] =
        json_get<std::string>(v, "status", at).substr(0, 20);
  return out;
}

void check_paths(const BundleContents& contents, std::string_view origin) {
  for (const auto& [path, content] : contents.files) {
    const bool known = path == kRows || path == kPinned || path == kSubmission || path == kVerdicts ||
                       path == kStatementFile || path.starts_with("rulesets/") || path.starts_with(kRunFiles);
    if (!known || (path.starts_with(kRunFiles) && stays_home(path.substr(path.rfind('/') + 1))))
      fail(ErrorKind::submission, "{}: '{}' is nothing that a bundle carries", origin, path);
  }
}

// The run as the bundle tells it, every part held against the others.
RunRecord record_of(const BundleContents& contents, std::string_view origin, const fs::path& submissions) {
  const auto at = [&](const char* path) { return fmt::format("{}: {}", origin, path); };
  RunRecord out = rows_from_json(parse_json(needed(contents, kRows, origin), at(kRows)), at(kRows));
  if (out.run.id != contents.run)
    fail(ErrorKind::submission, "{}: its rows are of run '{:.80}', its manifest names '{}'", origin, out.run.id,
         contents.run);
  Pinned pinned;
  try {
    pinned = pinned_from_json(parse_json(needed(contents, kPinned, origin), at(kPinned)), at(kPinned));
  } catch (const Error& e) {
    throw Error(ErrorKind::submission, e.what());
  }
  out.pinned = pinned_row(pinned);
  out.run.pinned = out.pinned.sha256;
  out.submission =
      submission_from_json(parse_json(needed(contents, kSubmission, origin), at(kSubmission)), at(kSubmission));
  if (out.submission.id != pinned.submission)
    fail(ErrorKind::submission, "{}: the submission is '{:.80}', the configuration is of '{}'", origin,
         out.submission.id, pinned.submission);
  std::error_code ignored;
  if (fs::exists(submissions / pinned.submission / "submission.toml", ignored))
    out.submission = submission_row(load_submission(submissions / pinned.submission, submissions));
  return out;
}

// When the run was made that this one replays, if that is on record here.
std::string parent_date(const Store& store, const RunRecord& record) {
  if (record.replay)
    for (const RunSummary& run : store.list_runs())
      if (run.id == record.replay->replay_of) return run.created_at;
  return "";
}

// What `body` cannot read would break every verb that reads it from then on.
template <class Body>
auto or_refuse(std::string_view origin, Body&& body) -> decltype(body()) {
  try {
    return body();
  } catch (const Json::exception& e) {
    fail(ErrorKind::submission, "{}: a document of the run cannot be read: {}", origin, as_message(e.what()));
  }
}

void unpack(const BundleContents& contents, const WorkDirectory& into) {
  const auto add = [&](const std::string& name, const std::string& content) {
    const fs::path file = into.path() / name;
    fs::create_directories(file.parent_path());
    write_file_atomic(file, content);
    ::chmod(file.c_str(), 0444);
  };
  add(kPinned, needed(contents, kPinned, "the bundle"));
  for (const auto& [path, content] : contents.files)
    if (path.starts_with(kRunFiles)) add(path.substr(kRunFiles.size()), content);
  for (const char* file : {kVerdicts, kStatementFile})
    if (const auto told = contents.files.find(file); told != contents.files.end())
      add("imported." + std::string(file), told->second);
}

// That a run was withdrawn is told to who has it otherwise: no bundle takes it back, nor takes a run out of a record.
[[noreturn]] void fail_other(const RunRow& here, const RunRow& told, std::string_view origin) {
  if (!here.withdrawn_at.empty() && told.withdrawn_at.empty())
    fail(ErrorKind::usage, "{}: run {} was withdrawn here at {}; it stays so", origin, here.id, here.withdrawn_at);
  if (here.withdrawn_at.empty() && !told.withdrawn_at.empty())
    fail(ErrorKind::usage, "{}: run {} was withdrawn at {}; `pgolf withdraw {}` takes it out of this record too",
         origin, here.id, told.withdrawn_at, here.id);
  fail(ErrorKind::usage, "{}: run {} is on record with other content; it stays as it is", origin, here.id);
}

// Whether the run is on record; errors if it is, or lies in HOME, with other content.
bool already_here(const Store& store, const Workspace& workspace, const BundleContents& contents, const RunRow& told,
                  std::string_view origin) {
  const auto runs = store.list_runs();
  const bool known = std::any_of(runs.begin(), runs.end(), [&](const RunSummary& r) { return r.id == contents.run; });
  if (known) {
    const RunRow here = store.load_run(contents.run).run;
    if (here.bundle_sha256 == told.bundle_sha256) return true;
    if (substance(run_contents(store, workspace, contents.run, {})) == substance(contents)) return true;
    fail_other(here, told, origin);
  }
  std::error_code ignored;
  if (fs::exists(workspace.home / contents.run, ignored))
    fail(ErrorKind::usage, "{}: {} is in the way and belongs to no run on record; move it away", origin,
         (workspace.home / contents.run).string());
  return false;
}

std::vector<std::string> compare_verdicts(const Statuses& told, const std::vector<Verdict>& here) {
  std::vector<std::string> out;
  for (const Verdict& v : here) {
    const std::string name = v.rule + " (" + reading_name(v.reading) + ")";
    if (v.status == Status::unknown && is_witnessed(v.rule)) continue;  // the bundle's machine saw it, this one did not
    if (const auto other = told.find(name); other != told.end() && other->second != status_name(v.status))
      out.push_back(fmt::format("{}: {} there, {} here", name, other->second, status_name(v.status)));
  }
  return out;
}

}  // namespace

BundleContents run_contents(const Store& store, const Workspace& workspace, const std::string& run,
                            const fs::path& rules) {
  const RunRecord record = store.load_run(run);
  if (!is_final(record.run.state))
    fail(ErrorKind::usage, "run {} is {}; it can be bundled when it has ended", run, run_state_name(record.run.state));
  submission_document(record.submission);  // refuses what later readers could not read
  BundleContents out;
  out.run = run;
  out.files[kRows] = rows_to_json(record).dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
  out.files[kPinned] = parse_json(record.pinned.document, "pinned configuration of " + run).dump(2) + "\n";
  out.files[kSubmission] =
      submission_to_json(record.submission).dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
  add_run_files(out, workspace.run(record.run.id));
  if (record.judgement) add_judgement(out, *record.judgement, rules);
  return out;
}

ImportResult import_bundle(Store& store, const Workspace& workspace, std::string_view bytes, std::string_view origin,
                           const Ruleset& ruleset, const fs::path& submissions) {
  const BundleContents contents = read_bundle(bytes, origin);
  check_paths(contents, origin);
  check_statement(contents, origin);
  const Statuses told = told_verdicts(contents, origin);
  RunRecord record = record_of(contents, origin, submissions);
  record.run.bundle_sha256 = sha256_hex(bytes);
  record.run.imported_at = utc_now();
  clamp_dates(record, parent_date(store, record), record.run.imported_at);
  ImportResult out;
  out.run = contents.run;
  remove_unfinished_imports(store, workspace);
  out.new_run = !already_here(store, workspace, contents, record.run, origin);
  if (out.new_run) {
    WorkDirectory files = WorkDirectory::of_import(store, workspace);
    unpack(contents, files);
    out.verdicts = or_refuse(
        origin, [&] { return judge(gather_evidence(run_facts(record, workspace, files.path())), ruleset, ""); });
    store.transact([&] {  // rows, judgement and, last, the directory appear together, or none
      if (already_here(store, workspace, contents, record.run, origin)) {  // another pgolf was faster
        out.new_run = false;
        return;
      }
      store.import_run(record);
      const RunDirectory directory(files.path());
      for (const PhaseRow& phase : record.phases) ingest_events(store, record, phase, log_of(directory, phase));
      // What `pgolf judge` would refuse from then on.
      if (const auto found = contradiction(store, store.load_run(contents.run), directory); !found.empty())
        fail(ErrorKind::submission, "{}: {}", origin, found);
      store.put_judgement(judgement_row(contents.run, ruleset, "", out.verdicts));
      or_refuse(origin, [&] { return run_page(load_run_view(store, contents.run, std::nullopt)); });
      files.become(workspace.home / contents.run);
    });
    if (out.new_run) files.keep();
  } else {
    out.verdicts = judge_run(store, workspace, contents.run, ruleset, "");
  }
  out.differs = compare_verdicts(told, out.verdicts);
  return out;
}

}  // namespace pgolf
