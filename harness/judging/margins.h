// The margin of a record, for verbs that show what was judged and judge nothing.
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>

#include "db/rows.h"
#include "judge/ruleset.h"

namespace pgolf {

class Margins {
 public:
  explicit Margins(std::filesystem::path rules) : rules_(std::move(rules)) {}

  // By the text that judged the run; of one that was not judged, and where that text is not at hand, by the latest
  // intact ruleset, with a notice. Nothing if that ruleset has no margin.
  std::optional<RecordMargin> of(const RunRecord& record);

 private:
  std::filesystem::path rules_;
  std::map<std::string, std::optional<RecordMargin>> known_;  // by the SHA-256 of the text; "" for the latest
};

}  // namespace pgolf
