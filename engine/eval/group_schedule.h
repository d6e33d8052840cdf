// Which rank scores which group of documents, and where all ranks stop to train the base model.
//
// The originals' ranks claim groups from a shared counter whenever they are free, so their assignment follows the
// clock. Here the clock is simulated: a group takes as long as it has tokens to forward (three times for a chunk that
// is trained on), a free rank claims the next group, the lowest rank first. The result depends on the documents and the
// number of ranks alone. As in the originals, ranks notice that a phase is over only when they have finished a group.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "engine/config/config.h"
#include "engine/eval/val_documents.h"

namespace pgolf {

struct Claim {
  int rank;
  size_t group;  // index in the order of claiming
};

struct Phase {
  std::vector<Claim> claims;       // in order
  bool trains = false;             // all ranks met at the end to train the base model
  std::vector<Document> to_train;  // on these
};

// Phases end when floor(prefix (i+1) / phases) documents are scored, prefix the least of ttt.prefix_docs and the number
// of documents; the base model is then trained on the first so many of all that are scored, ordered by group and place
// in it: shortest first. The last phase scores what is left.
std::vector<Phase> schedule_groups(std::span<const DocumentGroup> groups, const TttConfig& ttt, int64_t world);

// Simulated time of a group, in tokens.
int64_t group_cost(const DocumentGroup& group, const TttConfig& ttt);

}  // namespace pgolf
