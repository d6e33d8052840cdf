#include "engine/data/prepare.h"

#include <algorithm>
#include <chrono>
#include <set>
#include <unordered_map>

#include "base/error.h"
#include "base/file.h"
#include "base/progress.h"
#include "base/sha256.h"
#include "engine/data/documents.h"
#include "engine/data/encode.h"
#include "engine/data/shard_sequence.h"
#include "engine/data/staging.h"
#include "engine/data/tokenizer.h"

namespace pgolf {
namespace {

constexpr size_t kBatchDocuments = 256;
constexpr size_t kBatchBytes = 4 << 20;
constexpr int64_t kCaseOpsShardTokens = 10'000'000;  // SHARD_TOKENS of PR 2097's prepare_caseops_data.py

Cut cut_of(const PrepareOptions& options) {
  return options.upstream_order && options.caseops ? Cut::once_a_document : Cut::when_full;
}

void check_options(const PrepareOptions& o) {
  if (o.val_docs < 1) fail(ErrorKind::usage, "prepare: {} validation documents; at least one is needed", o.val_docs);
  if (o.tokenizer.empty() == (o.train_vocab_size == 0))
    fail(ErrorKind::usage, "prepare: give either a tokenizer model or the vocabulary size of one to train");
  if (o.shard_tokens && (*o.shard_tokens < 1 || *o.shard_tokens > 1'000'000'000))
    fail(ErrorKind::usage, "prepare: {} tokens a shard; choose 1 to 1,000,000,000", *o.shard_tokens);
}

Blanks blanks_of(const PrepareOptions& options) { return options.upstream_order ? Blanks::keep : Blanks::refuse; }

[[noreturn]] void fail_no_training_document(const PrepareOptions& o, int64_t documents) {
  fail(ErrorKind::usage, "{}: {} documents, {} of them for validation, leave none to train on; ask for fewer",
       o.docs.string(), documents, o.val_docs);
}

Tokenizer obtain_tokenizer(const PrepareOptions& options) {
  if (!options.tokenizer.empty()) return Tokenizer::load(options.tokenizer);
  DocumentReader reader(options.docs, blanks_of(options));
  Progress progress("train tokenizer", reader.file_bytes() / 1000, "kB");
  while (reader.documents() < options.val_docs)
    if (!reader.next()) fail_no_training_document(options, reader.documents());
  Tokenizer tokenizer = train_tokenizer({.vocab_size = options.train_vocab_size, .caseops = options.caseops}, [&] {
    options.poll();
    progress.update(reader.bytes_read() / 1000);
    auto text = reader.next();
    if (!text && reader.documents() == options.val_docs) fail_no_training_document(options, reader.documents());
    return text;
  });
  progress.finish();
  return tokenizer;
}

// The pass over the documents: batches are read, encoded by several threads, and written in order.
class Preparation {
 public:
  Preparation(const PrepareOptions& options, const Tokenizer& tokenizer, const std::filesystem::path& root,
              int64_t shard_tokens)
      : options_(options),
        reader_(options.docs, blanks_of(options)),
        encoder_(tokenizer, options.caseops),
        near_(tokenizer),
        root_(root),
        train_(root, "train", ShardKind::train, shard_tokens, cut_of(options)),
        val_(root, "val", ShardKind::val, shard_tokens, cut_of(options)),
        val_bytes_(root, "val", ShardKind::val_bytes, shard_tokens, cut_of(options)),
        val_text_(root / "val" / kValTextName) {}

  void run(DataManifest& m) {
    Progress progress("prepare", reader_.file_bytes() / 1000, "kB");
    while (read_batch()) {
      write_batch(m);
      progress.update(reader_.bytes_read() / 1000);
    }
    if (m.train.documents == 0 && m.train_documents_dropped > 0)
      fail(ErrorKind::usage, "{}: every document after the first {} repeats one of them; nothing is left to train on",
           options_.docs.string(), options_.val_docs);
    if (m.train.documents == 0) fail_no_training_document(options_, reader_.documents());
    progress.finish();
    m.overlap.val_documents = static_cast<int64_t>(overlap_.size());
    m.overlap.which = ranges_text(overlap_);
    add_near(m.overlap);
    m.train.shards = train_.finish();
    m.val.shards = val_.finish();
    m.val_byte_shards = val_bytes_.finish();
    val_text_.sync();
    m.val_text = file_entry(root_, std::filesystem::path("val") / kValTextName);
    m.source = {options_.docs.filename().string(), reader_.file_bytes(), reader_.sha256()};
    m.source_documents = reader_.documents();
  }

 private:
  // A batch never mixes validation and training documents.
  bool read_batch() {
    texts_.clear();
    places_.clear();
    is_val_ = reader_.documents() < options_.val_docs;
    size_t bytes = 0;
    while (texts_.size() < kBatchDocuments && bytes < kBatchBytes &&
           is_val_ == (reader_.documents() < options_.val_docs)) {
      options_.poll();
      auto text = reader_.next();
      if (!text) break;
      bytes += text->size();
      texts_.push_back(std::move(*text));
      places_.push_back(reader_.where());
    }
    return !texts_.empty();
  }

  void write_batch(DataManifest& m) {
    const auto documents = encoder_.encode(texts_, is_val_);
    if (!is_val_) near_.seal();
    for (size_t i = 0; i < documents.size(); ++i) {
      if (documents[i].tokens.size() == 1 && !options_.upstream_order)
        fail(ErrorKind::submission, "{}: the document has no token but BOS; remove the line", places_[i]);
      if (is_val_)
        write_val(m, documents[i], texts_[i]);
      else
        write_train(m, documents[i]);
    }
  }

  void write_val(DataManifest& m, const EncodedDocument& document, const std::string& text) {
    val_numbers_.emplace(document.hash, m.val.documents);
    const std::span<const uint16_t> tokens = document.tokens;
    near_.add({&tokens, 1}, {0, m.val.documents, 0});
    val_.append(document.tokens);
    val_text_.append(document_line(text));
    ++m.val.documents;
    if (document.tokens.size() == 1) ++m.val.empty_documents;
    m.val.tokens += static_cast<int64_t>(document.tokens.size());
    m.val_text_bytes += document.text_bytes;
    for (size_t t = 1; t < document.tokens.size(); ++t)
      m.val_table_bytes += encoder_.tables().bytes(document.tokens[t - 1], document.tokens[t]);
    val_bytes_.append(document.original_bytes);
    for (const uint16_t bytes : document.original_bytes) m.val_sidecar_bytes += bytes;
  }

  void write_train(DataManifest& m, const EncodedDocument& document) {
    const bool empty = document.tokens.size() == 1;
    if (empty) ++m.train.empty_documents;
    if (const auto same = val_numbers_.find(document.hash); same != val_numbers_.end() && !empty) {
      if (!options_.upstream_order) {
        ++m.train_documents_dropped;
        return;
      }
      if (m.overlap.train_documents++ == 0)
        m.overlap.first =
            fmt::format("training document {} is validation document {}", m.train.documents, same->second);
      overlap_.insert(same->second);
    }
    const std::span<const uint16_t> tokens = document.tokens;
    near_.look_up({&tokens, 1});
    train_.append(document.tokens);
    ++m.train.documents;
    m.train.tokens += static_cast<int64_t>(document.tokens.size());
  }

  void add_near(Overlap& overlap) const {
    std::set<int64_t> numbers;
    for (const auto& [shard, number] : near_.found())
      if (!overlap_.contains(number)) numbers.insert(number);
    overlap.set_near(numbers);
  }

  const PrepareOptions& options_;
  DocumentReader reader_;
  DocumentEncoder encoder_;
  NearDocuments near_;  // to those of validation
  std::filesystem::path root_;
  ShardSequence train_, val_, val_bytes_;
  AppendFile val_text_;
  std::unordered_map<std::string, int64_t> val_numbers_;  // by hash
  std::set<int64_t> overlap_;                             // numbers of those that training repeats
  std::vector<std::string> texts_, places_;               // of the batch
  bool is_val_ = true;
};

}  // namespace

int64_t default_shard_tokens(const PrepareOptions& options) {
  return options.upstream_order && options.caseops ? kCaseOpsShardTokens : kShardTokens;
}

PrepareResult prepare_data(const PrepareOptions& options) {
  const auto start = std::chrono::steady_clock::now();
  check_options(options);
  StagingDirectory staging(options.out);
  staging.create("train");
  staging.create("val");
  const Tokenizer tokenizer = obtain_tokenizer(options);
  PrepareResult result;
  DataManifest& m = result.manifest;
  write_file_atomic(staging.path() / kTokenizerName, tokenizer.model());
  m.tokenizer = file_entry(staging.path(), kTokenizerName);
  m.origin = options.upstream_order ? DataOrigin::upstream : DataOrigin::prepared;
  m.tokenizer_trained = options.tokenizer.empty();
  m.tokenizer_settings = tokenizer.settings();
  m.caseops = options.caseops;
  m.shard_tokens = options.shard_tokens.value_or(default_shard_tokens(options));
  Preparation(options, tokenizer, staging.path(), m.shard_tokens).run(m);
  save_manifest(m, staging.path());
  staging.commit();
  m.directory = options.out;
  result.source_bytes = m.source.bytes;
  result.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  return result;
}

}  // namespace pgolf
