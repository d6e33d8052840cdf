#include "engine/data/near_documents.h"

#include <algorithm>

namespace pgolf {

void NearDocuments::add(DocumentPieces document, const DocumentPlace& place) {
  std::vector<uint64_t> passages;
  passages_.each(document, [&](uint64_t passage) { passages.push_back(passage); });
  std::sort(passages.begin(), passages.end());
  passages.erase(std::unique(passages.begin(), passages.end()), passages.end());
  if (static_cast<int64_t>(passages.size()) < kLeast) return;
  const std::lock_guard lock(mutex_);
  const auto number = static_cast<uint32_t>(documents_.size());
  documents_.emplace_back(place.shard, place.ordinal);
  for (const uint64_t passage : passages) entries_.push_back({passage, number});
}

void NearDocuments::seal() {
  if (!slots_.empty()) return;
  std::sort(entries_.begin(), entries_.end());
  slots_.assign(std::bit_ceil(4 * entries_.size() + 1), 0);
  in_training_ = std::vector<std::atomic<uint8_t>>(slots_.size());
  const size_t mask = slots_.size() - 1;
  for (size_t i = 0; i < entries_.size(); ++i) {
    if (i > 0 && entries_[i].passage == entries_[i - 1].passage) continue;
    size_t slot = entries_[i].passage & mask;
    while (slots_[slot] != 0) slot = (slot + 1) & mask;
    slots_[slot] = static_cast<uint32_t>(i + 1);
  }
}

void NearDocuments::look_up(DocumentPieces document) {
  if (entries_.empty()) return;
  const size_t mask = slots_.size() - 1;
  passages_.each(document, [&](uint64_t passage) {
    for (size_t slot = passage & mask; slots_[slot] != 0; slot = (slot + 1) & mask)
      if (entries_[slots_[slot] - 1].passage == passage) {
        in_training_[slot].store(1, std::memory_order_relaxed);
        return;
      }
  });
}

template <class Each>
void NearDocuments::each_repeated(const Each& each) const {
  for (size_t slot = 0; slot < slots_.size(); ++slot) {
    if (slots_[slot] == 0 || in_training_[slot].load(std::memory_order_relaxed) == 0) continue;
    const uint64_t passage = entries_[slots_[slot] - 1].passage;
    for (size_t i = slots_[slot] - 1; i < entries_.size() && entries_[i].passage == passage; ++i) each(entries_[i]);
  }
}

double NearDocuments::repeated_share() const {
  size_t repeated = 0;
  each_repeated([&](const Entry&) { ++repeated; });
  return static_cast<double>(repeated) / static_cast<double>(std::max<size_t>(entries_.size(), 1));
}

std::vector<std::pair<size_t, int64_t>> NearDocuments::found() const {
  std::vector<int64_t> passages(documents_.size()), repeated(documents_.size());
  for (const Entry& entry : entries_) ++passages[entry.document];
  each_repeated([&](const Entry& entry) { ++repeated[entry.document]; });
  std::vector<std::pair<size_t, int64_t>> out;
  for (size_t i = 0; i < documents_.size(); ++i)
    if (static_cast<double>(repeated[i]) >= kShare * static_cast<double>(passages[i])) out.push_back(documents_[i]);
  return out;
}

}  // namespace pgolf
