#include <algorithm>

#include "base/error.h"
#include "base/json.h"
#include "base/units.h"
#include "engine/data/prepare.h"
#include "harness/cli/cli.h"
#include "harness/commands/data.h"
#include "harness/process/interrupts.h"
#include "harness/run/data_sources.h"

namespace pgolf {
namespace {

Json split_to_json(const SplitManifest& split) {
  return {{"documents", split.documents}, {"tokens", split.tokens}, {"shards", split.shards.size()}};
}

// Prepare leaves out equal documents only; that others come near is for the user to know.
std::string near_line(const DataManifest& m) {
  if (m.overlap.near_documents.value_or(0) == 0) return "";
  Overlap near;
  near.near_documents = m.overlap.near_documents;
  near.near_which = m.overlap.near_which;
  return fmt::format("  warning     {}\n", overlap_text(near));
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

}  // namespace

void add_data_prepare(Cli& cli, CLI::App* data) {
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

}  // namespace pgolf
