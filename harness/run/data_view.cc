#include "harness/run/data_view.h"

#include <algorithm>

#include "base/error.h"
#include "base/notice.h"
#include "engine/data/shard_memory.h"
#include "engine/data/twin.h"
#include "harness/run/data_sources.h"

namespace pgolf {
namespace fs = std::filesystem;
namespace {

std::vector<ShardEntry> shards_of(const DataManifest& data, const std::string& half) {
  if (half == "train") return data.train.shards;
  std::vector<ShardEntry> out = data.val.shards;
  out.insert(out.end(), data.val_byte_shards.begin(), data.val_byte_shards.end());
  return out;
}

// Where adopted shards of a half lie. Links in other data lead nowhere: a sandbox shows what the manifest stands for.
std::vector<fs::path> files_elsewhere(const DataManifest& data, const std::string& half) {
  std::vector<fs::path> out;
  if (data.origin != DataOrigin::adopted) return out;
  for (const ShardEntry& shard : shards_of(data, half)) {
    std::error_code no_link;
    const fs::path link = fs::absolute(data.directory) / shard.file, target = fs::read_symlink(link, no_link);
    if (!no_link) out.push_back((link.parent_path() / target).lexically_normal());
  }
  return out;
}

void add_folders(std::vector<fs::path>& out, const std::vector<fs::path>& files) {
  for (const fs::path& file : files)
    if (std::find(out.begin(), out.end(), file.parent_path()) == out.end()) out.push_back(file.parent_path());
}

// What is remembered of the shards of a half, and of no others.
ShardMemory known_shards(const DataManifest& data, const std::string& half, const fs::path& memory, int64_t& count) {
  ShardMemory out;
  try {
    const ShardMemory all = ShardMemory::load(memory);
    for (const ShardEntry& shard : shards_of(data, half)) {
      const RememberedShard* known = all.find(stamp_of(data.directory / shard.file));
      if (known == nullptr) continue;
      out.remember(*known, system_clock_ns());
      ++count;
    }
  } catch (const Error& e) {
    notice("{}; the shards are hashed again", e.what());
    count = 0;
  }
  return out;
}

}  // namespace

DataView view_of(const DataManifest& data, const std::string& half, const fs::path& place, bool sandboxed,
                 const fs::path& memory) {
  const fs::path source = fs::absolute(data.directory);
  std::vector<fs::path> names = {fs::path(kManifestName), fs::path(data.tokenizer.file), fs::path(half)};
  if (half == "val" && load_twin(data)) names.emplace_back(kTwinFolder);
  DataView out;
  out.data = source, out.hidden = {source};
  for (const fs::path& documents : known_sources(source)) out.hidden.push_back(documents);
  fs::remove_all(place);
  for (const char* each : {"train", "val"}) add_folders(out.hidden, files_elsewhere(data, each));
  if (sandboxed) {
    for (const fs::path& name : names) out.readable.push_back(source / name);
    const std::vector<fs::path> elsewhere = files_elsewhere(data, half);
    out.readable.insert(out.readable.end(), elsewhere.begin(), elsewhere.end());
  } else {
    out.data = place;
    fs::create_directories(place);
    for (const fs::path& name : names) fs::create_symlink(source / name, place / name);
  }
  const ShardMemory known = known_shards(data, half, memory, out.remembered);
  if (out.remembered == 0) return out;
  fs::create_directories(place);
  out.hashes = place / "hashes.json";
  known.save(out.hashes);
  out.readable.push_back(out.hashes);
  return out;
}

}  // namespace pgolf
