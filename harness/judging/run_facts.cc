#include "harness/judging/run_facts.h"

#include <algorithm>
#include <charconv>
#include <numeric>
#include <span>
#include <utility>

#include "base/error.h"
#include "base/message.h"
#include "base/names.h"
#include "base/sha256.h"
#include "db/documents/documents.h"
#include "db/documents/recorded_passes.h"
#include "db/run_clock.h"
#include "engine/config/fields.h"
#include "engine/data/bytes.h"
#include "engine/data/manifest.h"
#include "engine/data/twin.h"
#include "engine/data/verify.h"
#include "engine/evidence/twin.h"
#include "harness/judging/audit_files.h"
#include "harness/judging/find_data.h"
#include "harness/judging/shipped.h"
#include "harness/process/fault.h"
#include "harness/process/interrupts.h"
#include "harness/process/spawn.h"
#include "harness/run/environment.h"
#include "harness/run/own_files.h"

namespace pgolf {
namespace fs = std::filesystem;
namespace {

PhaseFacts phase_facts(const PhaseRow& row) {
  PhaseFacts out;
  out.name = row.name;
  out.finished = row.outcome == "ok";
  out.wall_ms = row.wall_ms;
  out.isolation = row.sandbox == "none" ? "" : row.sandbox;
  const PhaseDocument document = phase_document(row);
  out.span_ms = document.span_ms, out.late_ms = document.late_ms;
  out.visible = document.visible;
  out.network = document.network;
  out.events_sha256 = document.events_sha256;
  out.watched = document.watched;
  out.denied = document.denied;
  out.engine_sha256 = document.engine_sha256;
  out.remembered = document.remembered_hashes;
  out.libraries = document.libraries;
  const auto path = document.environment.find("LD_LIBRARY_PATH");
  if (path != document.environment.end()) out.library_path = path->second;
  return out;
}

EarlierAttempt earlier_attempt(const RunRecord& record, const PhaseRow& row) {
  const std::string passes = passes_text(recorded_passes(record, row));
  return {row.name, row.attempt, row.outcome + (passes.empty() ? "" : ", " + passes), own_fault(row),
          row.outcome == "ok"};
}

// Attempts of a phase are one phase to the judge, the latest; that there were others is a matter of its own.
void add_phases(RunFacts& facts, const RunRecord& record) {
  for (const PhaseRow& row : record.phases) {
    if (row.name == kDiagnosePhase) continue;
    if (record.phase(row.name) == &row)
      facts.phases.push_back(phase_facts(row));
    else
      facts.earlier.push_back(earlier_attempt(record, row));
  }
}

// Training shards may have been left elsewhere; that proves nothing against them, nor for them.
bool has_training(const DataManifest& data) {
  std::error_code gone;
  return std::all_of(data.train.shards.begin(), data.train.shards.end(),
                     [&](const ShardEntry& shard) { return fs::is_regular_file(data.directory / shard.file, gone); });
}

// What the files prove of the manifest, whose own word counts for nothing: all shards are read, 10 GB in about a
// minute. Every run on one manifest asks the same.
const VerifyReport& proven(const DataManifest& data) {
  static std::map<std::pair<std::string, std::string>, VerifyReport> known;
  const std::pair key(data.directory.string(), data.sha256);
  if (const auto found = known.find(key); found != known.end()) return found->second;
  const auto scope = has_training(data) ? VerifyScope::everything : VerifyScope::validation;
  return known[key] = verify_data(data.directory, scope, [] {
           if (Interrupts::count() > 0) throw Interrupted{"interrupted while reading the data; nothing was judged"};
         });
}

// What is wrong with one half: text, tokens and bytes must be each other's; "" if nothing is.
std::string problem_of(const DataManifest& data, bool training) {
  for (const DataCheck& check : proven(data).checks)
    if (check.status == CheckStatus::fail && check.name.starts_with("train.") == training && check.name != "disjoint")
      return check.name + ": " + check.detail;
  return "";
}

// Nothing where the training shards were not read to their end.
std::optional<OverlapFacts> overlap_of(const DataManifest& data) {
  const Overlap& overlap = proven(data).overlap;
  if (!overlap.near_documents) return std::nullopt;
  return OverlapFacts{overlap.all_documents(), data.val.documents, true, as_message(overlap_text(overlap)),
                      overlap.repeated_text.value_or(0)};
}

void add_manifest(RunFacts& facts, const DataManifest& data) {
  const auto add = [&](const char* role, const FileEntry& file) {
    facts.manifest.push_back({role, file.file, file.sha256});
  };
  if (problem_of(data, true).empty())  // else they are none of the manifest's
    for (const ShardEntry& shard : data.train.shards) add("train", shard);
  for (const ShardEntry& shard : data.val.shards) add("val", shard);
  for (const ShardEntry& shard : data.val_byte_shards) add("val", shard);
  add("tokenizer", data.tokenizer);
  facts.overlap = overlap_of(data);
}

void add_twin(RunFacts& facts, const DataManifest& data) {
  const auto twin = load_twin(data);
  if (!twin) return;
  for (const auto* shards : {&twin->shards, &twin->byte_shards})
    for (const ShardEntry& shard : *shards) facts.manifest.push_back({kTwinRole, shard.file, shard.sha256});
}

// As the shards hold them, 16 bits each, however they are cut into files.
std::string tokens_sha256(const ValidationData& val) {
  const std::vector<uint16_t> ids(val.tokens.begin(), val.tokens.end());
  Sha256 hash;
  hash.update(std::as_bytes(std::span(ids)));
  return hash.hex();
}

// What the harness itself finds in the validation shards: how many targets, the bytes of them, and which tokens. The
// bytes belong to the text, where that is there.
void recount(RunFacts& facts, const DataManifest& data, const Config& config) {
  const int64_t targets = whole_row_targets(std::max<int64_t>(data.val.tokens, 1), config.eval.seq_len);
  const ByteTables tables = byte_tables(Tokenizer::load(data.tokenizer_path()), data.caseops, config.model.vocab_size);
  const bool sidecar = config.data.byte_count == ByteCount::sidecar;
  const ValidationData val =
      load_validation(data.val_directory(), config.model.vocab_size, sidecar ? nullptr : &tables);
  facts.val_targets = targets;
  facts.val_tokens_sha256 = tokens_sha256(val);
  if (std::cmp_greater_equal(targets, val.target_bytes.size())) return;
  facts.val_bytes = std::accumulate(val.target_bytes.begin() + 1, val.target_bytes.begin() + 1 + targets, int64_t{0});
}

// The manifest, if the data are still what the run pinned.
void add_data(RunFacts& facts, const RunRecord& record, const Workspace& workspace, const Config& config) {
  try {
    const std::string wanted = pinned_document(record.pinned).manifest_sha256();
    if (wanted.empty()) return;
    const fs::path directory = find_data(record, workspace, wanted);
    if (directory.empty()) return;
    const DataManifest data = load_manifest(directory);
    if (data.sha256 != wanted) return;
    add_manifest(facts, data);
    facts.val_problem = problem_of(data, false);
    if (!facts.val_problem.empty()) return;
    facts.val_text_known = data.has_text();
    recount(facts, data, config);
    add_twin(facts, data);
  } catch (const Error&) {  // moved or damaged since: no evidence
  }
}

void add_artifact(RunFacts& facts, const RunRecord& record) {
  if (const ArtifactRow* saved = record.artifact()) facts.artifact_sha256_before_eval = saved->sha256;
  const fs::path file = RunDirectory(facts.directory).artifact();
  std::error_code missing;
  const auto bytes = fs::file_size(file, missing);
  if (missing || bytes > kMostPhaseFileBytes) return;
  facts.model_bytes = static_cast<int64_t>(bytes);
  facts.artifact_sha256 = sha256_file(file);
}

// What the run followed in place of the machine's clock.
void add_schedule(RunFacts& facts, const RunRecord& record) {
  const auto clock = published_clock(record.environment);
  facts.follows_schedule = record.replay || clock;
  if (!facts.follows_schedule) return;
  const fs::path file = RunDirectory(facts.directory).schedule();
  try {
    Schedule found = read_schedule(file, facts.config_sha256);
    const bool same = record.replay ? sha256_file(file) == record.replay->schedule_sha256
                                    : found.published && found.published->log_sha256 == clock->log_sha256 &&
                                          std::cmp_equal(found.train.size(), clock->run_steps);
    if (same) facts.schedule = std::move(found);
  } catch (const Error&) {  // gone or damaged: no evidence
  }
}

// GPUs that ran it: those of the machine, if the training phase says that it used one, or one for each process.
void add_gpus(RunFacts& facts, const RunRecord& record) {
  const auto gpu = record.environment.find("gpu");
  if (gpu == record.environment.end()) return;
  try {
    const EventsFile events = read_events(RunDirectory(facts.directory).events(kTrainPhase));
    if (events.header.build.find("cuda") == std::string::npos) return;
    facts.gpu_count = 1;
    for (const EventRecord& record : events.events)
      if (const auto* processes = std::get_if<ProcessesEvent>(&record.event)) facts.gpu_count = processes->count;
  } catch (const Error&) {
    return;
  }
  facts.gpu = gpu->second.substr(0, gpu->second.find(", "));
}

// A fact of the environment as it was when the run began: the row of a submission is that of its latest run.
std::optional<std::string> recorded(const RunRecord& record, const char* fact) {
  const auto found = record.environment.find(fact);
  return found == record.environment.end() ? std::nullopt : std::optional(found->second);
}

std::optional<int64_t> recorded_count(const RunRecord& record, const char* fact) {
  const std::string text = recorded(record, fact).value_or("");
  int64_t out = -1;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  const bool counts = error == std::errc() && end == text.data() + text.size() && out >= 0;
  return counts ? std::optional(out) : std::nullopt;
}

// Bytes of code: as the run's configuration says, and of a submission that pgolf ships no fewer than it says. A file
// that was counted elsewhere is the word of whoever exported the run.
void add_code(RunFacts& facts, const RunRecord& record, const SubmissionDocument& submission,
              const PinnedDocument& pinned) {
  facts.submission = record.pinned.submission;
  facts.not_shipped = differences_from_shipped(pinned.whole);
  if (pinned.code_bytes.value_or(0) > 0) facts.code_bytes = pinned.code_bytes;  // else nothing says
  if (const Submission* shipped = shipped_submission(facts.submission)) {
    facts.shipped = true;
    facts.code_bytes = std::max(facts.code_bytes.value_or(0), shipped->code.bytes);
    facts.shipped_code_bytes = shipped->code.shipped_bytes;
    return;
  }
  facts.shipped_code_bytes = recorded_count(record, "shipped_code_bytes");
  if (!facts.shipped_code_bytes) facts.shipped_code_bytes = submission.code.shipped_bytes;
  if (!record.run.imported_at.empty()) return;
  facts.code_file = recorded(record, "code_file").value_or("");
  facts.code_file_bytes = recorded_count(record, "code_file_bytes");
  if (facts.code_file_bytes) facts.shipped_code_bytes = facts.code_file_bytes;
}

}  // namespace

RunFacts run_facts(const RunRecord& record, const Workspace& workspace, const fs::path& directory) {
  RunFacts facts;
  if (directory.empty()) check_own(workspace.run(record.run.id));
  facts.directory = directory.empty() ? workspace.run(record.run.id).root() : directory;
  facts.imported = !record.run.imported_at.empty();
  // Of an imported run what its submission says here: the bundle's word counts for nothing.
  const auto recorded_here = [&](const char* name) { return facts.imported ? std::nullopt : recorded(record, name); };
  facts.track = recorded_here("track").value_or(record.submission.track);
  facts.config_sha256 = record.run.pinned;
  facts.engine_sha256 = recorded(record, "engine_built_sha256").value_or("");
  facts.profile = record.pinned.profile;
  facts.as_run = record.pinned.as_run;
  facts.published_clock = published_clock(record.environment).has_value();
  add_phases(facts, record);
  const PinnedDocument pinned = pinned_document(record.pinned);
  const SubmissionDocument submission = submission_document(record.submission);
  add_code(facts, record, submission, pinned);
  const std::string extent = recorded_here("upstream_data").value_or(submission.upstream_data.dump());
  facts.extent = extent_from_json(parse_json(extent, "upstream_data"));
  add_artifact(facts, record);
  add_gpus(facts, record);
  facts.config = config_from_json(pinned.config, "pinned");
  facts.num_params = record.pinned.num_params;
  add_schedule(facts, record);
  facts.cores = recorded_count(record, "cores").value_or(0);
  add_data(facts, record, workspace, *facts.config);
  if (const PhaseRow* eval = record.phase(kEvalPhase)) facts.ledger_head = phase_document(*eval).ledger_head;
  facts.audit = audit_facts(record, workspace, facts.directory);
  return facts;
}

}  // namespace pgolf
