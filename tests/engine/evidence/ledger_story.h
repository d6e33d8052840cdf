// A ledger told in a test, line by line.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "engine/evidence/ledger_check.h"

namespace pgolf {

// Records in memory, as the evaluators would write them.
class Story {
 public:
  Story(std::string headline, int64_t targets, int64_t ranks = 1) : header_{std::move(headline), targets, ranks} {}

  Story& score(TargetRanges targets, Scopes reads = {"model"}, int rank = 0) {
    return score_pass(header_.headline, std::move(targets), std::move(reads), rank);
  }
  Story& score_pass(std::string pass, TargetRanges targets, Scopes reads = {"model"}, int rank = 0) {
    return add({LedgerOp::score, 0, rank, std::move(pass), std::move(reads), std::move(targets)});
  }
  Story& update(std::string scope, TargetRanges targets, int rank = 0, Scopes reads = {}) {
    return add({LedgerOp::update, 0, rank, std::move(scope), std::move(reads), std::move(targets)});
  }
  Story& reset(std::string scope, int rank = 0) { return add({LedgerOp::reset, 0, rank, std::move(scope), {}, {}}); }
  Story& sync() { return add({LedgerOp::sync, 0, 0, {}, {}, {}}); }

  LedgerCheck check() const {
    LedgerChecker checker(header_);
    for (const auto& record : records_) checker.add(record);
    return checker.finish();
  }
  const std::vector<LedgerRecord>& records() const { return records_; }
  const LedgerHeader& header() const { return header_; }

 private:
  Story& add(LedgerRecord record) {
    record.line = static_cast<int64_t>(records_.size()) + 2;
    records_.push_back(std::move(record));
    return *this;
  }
  LedgerHeader header_;
  std::vector<LedgerRecord> records_;
};

}  // namespace pgolf
