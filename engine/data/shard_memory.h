// What one pass over a shard found, remembered for as long as nobody wrote to its file: hashes.json, format
// pgolf.hashes/1 (docs/data.md). Sixteen gigabytes of published shards are hashed once, not by every phase of every
// run.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <utility>

#include "engine/data/file_stamp.h"

namespace pgolf {

struct RememberedShard {
  std::string file;  // where it lay, for people
  FileStamp stamp;
  std::string sha256;
  int64_t largest = -1;  // value in it; -1 for an empty shard
};

class ShardMemory {
 public:
  // Without a file there is nothing remembered. Errors: submission for one that is damaged or newer.
  static ShardMemory load(const std::filesystem::path& path);
  // Together with what another program saved there meanwhile; entries whose files have changed or gone since are left
  // out.
  void save(const std::filesystem::path& path) const;

  const RememberedShard* find(const FileStamp& stamp) const;  // null if that file is not known as it is now
  // `read_from_ns`: the time, by the system's clock, before the first byte was read. A file written to at that very
  // moment is not remembered: a later write could bear the same time.
  void remember(RememberedShard shard, int64_t read_from_ns);
  void forget(const FileStamp& stamp);

 private:
  std::map<std::pair<uint64_t, uint64_t>, RememberedShard> shards_;  // by device and inode
};

int64_t system_clock_ns();

}  // namespace pgolf
