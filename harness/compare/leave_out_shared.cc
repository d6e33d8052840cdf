#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <map>

#include "base/error.h"
#include "harness/compare/side.h"

namespace pgolf {

void leave_out_shared(const CompareSide& a, SelectedSide& b) {
  std::map<std::string, std::string> first;
  for (const Measured& m : a.runs)
    for (const std::string& hash : m.computed) first.emplace(hash, m.id);
  CompareSide& side = b.side;
  size_t kept = 0;  // logs of both sides: what is published stays as it is
  for (size_t i = 0; i < side.runs.size();) {
    const Measured& m = side.runs[i];
    const auto shared = std::find_if(m.computed.begin(), m.computed.end(), [&](const std::string& hash) {
      return first.contains(hash) && (a.claims || first.at(hash) != m.id);
    });
    if (shared == m.computed.end()) {
      ++i;
    } else if (side.claims) {
      side.notes.push_back(fmt::format("{} is a log of both sides: no further sample", m.id));
      ++i, ++kept;
    } else {
      side.notes.push_back(fmt::format("{} repeats {} of the other side and is left out", m.id, first.at(*shared)));
      side.runs.erase(side.runs.begin() + static_cast<std::ptrdiff_t>(i));
      b.run_ids.erase(b.run_ids.begin() + static_cast<std::ptrdiff_t>(i));
    }
  }
  const bool same_claims = a.claims && side.claims && a.name == side.name;  // whether their logs are at hand or not
  if (same_claims || kept == side.runs.size())
    fail(ErrorKind::usage, "{} and {} are the same computations; a comparison takes other seeds or configurations",
         a.name, side.name);
}

}  // namespace pgolf
