#include "engine/data/manifest.h"

#include <algorithm>

#include "base/error.h"
#include "base/file.h"
#include "base/json.h"
#include "base/sha256.h"
#include "engine/data/manifest_json.h"
#include "engine/data/shard.h"

namespace pgolf {
namespace {

constexpr std::string_view kFirstFormat = "pgolf.data/1";

Json file_json(const FileEntry& entry) {
  return {{"file", entry.file}, {"bytes", entry.bytes}, {"sha256", entry.sha256}};
}

Json shards_json(const std::vector<ShardEntry>& shards) {
  Json out = Json::array();
  for (const ShardEntry& shard : shards) {
    Json entry = file_json(shard);
    entry["tokens"] = shard.tokens;
    out.push_back(std::move(entry));
  }
  return out;
}

Json settings_json(const TokenizerSettings& s) {
  return {{"model_type", s.model_type},
          {"vocab_size", s.vocab_size},
          {"character_coverage", s.character_coverage},
          {"byte_fallback", s.byte_fallback},
          {"split_digits", s.split_digits},
          {"user_defined_symbols", s.user_defined_symbols},
          {"normalization_rule_name", s.normalization_rule_name},
          {"add_dummy_prefix", s.add_dummy_prefix},
          {"remove_extra_whitespaces", s.remove_extra_whitespaces},
          {"pad_id", s.pad_id},
          {"bos_id", s.bos_id},
          {"eos_id", s.eos_id},
          {"unk_id", s.unk_id}};
}

// Reads members of one object, naming file and member in errors.
class Reader {
 public:
  Reader(const Json& object, std::string origin) : object_(object), origin_(std::move(origin)) {}

  template <class T>
  T get(const char* key) const {
    return json_get<T>(object_, key, origin_);
  }
  int64_t count(const char* key) const {
    const auto value = get<int64_t>(key);
    if (value < 0) fail(ErrorKind::submission, "{}: key '{}' is negative", origin_, key);
    return value;
  }
  Reader member(const char* key) const {
    if (!object_.is_object() || !object_.contains(key)) fail_json_key(origin_, key, true);
    return {object_.at(key), origin_ + " " + key};
  }

  void file(FileEntry& entry, bool inside_directory = true) const {
    entry.file = get<std::string>("file");
    entry.bytes = count("bytes");
    entry.sha256 = get<std::string>("sha256");
    const std::filesystem::path path(entry.file);
    const bool escapes = path.is_absolute() || std::find(path.begin(), path.end(), "..") != path.end();
    if (inside_directory && (entry.file.empty() || escapes))
      fail(ErrorKind::submission, "{}: file '{}' lies outside the data directory", origin_, entry.file);
  }
  std::vector<ShardEntry> shards(const char* key) const {
    std::vector<ShardEntry> out;
    const auto list = get<Json>(key);
    if (!list.is_array()) fail_json_key(origin_, key, false);
    for (const Json& item : list) {
      const Reader reader(item, origin_ + " " + key);
      ShardEntry& entry = out.emplace_back();
      reader.file(entry);
      entry.tokens = reader.count("tokens");
    }
    return out;
  }
  SplitManifest split(bool first_format) const {
    return {count("documents"), count("tokens"), first_format ? 0 : count("empty_documents"), shards("shards")};
  }
  bool has(const char* key) const { return object_.contains(key); }
  bool is_null(const char* key) const { return object_.contains(key) && object_.at(key).is_null(); }

 private:
  const Json& object_;
  std::string origin_;
};

TokenizerSettings read_settings(const Reader& r) {
  TokenizerSettings s;
  s.model_type = r.get<std::string>("model_type");
  s.vocab_size = r.count("vocab_size");
  s.character_coverage = r.get<double>("character_coverage");
  s.byte_fallback = r.get<bool>("byte_fallback");
  s.split_digits = r.get<bool>("split_digits");
  s.user_defined_symbols = r.get<std::vector<std::string>>("user_defined_symbols");
  s.normalization_rule_name = r.get<std::string>("normalization_rule_name");
  s.add_dummy_prefix = r.get<bool>("add_dummy_prefix");
  s.remove_extra_whitespaces = r.get<bool>("remove_extra_whitespaces");
  s.pad_id = r.get<int32_t>("pad_id");
  s.bos_id = r.get<int32_t>("bos_id");
  s.eos_id = r.get<int32_t>("eos_id");
  s.unk_id = r.get<int32_t>("unk_id");
  return s;
}

}  // namespace

const char* origin_name(DataOrigin origin) {
  constexpr const char* kNames[] = {"prepared", "upstream", "adopted"};
  return kNames[static_cast<int>(origin)];
}

Json to_json(const DataManifest& m) {
  Json source, text;
  if (!m.source.file.empty()) source = file_json(m.source), source["documents"] = m.source_documents;
  if (m.has_text()) text = file_json(m.val_text);
  Json tokenizer = file_json(m.tokenizer);
  tokenizer["trained"] = m.tokenizer_trained;
  tokenizer["settings"] = settings_json(m.tokenizer_settings);
  Json in_validation = {{"documents", m.overlap.train_documents},
                        {"validation_documents", m.overlap.val_documents},
                        {"which", m.overlap.which},
                        {"first", m.overlap.first}};
  if (m.overlap.near_documents) {
    in_validation["near_documents"] = *m.overlap.near_documents;
    in_validation["near_which"] = m.overlap.near_which;
  }
  const Json train = {{"documents", m.train.documents},
                      {"documents_dropped", m.train_documents_dropped},
                      {"empty_documents", m.train.empty_documents},
                      {"in_validation", in_validation},
                      {"tokens", m.train.tokens},
                      {"shards", shards_json(m.train.shards)}};
  const Json val = {{"documents", m.val.documents},
                    {"empty_documents", m.val.empty_documents},
                    {"tokens", m.val.tokens},
                    {"text", text},
                    {"text_bytes", m.has_text() ? Json(m.val_text_bytes) : Json()},
                    {"table_bytes", m.val_table_bytes},
                    {"sidecar_bytes", m.val_sidecar_bytes},
                    {"shards", shards_json(m.val.shards)},
                    {"byte_shards", shards_json(m.val_byte_shards)}};
  return {{"format", kDataFormat}, {"origin", origin_name(m.origin)}, {"source", source}, {"tokenizer", tokenizer},
          {"caseops", m.caseops},  {"shard_tokens", m.shard_tokens},  {"train", train},   {"val", val}};
}

namespace {

DataOrigin read_origin(const Reader& root, const std::string& path) {
  const auto name = root.get<std::string>("origin");
  for (const DataOrigin origin : {DataOrigin::prepared, DataOrigin::upstream, DataOrigin::adopted})
    if (name == origin_name(origin)) return origin;
  fail(ErrorKind::submission, "{}: origin '{:.40}' is none that this program knows", path, name);
}

void read_val(DataManifest& m, const Reader& val) {
  if (!val.is_null("text")) {
    val.member("text").file(m.val_text);
    m.val_text_bytes = val.count("text_bytes");
  }
  m.val_table_bytes = val.count("table_bytes");
  m.val_sidecar_bytes = val.count("sidecar_bytes");
  m.val_byte_shards = val.shards("byte_shards");
}

Overlap read_overlap(const Reader& in_validation) {
  Overlap out{in_validation.count("documents"), in_validation.count("validation_documents"),
              in_validation.get<std::string>("which"), in_validation.get<std::string>("first")};
  if (!in_validation.has("near_documents")) return out;
  out.near_documents = in_validation.count("near_documents");
  out.near_which = in_validation.get<std::string>("near_which");
  return out;
}

}  // namespace

DataManifest load_manifest(const std::filesystem::path& directory) {
  const auto path = directory / kManifestName;
  std::error_code ignored;
  if (std::filesystem::is_directory(directory, ignored) && has_shards(directory, ShardKind::train))
    fail(ErrorKind::usage, "{}: the challenge's own layout; pgolf data adopt makes a data directory of it",
         directory.string());
  if (!std::filesystem::exists(path))
    fail(ErrorKind::not_found, "{}: no prepared data there ({} is missing); pgolf data prepare or data adopt makes it",
         directory.string(), kManifestName);
  constexpr int64_t kMostBytes = 64 << 20;  // with 100,000 shards it has 20 MB
  const std::string text = read_text(path, kMostBytes);
  const Json json = parse_json(text, path.string());
  const Reader root(json, path.string());
  const auto format = root.get<std::string>("format");
  const bool first_format = format == kFirstFormat;
  if (!first_format && format != kDataFormat)
    fail(ErrorKind::submission, "{}: format '{}', this program reads '{}' and '{}'", path.string(), format,
         kFirstFormat, kDataFormat);
  DataManifest m;
  m.directory = directory;
  m.sha256 = sha256_hex(text);
  if (!first_format) m.origin = read_origin(root, path.string());
  if (!root.is_null("source")) {
    root.member("source").file(m.source, false);
    m.source_documents = root.member("source").count("documents");
  }
  root.member("tokenizer").file(m.tokenizer);
  m.tokenizer_trained = root.member("tokenizer").get<bool>("trained");
  m.tokenizer_settings = read_settings(root.member("tokenizer").member("settings"));
  m.caseops = root.get<bool>("caseops");
  m.shard_tokens = root.count("shard_tokens");
  const Reader train = root.member("train"), val = root.member("val");
  m.train = train.split(first_format);
  m.train_documents_dropped = train.count("documents_dropped");
  if (!first_format) m.overlap = read_overlap(train.member("in_validation"));
  m.val = val.split(first_format);
  read_val(m, val);
  return m;
}

void save_manifest(DataManifest& manifest, const std::filesystem::path& directory) {
  const std::string text = to_json(manifest).dump(2) + '\n';
  write_file_atomic(directory / kManifestName, text);
  manifest.directory = directory;
  manifest.sha256 = sha256_hex(text);
}

}  // namespace pgolf
