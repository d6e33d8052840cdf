// How well what the archive finds agrees with what was ruled: each named pull request found, or missed and why.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "archive/rulings.h"

namespace pgolf {

struct RulingAgreement {
  const Ruling* ruling = nullptr;
  std::vector<int64_t> found;                           // its script has a line with the ruling's matter
  std::vector<std::pair<int64_t, std::string>> missed;  // why
};
// Of rulings against something that name pull requests.
std::vector<RulingAgreement> agreement_of(const ArchiveTables& tables, const std::vector<Ruling>& rulings);

// What one exemplar leads to, held against the pull requests that the ruling closed: those that threads name, so that
// what is reached beyond them may be right too, and the precision is the least that it can be.
struct Propagation {
  const Ruling* ruling = nullptr;
  int64_t from = 0;
  std::vector<int64_t> closed;                  // of the archive, without the exemplar
  std::vector<int64_t> same_code, same_matter;  // reached by the exemplar's function; by the hint alone
  std::vector<int64_t> hits(const std::vector<int64_t>& reached) const;
  double recall(const std::vector<int64_t>& reached) const;
  double precision(const std::vector<int64_t>& reached) const;
};
// Of pull requests up to the last one that was closed, as later ones came after the ruling.
Propagation propagation_from(const ArchiveTables& tables, const Ruling& ruling, int64_t from);

}  // namespace pgolf
