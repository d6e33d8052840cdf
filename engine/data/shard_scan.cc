#include "engine/data/shard_scan.h"

#include <algorithm>
#include <optional>

#include "base/error.h"
#include "base/progress.h"
#include "base/sha256.h"

namespace pgolf {
namespace {

// Splits the stream at BOS; a document may continue in the next shard.
class DocumentHasher {
 public:
  explicit DocumentHasher(const std::function<void(const std::string&)>& document) : document_(document) {}

  void start() {
    finish();
    hash_.emplace();
    length_ = 0;
  }
  void append(std::span<const uint16_t> tokens) {
    hash_->update(std::as_bytes(tokens));
    length_ += tokens.size();
  }
  void finish() {
    if (!hash_) return;
    if (length_ < 2) fail(ErrorKind::submission, "document {} is empty: BOS follows BOS", documents_);
    document_(hash_->hex());
    hash_.reset();
    ++documents_;
  }
  bool open() const { return hash_.has_value(); }
  int64_t documents() const { return documents_; }

 private:
  const std::function<void(const std::string&)>& document_;
  std::optional<Sha256> hash_;
  size_t length_ = 0;
  int64_t documents_ = 0;
};

}  // namespace

std::vector<Shard> open_listed_shards(const std::filesystem::path& root, const std::filesystem::path& folder,
                                      ShardKind kind, const std::vector<ShardEntry>& entries) {
  const auto found = list_shards(root / folder, kind);
  std::vector<std::filesystem::path> listed;
  for (const ShardEntry& entry : entries) listed.push_back(root / entry.file);
  for (const auto& path : found)
    if (std::find(listed.begin(), listed.end(), path) == listed.end())
      fail(ErrorKind::submission, "{}: not in the manifest; remove it", path.string());
  std::vector<Shard> shards;
  for (const ShardEntry& entry : entries) {
    Shard& shard = shards.emplace_back(Shard::open(root / entry.file));
    if (shard.size() != entry.tokens)
      fail(ErrorKind::submission, "{}: {} tokens, the manifest has {}", shard.path().string(), shard.size(),
           entry.tokens);
    if (const std::string hash = sha256_file(shard.path()); hash != entry.sha256)
      fail(ErrorKind::submission, "{}: its SHA-256 {} is not the manifest's {}", shard.path().string(), hash,
           entry.sha256);
  }
  if (found.size() != listed.size())
    fail(ErrorKind::submission, "{}: the manifest lists {} shards of a kind of which there are {}",
         (root / folder).string(), listed.size(), found.size());
  return shards;
}

SplitScan scan_documents(const std::vector<Shard>& shards, int64_t vocab_size, int32_t bos_id, const char* label,
                         const std::function<void(const std::string& hash)>& document) {
  SplitScan scan;
  int64_t total = 0;
  for (const Shard& shard : shards) total += shard.size();
  Progress progress(label, total, "tokens");
  DocumentHasher hasher(document);
  for (const Shard& shard : shards) {
    check_token_range(shard, vocab_size);
    auto tokens = shard.tokens();
    if (!hasher.open() && !tokens.empty() && tokens.front() != bos_id)
      fail(ErrorKind::submission, "{}: the stream starts with token {}, not with BOS ({})", shard.path().string(),
           tokens.front(), bos_id);
    while (!tokens.empty()) {
      const bool starts = tokens.front() == bos_id;
      if (starts) hasher.start();
      const auto next = std::find(tokens.begin() + (starts ? 1 : 0), tokens.end(), static_cast<uint16_t>(bos_id));
      const auto length = static_cast<size_t>(next - tokens.begin());
      hasher.append(tokens.first(length));
      tokens = tokens.subspan(length);
      scan.tokens += static_cast<int64_t>(length);
    }
    progress.update(scan.tokens);
  }
  hasher.finish();
  progress.finish();
  scan.documents = hasher.documents();
  return scan;
}

}  // namespace pgolf
