// The training data: as much of them as the submission had, and none that are scored.
#include "engine/data/overlap.h"
#include "engine/data/shard.h"
#include "judge/rules/rules.h"

namespace pgolf::rules {

// What training itself reported opening: a manifest may have been moved since.
Finding training_extent(const RunEvidence& run, const RuleReading&) {
  const DataExtent& extent = run.facts.extent;
  const Json limit = extent_text(extent);
  const auto* train = run.phase("train");
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

Finding train_val_overlap(const RunEvidence& run, const RuleReading& reading) {
  const auto& overlap = run.facts.overlap;
  const double limit = reading.number("max_share");
  if (!overlap || run.facts.manifest.empty()) return unknown("there is no manifest that tells", "", limit);
  const double share =
      static_cast<double>(overlap->val_documents) / static_cast<double>(std::max<int64_t>(overlap->of_documents, 1));
  Finding out{Status::pass,
              share,
              limit,
              "",
              "no training document has the tokens of a validation document, nor a good part of its text",
              "manifest"};
  if (!overlap->near_looked_for)
    out.reason = "no training document has the tokens of a validation document; nobody looked for changed ones";
  if (overlap->val_documents == 0) return out;
  const bool beyond = is_beyond_chance(overlap->val_documents, overlap->of_documents, limit);
  out.status = beyond ? Status::fail : Status::warn;
  out.reason = fmt::format("{} of {} validation documents are in training: {}", with_commas(overlap->val_documents),
                           with_commas(overlap->of_documents), overlap->text);
  if (out.status == Status::warn) out.reason += "; as many as the web repeats by chance";
  return out;
}

}  // namespace pgolf::rules
