#include "engine/data/split_scan.h"

#include <fmt/format.h>

#include <algorithm>
#include <mutex>
#include <optional>

#include "base/error.h"
#include "base/progress.h"
#include "base/sha256.h"
#include "engine/core/parallel.h"

namespace pgolf {
namespace {

constexpr size_t kChunkTokens = 1 << 19;  // 1 MiB: hashed and searched while it is in the cache

// Progress of several threads.
class SharedProgress {
 public:
  SharedProgress(const char* label, int64_t bytes) : progress_(label, bytes / 1'000'000, "MB") {}
  void add(size_t bytes) {
    const std::lock_guard lock(mutex_);
    done_ += static_cast<int64_t>(bytes);
    progress_.update(done_ / 1'000'000);
  }
  void finish() { progress_.finish(); }

 private:
  std::mutex mutex_;
  Progress progress_;
  int64_t done_ = 0;
};

// One shard, from its first byte to its last. Documents that start and end in it are handed out here; what stands
// before its first BOS and behind its last belongs to documents that other shards share.
class ShardPass {
 public:
  ShardPass(const Shard& shard, size_t index, const ScanOptions& options, const OnDocument& document)
      : shard_(shard), index_(index), options_(options), document_(document) {}

  void run(SharedProgress& progress, const std::optional<RememberedShard>& known) {
    const auto tokens = shard_.tokens();
    Sha256 hash;
    if (!known) hash.update(shard_.bytes().first(kShardHeaderBytes));
    for (size_t at = 0; at < tokens.size(); at += kChunkTokens) {
      const auto chunk = tokens.subspan(at, std::min(kChunkTokens, tokens.size() - at));
      options_.poll();
      if (!known) hash.update(std::as_bytes(chunk));
      search(chunk, static_cast<int64_t>(at));
      progress.add(chunk.size_bytes());
    }
    shard_.release();
    if (!(stamp_of(shard_.path()) == shard_.stamp()))
      fail(ErrorKind::machine, "{}: it changed while it was read; wait until nobody writes to it",
           shard_.path().string());
    found.remembered = known.has_value();
    found.sha256 = known ? known->sha256 : hash.hex();
  }

  ShardFindings found;
  int64_t first_bos = -1, last_bos = -1;
  int64_t empty_documents = 0;  // of those that start and end here
  int64_t bad_at = -1;          // the first id beyond the vocabulary

 private:
  void search(std::span<const uint16_t> chunk, int64_t at) {
    found.largest = std::max<int64_t>(found.largest, *std::max_element(chunk.begin(), chunk.end()));
    if (options_.bos_id < 0) return;
    if (bad_at < 0 && found.largest >= options_.vocab_size)
      bad_at = at + (std::find_if(chunk.begin(), chunk.end(), [this](uint16_t t) { return t >= options_.vocab_size; }) -
                     chunk.begin());
    const auto bos = static_cast<uint16_t>(options_.bos_id);
    for (auto it = std::find(chunk.begin(), chunk.end(), bos); it != chunk.end();
         it = std::find(it + 1, chunk.end(), bos))
      start_document(at + (it - chunk.begin()));
  }

  void start_document(int64_t position) {
    if (last_bos < 0) {
      first_bos = position;
    } else if (position == last_bos + 1) {
      ++empty_documents;
    } else {
      const auto document =
          shard_.tokens().subspan(static_cast<size_t>(last_bos), static_cast<size_t>(position - last_bos));
      document_({index_, found.documents - 1, last_bos}, {&document, 1});
    }
    last_bos = position;
    ++found.documents;
  }

  const Shard& shard_;
  size_t index_;
  const ScanOptions& options_;
  const OnDocument& document_;
};

// Documents that reach over the end of a shard, and what the passes found, put together.
class Joiner {
 public:
  Joiner(const std::vector<Shard>& shards, const std::vector<ShardPass>& passes, const OnDocument& document)
      : shards_(shards), passes_(passes), document_(document) {}

  SplitScan run(const ScanOptions& options) {
    for (size_t i = 0; i < shards_.size(); ++i) {
      scan_.shards.push_back(passes_[i].found);
      scan_.documents += passes_[i].found.documents;
      scan_.empty_documents += passes_[i].empty_documents;
      scan_.tokens += shards_[i].size();
      if (options.bos_id < 0) continue;
      if (passes_[i].bad_at >= 0) note(unknown_id(i, options.vocab_size));
      join(i, options.bos_id);
    }
    close();
    return std::move(scan_);
  }

 private:
  void join(size_t i, int32_t bos_id) {
    const auto tokens = shards_[i].tokens();
    const ShardPass& pass = passes_[i];
    const auto head = tokens.first(pass.first_bos < 0 ? tokens.size() : static_cast<size_t>(pass.first_bos));
    if (!pieces_.empty())
      pieces_.push_back(head);
    else if (!head.empty())
      note(fmt::format("{}: the stream starts with token {}, not with BOS ({})", shards_[i].path().string(), head[0],
                       bos_id));
    if (pass.first_bos < 0) return;
    close();
    pieces_ = {tokens.subspan(static_cast<size_t>(pass.last_bos))};
    place_ = {i, pass.found.documents - 1, pass.last_bos};
  }

  void close() {
    if (pieces_.empty()) return;
    if (length_of(pieces_) > 1)
      document_(place_, pieces_);
    else
      ++scan_.empty_documents;
    pieces_.clear();
  }

  std::string unknown_id(size_t i, int64_t vocab_size) const {
    const int64_t at = passes_[i].bad_at;
    return fmt::format("{}: token {} at position {} is beyond the vocabulary of {}", shards_[i].path().string(),
                       shards_[i].tokens()[static_cast<size_t>(at)], at, vocab_size);
  }
  void note(std::string problem) {
    if (scan_.problem.empty()) scan_.problem = std::move(problem);
  }

  const std::vector<Shard>& shards_;
  const std::vector<ShardPass>& passes_;
  const OnDocument& document_;
  SplitScan scan_;
  std::vector<std::span<const uint16_t>> pieces_;  // of the document that is open
  DocumentPlace place_;
};

// A memory that several threads use.
class SharedMemory {
 public:
  explicit SharedMemory(ShardMemory* memory) : memory_(memory) {}

  std::optional<RememberedShard> find(const Shard& shard) {
    const std::lock_guard lock(mutex_);
    const RememberedShard* known = memory_ == nullptr ? nullptr : memory_->find(shard.stamp());
    return known == nullptr ? std::nullopt : std::optional(*known);
  }
  void remember(const Shard& shard, const ShardFindings& found, int64_t read_from_ns) {
    const std::lock_guard lock(mutex_);
    if (memory_ == nullptr || found.remembered) return;
    memory_->remember({std::filesystem::absolute(shard.path()).string(), shard.stamp(), found.sha256, found.largest},
                      read_from_ns);
  }

 private:
  std::mutex mutex_;
  ShardMemory* memory_;
};

}  // namespace

int64_t SplitScan::number_of(const DocumentPlace& place) const {
  int64_t number = place.ordinal;
  for (size_t i = 0; i < place.shard; ++i) number += shards[i].documents;
  return number;
}

int64_t SplitScan::largest() const {
  int64_t out = -1;
  for (const ShardFindings& shard : shards) out = std::max(out, shard.largest);
  return out;
}

int64_t SplitScan::remembered_files() const {
  return std::count_if(shards.begin(), shards.end(), [](const ShardFindings& s) { return s.remembered; });
}

SplitScan scan_split(const std::vector<Shard>& shards, const ScanOptions& options, const OnDocument& document) {
  if (shards.empty()) return {};
  int64_t bytes = 0;
  for (const Shard& shard : shards) bytes += static_cast<int64_t>(shard.bytes().size());
  SharedProgress progress(options.label, bytes);
  std::vector<ShardPass> passes;
  for (size_t i = 0; i < shards.size(); ++i) passes.emplace_back(shards[i], i, options, document);
  SharedMemory memory(options.memory);
  parallel_for(static_cast<int64_t>(shards.size()), 1, [&](int64_t begin, int64_t) {
    const auto i = static_cast<size_t>(begin);
    const int64_t read_from_ns = system_clock_ns();
    passes[i].run(progress, memory.find(shards[i]));
    memory.remember(shards[i], passes[i].found, read_from_ns);
  });
  SplitScan scan = Joiner(shards, passes, document).run(options);
  progress.finish();
  return scan;
}

}  // namespace pgolf
