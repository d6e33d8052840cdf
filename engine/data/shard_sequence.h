// A stream of tokens written as the shards of a split.
#pragma once

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include "base/sha256.h"
#include "engine/data/manifest.h"
#include "engine/data/shard.h"

namespace pgolf {

// `relative` as it lies below `root` now.
template <class Entry = FileEntry>
Entry file_entry(const std::filesystem::path& root, const std::filesystem::path& relative) {
  Entry entry;
  entry.file = relative.string();
  entry.bytes = static_cast<int64_t>(std::filesystem::file_size(root / relative));
  entry.sha256 = sha256_file(root / relative);
  return entry;
}

// Where a stream is cut into shards: wherever one is full, or, as PR 2097's script has it, at most once a document, so
// that documents longer than a shard leave a longer last one.
enum class Cut { when_full, once_a_document };

// Consecutive shards of one kind; a document may continue in the next.
class ShardSequence {
 public:
  ShardSequence(std::filesystem::path root, std::filesystem::path folder, ShardKind kind, int64_t shard_tokens, Cut cut)
      : root_(std::move(root)), folder_(std::move(folder)), kind_(kind), shard_tokens_(shard_tokens), cut_(cut) {}

  void append(std::span<const uint16_t> document) {
    if (cut_ == Cut::when_full) return write(document);
    waiting_.insert(waiting_.end(), document.begin(), document.end());
    if (static_cast<int64_t>(waiting_.size()) < shard_tokens_) return;
    write(std::span(waiting_).first(static_cast<size_t>(shard_tokens_)));
    waiting_.erase(waiting_.begin(), waiting_.begin() + shard_tokens_);
  }

  std::vector<ShardEntry> finish() {
    shard_tokens_ = std::max(shard_tokens_, static_cast<int64_t>(waiting_.size()));
    write(waiting_);
    if (writer_) close();
    return std::move(entries_);
  }

 private:
  void write(std::span<const uint16_t> values) {
    while (!values.empty()) {
      if (!writer_) writer_ = std::make_unique<ShardWriter>(root_ / next_name());
      const auto n = std::min(values.size(), static_cast<size_t>(shard_tokens_ - writer_->size()));
      writer_->append(values.first(n));
      values = values.subspan(n);
      if (writer_->size() == shard_tokens_) close();
    }
  }
  std::filesystem::path next_name() const { return folder_ / shard_name(kind_, static_cast<int64_t>(entries_.size())); }
  void close() {
    writer_->finish();
    auto entry = file_entry<ShardEntry>(root_, next_name());
    entry.tokens = writer_->size();
    writer_.reset();
    entries_.push_back(std::move(entry));
  }

  std::filesystem::path root_, folder_;
  ShardKind kind_;
  int64_t shard_tokens_;
  Cut cut_;
  std::vector<uint16_t> waiting_;  // once_a_document: what no shard has yet
  std::unique_ptr<ShardWriter> writer_;
  std::vector<ShardEntry> entries_;
};

}  // namespace pgolf
