// Documents and tokenizers that the tests of this room share.
#pragma once

#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/json.h"
#include "engine/data/tokenizer.h"

namespace pgolf {

inline constexpr std::string_view kCaseOpsModel = "fineweb_8192_bpe_lossless_caps_caseops_v1_reserved.model";

inline std::filesystem::path corpus_path() {
  return std::filesystem::path(PGOLF_SOURCE_DIR) / "tests/data/wikitext2_sections.jsonl";
}

inline std::filesystem::path tokenizer_path(std::string_view name) {
  return std::filesystem::path(PGOLF_SOURCE_DIR) / "tests/data/tokenizers" / name;
}

// The first `count` documents of the test corpus (English prose, 2 kB each on average).
inline std::vector<std::string> corpus(size_t count) {
  std::vector<std::string> out;
  std::ifstream file(corpus_path());
  for (std::string line; out.size() < count && std::getline(file, line);)
    out.push_back(json_get<std::string>(parse_json(line, "corpus"), "text", "corpus"));
  check(out.size() == count, "corpus: {} documents, not {}", out.size(), count);
  return out;
}

inline DocumentSource source(std::vector<std::string> documents) {
  auto shared = std::make_shared<std::vector<std::string>>(std::move(documents));
  return [shared, next = size_t{0}]() mutable -> std::optional<std::string> {
    return next < shared->size() ? std::optional((*shared)[next++]) : std::nullopt;
  };
}

}  // namespace pgolf
