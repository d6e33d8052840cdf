#include "engine/data/twin_json.h"

#include <algorithm>

#include "base/error.h"
#include "base/file.h"
#include "base/json_guard.h"

namespace pgolf {
namespace fs = std::filesystem;
namespace {

constexpr char kFormatName[] = "pgolf.twin/", kFormat[] = "pgolf.twin/1", kFile[] = "twin.json";
constexpr int64_t kMostBytes = 16 << 20;

Json to_json(const FileEntry& file) { return {{"file", file.file}, {"bytes", file.bytes}, {"sha256", file.sha256}}; }

Json to_json(const std::vector<ShardEntry>& shards) {
  Json out = Json::array();
  for (const ShardEntry& shard : shards) {
    out.push_back(to_json(static_cast<const FileEntry&>(shard)));
    out.back()["tokens"] = shard.tokens;
  }
  return out;
}

// Reads members of one object, which may have been written by others.
struct Reader {
  const Json& json;
  const std::string& origin;

  int64_t count(const char* key) const {
    const int64_t out = json_integer(json, key, origin);
    if (out < 0) fail(ErrorKind::submission, "{}: key '{}' is negative", origin, key);
    return out;
  }
  void file(FileEntry& out) const {
    out.file = json_get<std::string>(json, "file", origin), out.bytes = count("bytes");
    out.sha256 = json_get<std::string>(json, "sha256", origin);
    const fs::path path(out.file);
    if (out.file.empty() || path.is_absolute() || std::find(path.begin(), path.end(), "..") != path.end())
      fail(ErrorKind::submission, "{}: file '{}' lies outside the directory", origin, out.file);
  }
  FileEntry file(const char* key) const {
    FileEntry out;
    const Json member = json_get<Json>(json, key, origin);
    Reader{member, origin}.file(out);
    return out;
  }
  std::vector<ShardEntry> shards(const char* key) const {
    std::vector<ShardEntry> out;
    for (const Json& member : json_get<std::vector<Json>>(json, key, origin)) {
      Reader{member, origin}.file(out.emplace_back());
      out.back().tokens = Reader{member, origin}.count("tokens");
    }
    return out;
  }
};

}  // namespace

void save_twin(const TwinSet& twin, const fs::path& directory) {
  Json source = to_json(twin.source);
  source["documents"] = twin.source_documents, source["fresh"] = twin.fresh_documents;
  source["near"] = twin.near_documents;
  const Json out = {{"format", kFormat},
                    {"of", twin.of},
                    {"source", source},
                    {"documents", twin.documents},
                    {"tokens", twin.tokens},
                    {"text_bytes", twin.text_bytes},
                    {"tokenizer", to_json(twin.tokenizer)},
                    {"text", to_json(twin.text)},
                    {"shards", to_json(twin.shards)},
                    {"byte_shards", to_json(twin.byte_shards)}};
  write_file_atomic(directory / kFile, out.dump(2, ' ', false, Json::error_handler_t::replace) + "\n");
}

std::optional<TwinSet> load_twin(const DataManifest& data) {
  const fs::path file = data.directory / kTwinFolder / kFile;
  std::error_code ignored;
  if (!fs::exists(file, ignored)) return std::nullopt;
  const std::string origin = file.string();
  const Json json = parse_json(read_text(file, kMostBytes), origin);
  const auto format = json_get<std::string>(json, "format", origin);
  if (!format.starts_with(kFormatName)) fail(ErrorKind::submission, "{}: not a twin of a validation set", origin);
  if (format != kFormat)
    fail(ErrorKind::submission, "{}: format {}, this program reads {}; use a newer pgolf", origin, format, kFormat);
  const Reader root{json, origin};
  TwinSet out;
  out.of = json_get<std::string>(json, "of", origin);
  if (out.of != data.sha256)
    fail(ErrorKind::submission,
         "{}: the twin of other data, whose manifest has SHA-256 {:.12}; remove the folder and "
         "draw one of these",
         origin, out.of);
  const Json source = json_get<Json>(json, "source", origin);
  out.source_documents = Reader{source, origin}.count("documents");
  out.fresh_documents = Reader{source, origin}.count("fresh"),
  out.near_documents = Reader{source, origin}.count("near");
  out.source = {json_get<std::string>(source, "file", origin), Reader{source, origin}.count("bytes"),
                json_get<std::string>(source, "sha256", origin)};
  out.documents = root.count("documents"), out.tokens = root.count("tokens"), out.text_bytes = root.count("text_bytes");
  out.tokenizer = root.file("tokenizer"), out.text = root.file("text");
  out.shards = root.shards("shards"), out.byte_shards = root.shards("byte_shards");
  return out;
}

}  // namespace pgolf
