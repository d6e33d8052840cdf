// Whether a run trained on as much text as the submission.
#include "base/names.h"
#include "engine/data/shard.h"
#include "judge/rules/rules.h"

namespace pgolf::rules {

// What training itself reported opening: a manifest may have been moved since.
Finding training_extent(const RunEvidence& run, const RuleReading&) {
  const DataExtent& extent = run.facts.extent;
  const Json limit = extent_text(extent);
  const auto* train = run.phase(kTrainPhase);
  if (!train || !train->events) return unknown(train ? train->problem : "no training phase is recorded", "", limit);
  int64_t shards = 0, tokens = 0, line = 0;
  for (const auto& record : train->events->events)
    if (const auto* data = std::get_if<DataEvent>(&record.event); data && data->role == "train") {
      if (++shards == 1) line = record.line;
      tokens += std::max<int64_t>(data->bytes - kShardHeaderBytes, 0) / static_cast<int64_t>(sizeof(uint16_t));
    }
  if (shards == 0) return unknown("training reported no training shard", "", limit);
  const ExtentFinding found = compare_extent(extent, shards, tokens);
  const Status status = found.same == SameExtent::yes  ? Status::pass
                        : found.same == SameExtent::no ? Status::fail
                                                       : Status::unknown;
  Finding out{status, fmt::format("{} shards, {} tokens", shards, with_commas(tokens)), limit, "", found.reason, {}};
  out.evidence = fmt::format("{}:{}", train->file, line);
  return out;
}

}  // namespace pgolf::rules
