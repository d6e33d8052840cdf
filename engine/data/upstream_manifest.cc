#include "engine/data/upstream_manifest.h"

#include <fmt/format.h>

#include <array>
#include <optional>

#include "base/error.h"
#include "base/json.h"

namespace pgolf {
namespace {

namespace fs = std::filesystem;

struct Stated {
  const char* what;
  std::optional<int64_t> stated;
  int64_t found;
};

std::optional<int64_t> number(const Json& object, const char* key) {
  if (!object.is_object() || !object.contains(key) || !object.at(key).is_number_integer()) return std::nullopt;
  return object.at(key).get<int64_t>();
}

// The entry of that name; of a manifest with one entry, that one, since folders are renamed.
const Json* entry_of(const Json& manifest, const std::string& dataset) {
  if (!manifest.is_object() || !manifest.contains("datasets") || !manifest.at("datasets").is_array()) return nullptr;
  const Json& entries = manifest.at("datasets");
  for (const Json& entry : entries)
    if (entry.is_object() && entry.contains("name") && entry.at("name") == dataset) return &entry;
  return entries.size() == 1 && entries[0].is_object() ? &entries[0] : nullptr;
}

}  // namespace

fs::path find_upstream_manifest(const fs::path& folder) {
  std::error_code ignored;
  for (const fs::path& place : {folder, folder.parent_path().parent_path()})
    if (fs::is_regular_file(place / "manifest.json", ignored)) return place / "manifest.json";
  return {};
}

DataCheck check_upstream_manifest(std::string_view text, const std::string& name, const std::string& dataset,
                                  const FolderFacts& facts) {
  const auto result = [&](CheckStatus status, std::string detail) {
    return DataCheck{"upstream.manifest", status, name + ": " + std::move(detail)};
  };
  Json manifest;
  try {
    manifest = parse_json(text, name);
  } catch (const Error& e) {
    return {"upstream.manifest", CheckStatus::unknown, e.what()};
  }
  const Json* entry = entry_of(manifest, dataset);
  if (entry == nullptr) return result(CheckStatus::unknown, fmt::format("it lists no data set named {}", dataset));
  const Json stats = entry->value("stats", Json::object());
  const std::optional<int64_t> files_train = number(stats, "files_train");
  if (files_train && *files_train < facts.train_files)
    return result(CheckStatus::fail, fmt::format("it has {} training files, here are {}; get the folder again",
                                                 *files_train, facts.train_files));
  const bool whole = files_train == facts.train_files;
  const std::array stated = {Stated{"entries of the tokenizer", number(*entry, "vocab_size"), facts.vocab_size},
                             Stated{"as the id of BOS", number(*entry, "bos_id"), facts.bos_id},
                             Stated{"tokens a shard", number(manifest, "shard_size"), facts.shard_tokens},
                             Stated{"validation files", number(stats, "files_val"), facts.val_files},
                             Stated{"validation documents", number(stats, "docs_val"), facts.val_documents},
                             Stated{"validation tokens", number(stats, "tokens_val"), facts.val_tokens},
                             Stated{"training documents", number(stats, "docs_train"), facts.train_documents},
                             Stated{"training tokens", number(stats, "tokens_train"), facts.train_tokens}};
  int compared = 0;
  for (size_t i = 0; i < stated.size(); ++i) {
    const auto& [what, said, found] = stated[i];
    const bool of_train = i >= stated.size() - 2, of_one_shard = i == 2 && facts.train_files == 1;
    if (!said || (of_train && !whole) || of_one_shard) continue;
    if (*said != found)
      return result(CheckStatus::fail,
                    fmt::format("it has {} {}, here are {}; get the folder again", *said, what, found));
    ++compared;
  }
  return result(
      compared > 0 ? CheckStatus::pass : CheckStatus::unknown,
      fmt::format("{} counts of {} agree{}", compared, dataset,
                  whole         ? ""
                  : files_train ? fmt::format(", {} of its {} training files are here", facts.train_files, *files_train)
                                : ", which does not say how many training files it has"));
}

}  // namespace pgolf
