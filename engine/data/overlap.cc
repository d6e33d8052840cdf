#include "engine/data/overlap.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <iterator>
#include <tuple>

namespace pgolf {

std::string ranges_text(const std::set<int64_t>& numbers, size_t most) {
  std::vector<std::string> ranges;
  for (auto it = numbers.begin(); it != numbers.end();) {
    if (ranges.size() == most)
      return fmt::format("{} and {} more documents", fmt::join(ranges, ", "), std::distance(it, numbers.end()));
    const int64_t first = *it;
    int64_t last = first;
    for (++it; it != numbers.end() && *it == last + 1; ++it) last = *it;
    ranges.push_back(first == last ? std::to_string(first) : fmt::format("{}-{}", first, last));
  }
  return fmt::format("{}", fmt::join(ranges, ", "));
}

void Overlap::set_near(const std::set<int64_t>& numbers) {
  near_documents = static_cast<int64_t>(numbers.size());
  near_which = ranges_text(numbers);
}

double Overlap::share_of(int64_t documents) const {
  return static_cast<double>(all_documents()) / static_cast<double>(std::max<int64_t>(documents, 1));
}

std::string overlap_text(const Overlap& overlap) {
  std::string out;
  if (overlap.train_documents > 0)
    out = fmt::format("{} training documents are one of {} validation documents: {}", overlap.train_documents,
                      overlap.val_documents, overlap.which);
  if (!overlap.first.empty()) out += "; the first: " + overlap.first;
  const auto add = [&](const std::string& part) { out += (out.empty() ? "" : "; ") + part; };
  if (overlap.near_documents.value_or(0) > 0)
    add(fmt::format("{} validation documents have a quarter or more of their text in training: {}",
                    *overlap.near_documents, overlap.near_which));
  if (out.empty() && overlap.repeated_text.value_or(0) > kChanceText)
    add(fmt::format("{:.1f} % of the validation text's passages stand in training", 100 * *overlap.repeated_text));
  return out;
}

void OverlapFinder::look_up(const DocumentPlace& place, DocumentPieces document) {
  if (near_ != nullptr) near_->look_up(document);
  const DocumentPlace* same = val_.find(document);
  if (same == nullptr) return;
  const std::lock_guard lock(mutex_);
  val_places_.emplace(same->shard, same->ordinal);
  const bool earlier = std::tie(place.shard, place.ordinal) < std::tie(first_.shard, first_.ordinal);
  if (found_++ == 0 || earlier) first_ = place, first_val_ = *same;
}

Overlap OverlapFinder::result(const SplitScan& train, const std::vector<Shard>& train_shards,
                              const SplitScan& val) const {
  Overlap out{found_, static_cast<int64_t>(val_places_.size()), {}, {}};
  std::set<int64_t> numbers;
  if (near_ != nullptr) {
    for (const auto& place : near_->found())
      if (!val_places_.contains(place)) numbers.insert(val.number_of({place.first, place.second, 0}));
    out.set_near(numbers);
    out.repeated_text = near_->repeated_share();
    numbers.clear();
  }
  if (found_ == 0) return out;
  for (const auto& [shard, ordinal] : val_places_) numbers.insert(val.number_of({shard, ordinal, 0}));
  out.which = ranges_text(numbers);
  out.first =
      fmt::format("training document {} ({}, token {}) is validation document {}", train.number_of(first_),
                  train_shards[first_.shard].path().filename().string(), first_.position, val.number_of(first_val_));
  return out;
}

}  // namespace pgolf
