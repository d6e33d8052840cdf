#include "engine/data/shard_memory.h"

#include <chrono>

#include "base/error.h"
#include "base/file.h"
#include "base/json.h"

namespace pgolf {
namespace {

constexpr char kFormat[] = "pgolf.hashes/1";
constexpr int64_t kClockTickNs = 20'000'000;  // files get times of a clock that moves at least a hundred times a second

Json shard_json(const RememberedShard& s) {
  return {{"file", s.file},
          {"device", s.stamp.device},
          {"inode", s.stamp.inode},
          {"bytes", s.stamp.bytes},
          {"modified_ns", s.stamp.modified_ns},
          {"changed_ns", s.stamp.changed_ns},
          {"sha256", s.sha256},
          {"largest", s.largest}};
}

RememberedShard read_shard(const Json& json, const std::string& origin) {
  RememberedShard out;
  out.file = json_get<std::string>(json, "file", origin);
  out.stamp.device = json_get<uint64_t>(json, "device", origin);
  out.stamp.inode = json_get<uint64_t>(json, "inode", origin);
  out.stamp.bytes = json_get<int64_t>(json, "bytes", origin);
  out.stamp.modified_ns = json_get<int64_t>(json, "modified_ns", origin);
  out.stamp.changed_ns = json_get<int64_t>(json, "changed_ns", origin);
  out.sha256 = json_get<std::string>(json, "sha256", origin);
  out.largest = json_get<int64_t>(json, "largest", origin);
  return out;
}

bool is_as_it_was(const RememberedShard& shard) {
  struct stat info {};
  return ::stat(shard.file.c_str(), &info) == 0 && stamp_of(info) == shard.stamp;
}

}  // namespace

int64_t system_clock_ns() {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::nanoseconds>(now).count();
}

ShardMemory ShardMemory::load(const std::filesystem::path& path) {
  ShardMemory out;
  std::error_code ignored;
  if (!std::filesystem::exists(path, ignored)) return out;
  const Json json = read_json(path);
  if (const auto format = json_get<std::string>(json, "format", path.string()); format != kFormat)
    fail(ErrorKind::submission, "{}: format '{}', this program reads '{}'", path.string(), format, kFormat);
  const auto files = json_get<Json>(json, "files", path.string());
  if (!files.is_array()) fail_json_key(path.string(), "files", false);
  for (const Json& file : files) {
    RememberedShard shard = read_shard(file, path.string());
    const auto key = std::pair(shard.stamp.device, shard.stamp.inode);
    out.shards_[key] = std::move(shard);
  }
  return out;
}

void ShardMemory::save(const std::filesystem::path& path) const {
  ShardMemory all = *this;
  try {
    for (auto& [key, shard] : load(path).shards_) all.shards_.emplace(key, shard);
  } catch (const Error&) {  // damaged or newer: what it knew is hashed again when it is needed
  }
  Json files = Json::array();
  for (const auto& [key, shard] : all.shards_)
    if (is_as_it_was(shard)) files.push_back(shard_json(shard));
  write_file_atomic(path, Json{{"format", kFormat}, {"files", files}}.dump(1) + '\n');
}

const RememberedShard* ShardMemory::find(const FileStamp& stamp) const {
  const auto it = shards_.find({stamp.device, stamp.inode});
  return it != shards_.end() && it->second.stamp == stamp ? &it->second : nullptr;
}

void ShardMemory::forget(const FileStamp& stamp) { shards_.erase({stamp.device, stamp.inode}); }

void ShardMemory::remember(RememberedShard shard, int64_t read_from_ns) {
  const auto key = std::pair(shard.stamp.device, shard.stamp.inode);
  if (std::max(shard.stamp.modified_ns, shard.stamp.changed_ns) + kClockTickNs > read_from_ns)
    shards_.erase(key);
  else
    shards_[key] = std::move(shard);
}

}  // namespace pgolf
