#include "db/rows.h"

#include <algorithm>

namespace pgolf {

const PhaseRow* latest_attempt(const RunRecord& record, std::string_view phase) {
  const PhaseRow* out = nullptr;
  for (const PhaseRow& row : record.phases)
    if (row.name == phase && (!out || row.attempt > out->attempt)) out = &row;
  return out;
}

const ArtifactRow* saved_file(const RunRecord& record, std::string_view name) {
  const auto it = std::find_if(record.artifacts.begin(), record.artifacts.end(),
                               [&](const ArtifactRow& row) { return row.name == name; });
  return it == record.artifacts.end() ? nullptr : &*it;
}

}  // namespace pgolf
