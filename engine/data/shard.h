// Token shards in the challenge's format: 256 little-endian int32 (magic 20240520, version 1, count, zeros), then
// `count` little-endian uint16. Byte sidecars use the same layout, one entry per token of the validation shard of that
// number.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "engine/data/file_stamp.h"

namespace pgolf {

inline constexpr int32_t kShardMagic = 20240520;
inline constexpr int32_t kShardVersion = 1;
inline constexpr int64_t kShardHeaderBytes = 1024;
inline constexpr int64_t kShardTokens = 100'000'000;  // tokens of a full shard in the published data
inline constexpr int64_t kMaxVocabSize = 65536;       // token ids are uint16

enum class ShardKind { train, val, val_bytes };

// "fineweb_val_bytes_000003.bin"
std::filesystem::path shard_name(ShardKind kind, int64_t number);

// The shards of one kind in `directory`, in name order; fineweb_val_*.bin does not include the sidecars
// fineweb_val_bytes_*. Errors: not_found if the directory is missing or holds none.
std::vector<std::filesystem::path> list_shards(const std::filesystem::path& directory, ShardKind kind);
bool has_shards(const std::filesystem::path& directory, ShardKind kind);

// The tokens of a whole shard in memory, aligned for int32. Errors: submission, naming it, for a foreign, newer,
// truncated or oversized one.
std::span<const uint16_t> parse_shard(std::span<const std::byte> bytes, const std::string& name);

// A shard mapped into memory; what is not touched costs nothing.
class Shard {
 public:
  // Errors: not_found if the file, or what a link points to, is missing; submission for what is no regular file; those
  // of parse_shard.
  static Shard open(const std::filesystem::path& path);

  Shard(Shard&& other) noexcept;
  Shard& operator=(Shard&& other) noexcept;
  ~Shard();

  const std::filesystem::path& path() const { return path_; }
  int64_t size() const { return static_cast<int64_t>(tokens_.size()); }
  std::span<const uint16_t> tokens() const { return tokens_; }
  std::span<const std::byte> bytes() const { return {static_cast<const std::byte*>(map_), map_bytes_}; }  // of the file
  const FileStamp& stamp() const { return stamp_; }  // of the file when it was opened
  void release() const;  // its pages leave this process; touched again, they come back from the file

 private:
  Shard() = default;

  std::filesystem::path path_;
  FileStamp stamp_;
  void* map_ = nullptr;
  size_t map_bytes_ = 0;
  std::span<const uint16_t> tokens_;
};

std::vector<Shard> open_shards(const std::vector<std::filesystem::path>& paths);

// Errors: submission, naming file and position of the first token id that is not below `vocab_size`.
void check_token_range(const Shard& shard, int64_t vocab_size);
void check_token_range(std::span<const uint16_t> tokens, int64_t vocab_size, const std::string& name);

// Writes one shard as its tokens come. The count in the header is written by finish(); until then it is -1, which
// readers refuse.
class ShardWriter {
 public:
  explicit ShardWriter(const std::filesystem::path& path);  // replaces an existing file
  ShardWriter(ShardWriter&& other) noexcept;
  ShardWriter& operator=(ShardWriter&&) = delete;
  ~ShardWriter();

  const std::filesystem::path& path() const { return path_; }
  int64_t size() const { return count_; }
  // Errors of both: machine, saying so if the disk is full.
  void append(std::span<const uint16_t> tokens);
  void finish();  // completes the header and fsyncs

 private:
  void flush();
  void write_header(int32_t count);

  std::filesystem::path path_;
  int fd_ = -1;
  int64_t count_ = 0;
  std::vector<uint16_t> buffer_;
};

}  // namespace pgolf
