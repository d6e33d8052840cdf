// How much training data a submission's number rests on, and whether a run had as much.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/json.h"

namespace pgolf {

// [upstream_data] of submission.toml. What neither log nor text of the submission tells is nothing here.
struct DataExtent {
  std::string dataset;  // as it was published
  std::optional<int64_t> train_shards, shard_tokens, train_tokens;
  std::string evidence;
};

Json to_json(const DataExtent& extent);
DataExtent extent_from_json(const Json& json);

std::string extent_text(const DataExtent& extent);  // "80 training shards of 100,000,000 tokens"

enum class SameExtent { yes, no, unknown };

struct ExtentFinding {
  SameExtent same = SameExtent::unknown;
  std::string reason;
};

// Other shards are other data: two of the loaders deal them out to ranks, and a shorter stream is passed more often.
ExtentFinding compare_extent(const DataExtent& extent, int64_t train_shards, int64_t train_tokens);

}  // namespace pgolf
