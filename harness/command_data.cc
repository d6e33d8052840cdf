#include <algorithm>

#include "base/error.h"
#include "base/json.h"
#include "engine/data/prepare.h"
#include "engine/data/verify.h"
#include "harness/cli.h"
#include "harness/judge/verdict.h"
#include "harness/run/data_sources.h"
#include "harness/run/process.h"

namespace pgolf {
namespace {

Json split_to_json(const SplitManifest& split) {
  return {{"documents", split.documents}, {"tokens", split.tokens}, {"shards", split.shards.size()}};
}

// Prepare leaves out equal documents only; that others come near is for the user to know.
std::string near_line(const DataManifest& m) {
  if (m.overlap.near_documents.value_or(0) == 0) return "";
  return fmt::format("  warning     {}\n",
                     overlap_text({.near_documents = m.overlap.near_documents, .near_which = m.overlap.near_which}));
}

int prepare(const Globals& globals, PrepareOptions options) {
  Interrupts::install();
  options.poll = [] {
    if (Interrupts::count() > 0) throw Interrupted{"interrupted while preparing data; nothing was left behind"};
  };
  const PrepareResult result = prepare_data(options);
  note_sources(result.manifest.directory, {options.docs});
  const DataManifest& m = result.manifest;
  const double mb_per_s = result.seconds > 0 ? static_cast<double>(result.source_bytes) / 1e6 / result.seconds : 0;
  const Json document = {{"format", "pgolf.prepared/1"},
                         {"directory", m.directory.string()},
                         {"manifest_sha256", m.sha256},
                         {"vocab_size", m.tokenizer_settings.vocab_size},
                         {"train", split_to_json(m.train)},
                         {"val", split_to_json(m.val)},
                         {"val_text_bytes", m.val_text_bytes},
                         {"val_table_bytes", m.val_table_bytes},
                         {"train_documents_dropped", m.train_documents_dropped},
                         {"train_documents_in_validation", m.overlap.train_documents},
                         {"val_documents_near_training", m.overlap.near_documents.value_or(0)},
                         {"source_bytes", result.source_bytes},
                         {"seconds", result.seconds}};
  print_result(
      globals, document,
      fmt::format("{}\n  train       {} documents, {} tokens, {} shards ({} repeated a validation document and {})\n{}"
                  "  validation  {} documents, {} tokens, {} bytes of text\n"
                  "  tokenizer   {} entries{}\n  manifest    sha256 {}\n  {:.1f} MB in {:.1f} s, {:.1f} MB/s\n",
                  m.directory.string(), with_commas(m.train.documents), with_commas(m.train.tokens),
                  m.train.shards.size(), with_commas(m.train_documents_dropped + m.overlap.train_documents),
                  m.origin == DataOrigin::upstream ? "stayed" : "were left out", near_line(m),
                  with_commas(m.val.documents), with_commas(m.val.tokens), with_commas(m.val_text_bytes),
                  m.tokenizer_settings.vocab_size, m.tokenizer_trained ? ", trained on the training documents" : "",
                  m.sha256, static_cast<double>(result.source_bytes) / 1e6, result.seconds, mb_per_s));
  return 0;
}

Json bytes_to_json(const ByteAccount& b) {
  return {{"documents", b.documents},
          {"text_bytes", b.text_bytes},
          {"outer_bytes", b.outer_bytes},
          {"normalised_bytes", b.normalised_bytes},
          {"uncounted_bytes", b.uncounted_bytes},
          {"documents_changed", b.documents_changed},
          {"table_bytes", b.table_bytes},
          {"sidecar_bytes", b.sidecar_bytes}};
}

// What mends data that failed. Preparing again leaves out equal documents, not changed ones.
const char* remedy(const VerifyReport& report) {
  const bool changed_only =
      report.overlap.train_documents == 0 && is_beyond_chance(report.overlap.all_documents(), report.val_documents);
  const auto failed = std::count_if(report.checks.begin(), report.checks.end(),
                                    [](const DataCheck& check) { return check.status == CheckStatus::fail; });
  if (changed_only && failed == 1)
    return "validation text is in training, changed; preparing it again leaves that there: train on other documents";
  return report.manifest.origin == DataOrigin::adopted
             ? "not what its manifest says; adopt the folder of shards again, into another directory"
             : "not what its manifest says; prepare it again from its documents";
}

int verify(const Globals& globals, const std::string& directory) {
  Interrupts::install();
  const VerifyReport report = verify_data(directory, VerifyScope::everything, [] {
    if (Interrupts::count() > 0) throw Interrupted{"interrupted while verifying"};
  });
  Json checks = Json::array();
  std::string text;
  for (const DataCheck& check : report.checks) {
    const bool failed = check.status == CheckStatus::fail;
    checks.push_back({{"name", check.name},
                      {"status", check_status_name(check.status)},
                      {"passed", check.status == CheckStatus::pass},
                      {"detail", check.detail}});
    text +=
        fmt::format("{:<7} {:<22} {}\n", failed ? "FAIL" : check_status_name(check.status), check.name, check.detail);
  }
  const Json document = {{"format", "pgolf.verify/1"},
                         {"directory", directory},
                         {"manifest_sha256", report.manifest.sha256},
                         {"passed", report.passed()},
                         {"checks", checks},
                         {"train", {{"documents", report.train_documents}, {"tokens", report.train_tokens}}},
                         {"val", {{"documents", report.val_documents}, {"tokens", report.val_tokens}}},
                         {"train_val_duplicates", report.overlap.train_documents},
                         {"val_documents_near_training", report.overlap.near_documents.value_or(0)},
                         {"val_duplicates", report.val_duplicates},
                         {"bytes", bytes_to_json(report.bytes)}};
  print_result(globals, document, text);
  if (report.passed()) return 0;
  fail(ErrorKind::submission, "{}: {}", directory, remedy(report));
}

void register_prepare(Cli& cli, CLI::App* data) {
  const auto options = std::make_shared<PrepareOptions>();
  CLI::App* verb = data->add_subcommand("prepare", "Turn documents into token shards, a tokenizer and a manifest");
  verb->footer("Example: pgolf data prepare --docs docs.jsonl --train-tokenizer 1024 --val-docs 500 --out data/mine");
  verb->fallthrough();
  verb->add_option("--docs", options->docs, "JSON lines, each {\"text\": ...}")->required();
  auto* model = verb->add_option("--tokenizer", options->tokenizer, "a SentencePiece model");
  verb->add_option("--train-tokenizer", options->train_vocab_size,
                   "train one of this vocabulary on the training documents")
      ->excludes(model);
  verb->add_option("--val-docs", options->val_docs, "the first N documents are the validation set")->required();
  verb->add_option("--out", options->out, "directory to make")->required();
  verb->add_option("--shard-tokens", options->shard_tokens,
                   "tokens per shard; default: 100000000, in upstream's order with --caseops 10000000");
  verb->add_flag("--upstream-order", options->upstream_order,
                 "the challenge's own shards, byte for byte: nothing is dropped or refused");
  verb->add_flag("--caseops", options->caseops, "encode capitals as operators first (PR 2143, 2097)");
  verb->callback([&cli, options] { cli.action = [&cli, options] { return prepare(cli.globals, *options); }; });
}

}  // namespace

void register_data(Cli& cli) {
  CLI::App* data =
      cli.verb("data", "Prepare, adopt and verify training and validation data", "pgolf data verify data/mine");
  data->require_subcommand(1);
  register_prepare(cli, data);
  register_adopt(cli, data);
  const auto directory = std::make_shared<std::string>();
  CLI::App* verb =
      data->add_subcommand("verify", "Recount everything and prove that training and validation are disjoint");
  verb->footer("Example: pgolf data verify data/mine --json");
  verb->fallthrough();
  verb->add_option("directory", *directory, "made by data prepare or data adopt")->required();
  verb->callback([&cli, directory] { cli.action = [&cli, directory] { return verify(cli.globals, *directory); }; });
}

}  // namespace pgolf
