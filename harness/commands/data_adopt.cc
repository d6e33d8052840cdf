#include "base/error.h"
#include "base/json.h"
#include "base/notice.h"
#include "engine/data/adopt.h"
#include "harness/cli/cli.h"
#include "harness/commands/data.h"
#include "harness/process/interrupts.h"
#include "harness/run/data_sources.h"
#include "judge/ruleset.h"
#include "judge/verdict.h"

namespace pgolf {
namespace {

// Published counts that no ruleset lists, since nobody scores the streams so: every target, not whole rows.
constexpr int64_t kChallengeTextBytes = 151'080'891;  // by the tables of any tokenizer (#1314)
constexpr RowBytes kCaseOpsUntruncated{.row = 1, .targets = 47'853'343, .table = 0, .sidecar = 151'080'645};

// Which of the challenge's validation streams it is, by targets and bytes; "" if none.
std::string stream_name(const std::vector<RowBytes>& bytes, const Ruleset& ruleset) {
  for (const RowBytes& row : bytes)
    for (const int64_t counted : {row.table, row.sidecar})
      if (const KnownStream* stream = find_stream(ruleset.streams, row.targets, counted)) return stream->name;
  const RowBytes& all = bytes.front();
  if (all.targets == kCaseOpsUntruncated.targets && all.sidecar == kCaseOpsUntruncated.sidecar)
    return "CaseOps, untruncated";
  return all.table == kChallengeTextBytes ? "text, untruncated, under a tokenizer of your own" : "";
}

DataCheck stream_check(const AdoptReport& report, const std::string& name) {
  const RowBytes& rows = report.bytes.back();
  const std::string counted = fmt::format("{} targets of {} bytes in whole rows of {}", with_commas(rows.targets),
                                          with_commas(rows.sidecar > 0 ? rows.sidecar : rows.table), rows.row);
  if (!name.empty()) return {"stream", CheckStatus::pass, counted + ": the challenge's " + name};
  return {"stream", CheckStatus::unknown, counted + ": none of the challenge's validation streams"};
}

Json split_to_json(const SplitManifest& split) {
  return {{"documents", split.documents},
          {"empty_documents", split.empty_documents},
          {"tokens", split.tokens},
          {"shards", split.shards.size()}};
}

Json report_to_json(const AdoptReport& r, const std::string& stream) {
  const DataManifest& m = r.manifest;
  Json bytes = Json::array(), checks = Json::array();
  for (const RowBytes& row : r.bytes)
    bytes.push_back({{"row", row.row}, {"targets", row.targets}, {"table", row.table}, {"sidecar", row.sidecar}});
  for (const DataCheck& check : r.checks)
    checks.push_back({{"name", check.name}, {"status", check_status_name(check.status)}, {"detail", check.detail}});
  return {{"format", "pgolf.adopted/1"},
          {"directory", m.directory.string()},
          {"manifest_sha256", m.sha256},
          {"existed", r.existed},
          {"vocab_size", m.tokenizer_settings.vocab_size},
          {"shard_tokens", m.shard_tokens},
          {"train", split_to_json(m.train)},
          {"val", split_to_json(m.val)},
          {"byte_shards", m.val_byte_shards.size()},
          {"overlap",
           {{"train_documents", m.overlap.train_documents},
            {"validation_documents", m.overlap.val_documents},
            {"near_validation_documents", m.overlap.near_documents.value_or(0)},
            {"which", m.overlap.which},
            {"first", m.overlap.first}}},
          {"bytes", bytes},
          {"stream", stream.empty() ? Json() : Json(stream)},
          {"files", r.files},
          {"files_hashed", r.files - r.remembered},
          {"file_bytes", r.file_bytes},
          {"seconds", r.seconds},
          {"checks", checks}};
}

std::string split_text(const char* name, const SplitManifest& split) {
  return fmt::format("  {:<11} {} documents, {} tokens, {} shards{}\n", name, with_commas(split.documents),
                     with_commas(split.tokens), split.shards.size(),
                     split.empty_documents > 0 ? fmt::format(", {} documents empty", split.empty_documents) : "");
}

std::string report_to_text(const AdoptReport& r) {
  const DataManifest& m = r.manifest;
  std::string out = fmt::format("{}{}\n", m.directory.string(), r.existed ? " (there already)" : "");
  out += split_text("train", m.train) + split_text("validation", m.val);
  out += fmt::format("  tokenizer   {} entries, sha256 {}\n  manifest    sha256 {}\n  {:.1f} MB in {:.2f} s\n",
                     m.tokenizer_settings.vocab_size, m.tokenizer.sha256, m.sha256,
                     static_cast<double>(r.file_bytes) / 1e6, r.seconds);
  for (const DataCheck& check : r.checks)
    out +=
        fmt::format("{:<7} {:<17} {}\n", check.status == CheckStatus::fail ? "FAIL" : check_status_name(check.status),
                    check.name, check.detail);
  return out;
}

ShardMemory load_memory(const std::filesystem::path& path) {
  try {
    return ShardMemory::load(path);
  } catch (const Error& e) {
    notice("{}; everything is hashed again", e.what());
    return {};
  }
}

int adopt(const Globals& globals, AdoptOptions options) {
  Interrupts::install();
  options.poll = [] {
    if (Interrupts::count() > 0) throw Interrupted{"interrupted while adopting; what was hashed is remembered"};
  };
  const Ruleset ruleset = chosen_ruleset(globals, "");
  const Workspace workspace = globals.workspace();
  options.home = workspace.home / "data";
  std::filesystem::create_directories(options.home);
  ShardMemory memory = load_memory(workspace.shard_memory());
  options.memory = &memory;
  std::optional<AdoptReport> adopted;
  try {
    adopted = adopt_data(options);
  } catch (...) {
    memory.save(workspace.shard_memory());
    throw;
  }
  memory.save(workspace.shard_memory());
  AdoptReport& report = *adopted;
  if (!options.docs.empty()) note_sources(report.manifest.directory, {options.docs});
  const std::string stream = stream_name(report.bytes, ruleset);
  report.checks.push_back(stream_check(report, stream));
  print_result(globals, report_to_json(report, stream), report_to_text(report));
  if (!has_failed(report.checks)) return 0;
  fail(ErrorKind::verdict,
       "{}: validation documents are in the training shards; adopted all the same, but a run on it fails "
       "train_val_overlap",
       options.folder.string());
}

}  // namespace

void add_data_adopt(Cli& cli, CLI::App* data) {
  const auto options = std::make_shared<AdoptOptions>();
  CLI::App* verb = data->add_subcommand("adopt", "Take in the challenge's own shards where they lie, and check them");
  verb->footer(
      "Example: pgolf data adopt data/datasets/fineweb10B_sp1024 --tokenizer data/tokenizers/fineweb_1024_bpe.model");
  verb->fallthrough();
  verb->add_option("folder", options->folder, "with fineweb_train_*.bin, fineweb_val_*.bin, fineweb_val_bytes_*.bin")
      ->required();
  verb->add_option("--tokenizer", options->tokenizer, "the SentencePiece model that made the shards")->required();
  verb->add_option("--docs", options->docs, "docs_selected.jsonl: proves the validation shards from their text");
  verb->add_flag("--caseops", options->caseops, "the shards are of CaseOps-encoded text (PR 2143, 2097)");
  verb->add_flag("--rehash", options->rehash, "hash also files that nobody wrote to since they were hashed");
  verb->add_option("--out", options->out, "directory to make; default: HOME/data/FOLDER-HASH");
  verb->callback([&cli, options] { cli.action = [&cli, options] { return adopt(cli.globals, *options); }; });
}

}  // namespace pgolf
