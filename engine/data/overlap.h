// Training documents that are validation documents too, or hold much of one: what a training set must not hold.
#pragma once

#include <cstdint>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "engine/data/document_set.h"
#include "engine/data/near_documents.h"
#include "engine/data/split_scan.h"

namespace pgolf {

// Share of the validation documents that may be in the training shards by chance: texts that the web repeats. Above it
// the two splits overlap, as with a script that starts training within the validation documents (80 %, #2127).
inline constexpr double kChanceOverlap = 0.01;

// Whether so many of `documents` validation documents in training are more than chance; a single one never is, since a
// set of fewer than a hundred has no smaller share.
inline bool is_beyond_chance(int64_t found, int64_t documents, double share = kChanceOverlap) {
  return found > 1 && static_cast<double>(found) > share * static_cast<double>(documents);
}

// Share of the validation text's passages that may stand in training by chance: quotations, licences, tables. Above it
// the text is there, however few documents hold it and however little of each was left alone. In a set of fewer than
// twenty documents a single one is that much.
inline constexpr double kChanceText = 0.1;
inline bool is_much_text(double share, int64_t documents) { return share > kChanceText && documents >= 20; }

struct Overlap {
  int64_t train_documents = 0;
  int64_t val_documents = 0;  // different ones that were found
  std::string which;          // their numbers: "3, 17, 10000-49999"
  std::string first;          // the first of them in training, in words; "" if nothing but counts is known
  // Validation documents that are not equal to a training document, but of whose text a good part is there
  // (NearDocuments); nothing where it was not looked for.
  std::optional<int64_t> near_documents{};
  std::string near_which{};
  std::optional<double> repeated_text{};  // share of passages; nothing where it was not looked for

  void set_near(const std::set<int64_t>& numbers);
  int64_t all_documents() const { return val_documents + near_documents.value_or(0); }
  double share_of(int64_t documents) const;  // all_documents() to those of validation
};

// "3, 17, 10000-49999"; after `most` ranges "and N more documents".
std::string ranges_text(const std::set<int64_t>& numbers, size_t most = 16);

// What was found, in words; "" for nothing.
std::string overlap_text(const Overlap& overlap);

class OverlapFinder {
 public:
  // `near` is sealed; null: only equal documents are looked for.
  OverlapFinder(const DocumentSet& val, NearDocuments* near) : val_(val), near_(near) {}
  void look_up(const DocumentPlace& place, DocumentPieces document);  // from several threads at once
  // Of the whole training split, after its scan.
  Overlap result(const SplitScan& train, const std::vector<Shard>& train_shards, const SplitScan& val) const;

 private:
  const DocumentSet& val_;
  NearDocuments* near_;
  std::mutex mutex_;
  int64_t found_ = 0;
  std::set<std::pair<size_t, int64_t>> val_places_;  // shard, ordinal
  DocumentPlace first_, first_val_;
};

}  // namespace pgolf
