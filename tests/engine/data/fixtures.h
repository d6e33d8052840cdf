// What the tests of this room share: a directory of their own, documents, tokenizers, shards, and the line of a
// refusal.
#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/json.h"
#include "engine/data/shard.h"
#include "engine/data/tokenizer.h"
#include "tests/support/source_dir.h"
#include "tests/support/temp_directory.h"

namespace pgolf {

// The message of the Error that `function` throws, which must be of `kind` and one line; "no error" if it throws none.
template <class Function>
std::string error_of(ErrorKind kind, Function&& function) {
  try {
    function();
  } catch (const Error& e) {
    EXPECT_EQ(e.kind(), kind) << e.what();
    EXPECT_EQ(std::string_view(e.what()).find('\n'), std::string_view::npos) << e.what();
    return e.what();
  }
  return "no error";
}

template <class Integer>
std::filesystem::path write_shard(const std::filesystem::path& path, const std::vector<Integer>& tokens) {
  ShardWriter writer(path);
  writer.append(std::vector<uint16_t>(tokens.begin(), tokens.end()));
  writer.finish();
  return path;
}

inline constexpr std::string_view kPlainModel = "fineweb_1024_bpe.model";
inline constexpr std::string_view kCaseOpsModel = "fineweb_8192_bpe_lossless_caps_caseops_v1_reserved.model";

inline std::filesystem::path tokenizer_path(std::string_view name) {
  return source_dir() / "tests/data/tokenizers" / name;
}

// The first `count` documents of the test corpus (English prose, 2 kB each on average).
inline std::vector<std::string> corpus(size_t count) {
  std::vector<std::string> out;
  std::ifstream file(source_dir() / "tests/data/wikitext2_sections.jsonl");
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
