#include "resolve/extent.h"

#include <fmt/format.h>

#include "base/units.h"

namespace pgolf {
namespace {

std::optional<int64_t> number(const Json& json, const char* key) {
  if (!json.is_object() || !json.contains(key) || !json.at(key).is_number_integer()) return std::nullopt;
  return json.at(key).get<int64_t>();
}

std::string shards_text(int64_t count) { return fmt::format("{} training shard{}", count, count == 1 ? "" : "s"); }

std::string text(const Json& json, const char* key) {
  return json.is_object() && json.contains(key) && json.at(key).is_string() ? json.at(key).get<std::string>() : "";
}

}  // namespace

Json to_json(const DataExtent& e) {
  return {{"dataset", e.dataset},
          {"train_shards", or_null(e.train_shards)},
          {"shard_tokens", or_null(e.shard_tokens)},
          {"train_tokens", or_null(e.train_tokens)},
          {"evidence", e.evidence}};
}

DataExtent extent_from_json(const Json& json) {
  return {text(json, "dataset"), number(json, "train_shards"), number(json, "shard_tokens"),
          number(json, "train_tokens"), text(json, "evidence")};
}

std::string extent_text(const DataExtent& e) {
  const std::string shards = e.train_shards ? shards_text(*e.train_shards) : "an unknown number of training shards";
  return e.shard_tokens ? fmt::format("{} of {} tokens", shards, with_commas(*e.shard_tokens))
                        : shards + " of unknown size";
}

ExtentFinding compare_extent(const DataExtent& e, int64_t train_shards, int64_t train_tokens) {
  const std::string here = fmt::format("{} with {} tokens here", shards_text(train_shards), with_commas(train_tokens));
  if ((e.train_shards && *e.train_shards != train_shards) || (e.train_tokens && *e.train_tokens != train_tokens))
    return {SameExtent::no, fmt::format("{}, the submission had {}", here, extent_text(e))};
  if (e.train_shards && e.train_tokens) return {SameExtent::yes, here + ", as the submission had"};
  return {SameExtent::unknown, fmt::format("{}; the submission had {}", here, extent_text(e))};
}

}  // namespace pgolf
