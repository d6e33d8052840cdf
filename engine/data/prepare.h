// `pgolf data prepare`: documents to token shards, in one pass and constant memory.
//
// DIR/manifest.json, DIR/tokenizer.model, DIR/train/fineweb_train_*.bin, DIR/val/fineweb_val_*.bin (with CaseOps also
// fineweb_val_bytes_*.bin) and DIR/val/documents.jsonl. The two halves are apart so that a phase can be shown one of
// them.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>

#include "engine/data/manifest.h"
#include "engine/data/shard.h"

namespace pgolf {

struct PrepareOptions {
  std::filesystem::path docs;           // JSON lines
  std::filesystem::path out;            // must not exist, or be empty
  std::filesystem::path tokenizer;      // a SentencePiece model; empty: train one
  int64_t train_vocab_size = 0;         // of the tokenizer to train on the training documents; 0: none
  int64_t val_docs = 0;                 // the first so many documents are the validation set
  std::optional<int64_t> shard_tokens;  // default: default_shard_tokens()
  bool caseops = false;
  // Shards as the challenge's own scripts write them, byte for byte: blank documents and training documents that are
  // validation documents stay. With CaseOps the script is that of PR 2097, which cuts at most one shard a document.
  bool upstream_order = false;
  // Called between documents; what it throws ends the preparation, which leaves nothing behind.
  std::function<void()> poll = [] {};
};

struct PrepareResult {
  DataManifest manifest;
  int64_t source_bytes = 0;
  double seconds = 0;
};

// What the challenge's scripts take: 100,000,000; 10,000,000 in upstream's order with CaseOps.
int64_t default_shard_tokens(const PrepareOptions& options);

// Errors: usage for options that contradict each other or the documents (no validation document, no training document);
// those of DocumentReader, Tokenizer, train_tokenizer and StagingDirectory; machine if the disk is full.
PrepareResult prepare_data(const PrepareOptions& options);

}  // namespace pgolf
