// How far the scoring passes of a phase came, as the phase's document (db/documents/documents.h) holds it:
//   "passes": [{"name": "sliding", "ended": true, "headline": false, "targets": 62021632, "val_loss": 1.9,
//               "val_bpb": 1.12}, {"name": "ttt", "ended": false, "headline": false, "targets": 310108, "val_loss":
//               null, "val_bpb": null}]
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace pgolf {

// The metric that the record keeps of a pass: ("val_bpb", "ttt") -> "val_bpb_ttt"; and back, {"val_bpb", ""} without a
// pass. Of `quantized` it is "val_bpb_quant": sealed rows, bundles and pgolf.run/1 have that name and cannot change it.
std::string pass_metric(std::string_view quantity, std::string_view pass);
std::pair<std::string, std::string> split_pass_metric(std::string_view metric);

struct ScoringPass {
  std::string name;
  bool ended = false, headline = false;     // a pass that broke off does not say whether it is the headline
  int64_t targets = 0;                      // scored; of a pass that broke off, as far as it last said
  std::optional<double> val_loss, val_bpb;  // of one that ended, if they are finite
  bool operator==(const ScoringPass&) const = default;
};

// "sliding ended with val_bpb 1.1200", "ttt broke off after 310,108 targets"
std::string pass_text(const ScoringPass& pass);

// Several, separated by commas: "sliding ended with val_bpb 1.1200, ttt broke off after 310,108 targets".
std::string passes_text(const std::vector<ScoringPass>& passes);

}  // namespace pgolf
