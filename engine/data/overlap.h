// Training documents that are validation documents too: what a training set must not hold.
#pragma once

#include <cstdint>
#include <mutex>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "engine/data/document_set.h"
#include "engine/data/split_scan.h"

namespace pgolf {

struct Overlap {
  int64_t train_documents = 0;
  int64_t val_documents = 0;  // different ones that were found
  std::string which;          // their numbers: "3, 17, 10000-49999"
  std::string first;          // the first of them in training, in words; "" if nothing but counts is known
};

// "3, 17, 10000-49999"; after `most` ranges "and N more documents".
std::string ranges_text(const std::set<int64_t>& numbers, size_t most = 16);

class OverlapFinder {
 public:
  explicit OverlapFinder(const DocumentSet& val) : val_(val) {}
  void look_up(const DocumentPlace& place, DocumentPieces document);  // from several threads at once
  // Of the whole training split, after its scan.
  Overlap result(const SplitScan& train, const std::vector<Shard>& train_shards, const SplitScan& val) const;

 private:
  const DocumentSet& val_;
  std::mutex mutex_;
  int64_t found_ = 0;
  std::set<std::pair<size_t, int64_t>> val_places_;  // shard, ordinal
  DocumentPlace first_, first_val_;
};

}  // namespace pgolf
