#include "engine/eval/group_schedule.h"

#include <algorithm>
#include <optional>

namespace pgolf {
namespace {

struct Rank {
  int64_t free_at = 0;
  std::optional<size_t> working_on;
  bool stopped = false;
};

class Simulation {
 public:
  Simulation(std::span<const DocumentGroup> groups, const TttConfig& ttt, int64_t world)
      : groups_(groups), ttt_(ttt), ranks_(static_cast<size_t>(world)) {}

  // Runs until every rank has stopped: at `boundary` scored documents, or (no boundary) when no group is left.
  Phase run(std::optional<int64_t> boundary) {
    Phase phase;
    bool over = false;
    for (Rank& rank : ranks_) rank.stopped = false;
    while (const std::optional<size_t> r = next_free()) {
      Rank& rank = ranks_[*r];
      if (finish(rank)) over = over || (boundary && num_scored_ >= *boundary);
      if (over || next_ == groups_.size()) {
        rank.stopped = true;
        continue;
      }
      phase.claims.push_back({static_cast<int>(*r), next_});
      rank.working_on = next_;
      rank.free_at += group_cost(groups_[next_++], ttt_);
    }
    meet();
    phase.trains = over;
    if (over) phase.to_train = first_scored(*boundary);
    return phase;
  }

 private:
  std::optional<size_t> next_free() const {
    std::optional<size_t> best;
    for (size_t r = 0; r < ranks_.size(); ++r)
      if (!ranks_[r].stopped && (!best || ranks_[r].free_at < ranks_[*best].free_at)) best = r;
    return best;
  }

  // Whether the rank had a group to finish.
  bool finish(Rank& rank) {
    if (!rank.working_on) return false;
    scored_.push_back(*rank.working_on);
    num_scored_ += static_cast<int64_t>(groups_[*rank.working_on].documents.size());
    rank.working_on.reset();
    return true;
  }

  void meet() {
    int64_t latest = 0;
    for (const Rank& rank : ranks_) latest = std::max(latest, rank.free_at);
    for (Rank& rank : ranks_) rank.free_at = latest;
  }

  std::vector<Document> first_scored(int64_t count) const {
    std::vector<size_t> order = scored_;
    std::sort(order.begin(), order.end(), [&](size_t a, size_t b) { return groups_[a].index < groups_[b].index; });
    std::vector<Document> out;
    for (const size_t g : order)
      for (const Document& document : groups_[g].documents)
        if (static_cast<int64_t>(out.size()) < count) out.push_back(document);
    return out;
  }

  std::span<const DocumentGroup> groups_;
  const TttConfig& ttt_;
  std::vector<Rank> ranks_;
  size_t next_ = 0;             // group to be claimed
  std::vector<size_t> scored_;  // finished groups, over all phases
  int64_t num_scored_ = 0;      // documents of these
};

}  // namespace

int64_t group_cost(const DocumentGroup& group, const TttConfig& ttt) {
  int64_t chunks = 0, cost = 0;
  for (const Document& document : group.documents)
    chunks = std::max(chunks, num_chunks(document, ttt.doc_chunk_tokens));
  for (int64_t c = 0; c < chunks; ++c) {
    const int64_t row = std::min((c + 1) * ttt.doc_chunk_tokens, ttt.doc_context_tokens);
    cost += row * static_cast<int64_t>(group.documents.size()) * (c + 1 < chunks ? 3 : 1);
  }
  return cost;
}

std::vector<Phase> schedule_groups(std::span<const DocumentGroup> groups, const TttConfig& ttt, int64_t world) {
  int64_t documents = 0;
  for (const DocumentGroup& group : groups) documents += static_cast<int64_t>(group.documents.size());
  const int64_t prefix = std::min(ttt.prefix_docs, documents);
  Simulation simulation(groups, ttt, world);
  std::vector<Phase> phases;
  for (int64_t i = 0; prefix > 0 && i < ttt.phases; ++i)
    phases.push_back(simulation.run(prefix * (i + 1) / ttt.phases));
  phases.push_back(simulation.run(std::nullopt));
  return phases;
}

}  // namespace pgolf
