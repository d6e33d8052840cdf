// A set of targets as disjoint ranges.
#pragma once

#include <boost/icl/interval_set.hpp>

#include <algorithm>

#include "engine/evidence/ledger.h"

namespace pgolf {

class TargetSet {
 public:
  void add(const TargetRange& range) { set_.add(interval(range)); }
  void add(const TargetSet& other) { set_ += other.set_; }
  void keep(const TargetSet& other) { set_ &= other.set_; }
  void remove(const TargetSet& other) { set_ -= other.set_; }
  void clear() { set_.clear(); }
  bool empty() const { return set_.empty(); }
  size_t intervals() const { return set_.iterative_size(); }
  TargetRanges ranges() const {
    TargetRanges out;
    for (const auto& part : set_) out.push_back({part.lower(), part.upper()});
    return out;
  }
  int64_t size() const { return static_cast<int64_t>(boost::icl::cardinality(set_)); }
  bool contains(const TargetRange& range) const { return boost::icl::contains(set_, interval(range)); }

  // The parts of `range` that are in the set, and those that are not.
  TargetRanges inside(const TargetRange& range) const {
    TargetRanges out;
    for (auto [at, end] = set_.equal_range(interval(range)); at != end; ++at)
      out.push_back({std::max(range.begin, at->lower()), std::min(range.end, at->upper())});
    return out;
  }
  TargetRanges outside(const TargetRange& range) const {
    TargetRanges out;
    int64_t from = range.begin;
    for (const auto& part : inside(range)) {
      if (from < part.begin) out.push_back({from, part.begin});
      from = part.end;
    }
    if (from < range.end) out.push_back({from, range.end});
    return out;
  }

 private:
  using Interval = boost::icl::right_open_interval<int64_t>;
  static Interval interval(const TargetRange& range) { return {range.begin, range.end}; }
  boost::icl::interval_set<int64_t, std::less, Interval> set_;
};

inline int64_t count(const TargetRanges& ranges) {
  int64_t n = 0;
  for (const auto& range : ranges) n += range.end - range.begin;
  return n;
}

}  // namespace pgolf
