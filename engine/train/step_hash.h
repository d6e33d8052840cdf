// The hashes of every step of a training: of its batches, its gradients and the state that it leaves, each leaf
// computed on the device that holds the tensor (engine/ops/tree_hash.h, engine/evidence/leaves.h).
//
// The leaves are the same in any number of processes: a batch is hashed where its rank is played, the momentum of a
// matrix where it is kept, and of what all have each hashes a part.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "engine/evidence/leaves.h"
#include "engine/ops/tree_hash.h"
#include "engine/train/batches.h"
#include "engine/train/training_state.h"

namespace pgolf {

class StepHash {
 public:
  // Of up to `slots` steps, until collect(). All must outlive this. The first state takes memory.
  StepHash(Context& ctx, const TrainingState& state, const Config& config, Comm& comm, int64_t slots);

  const LeafLayout& layout() const { return layout_; }

  void add_batch(Context& ctx, int64_t slot, int rank, int64_t micro, const MicroBatch& batch);
  void add_gradients(Context& ctx, int64_t slot);
  void add_state(Context& ctx, int64_t slot, int64_t step);

  // The leaves of the first so many slots, at the first process; elsewhere nothing. Waits for the device.
  std::vector<std::vector<Digest>> collect(Context& ctx, int64_t slots);

 private:
  // A part of a flat tensor.
  struct Leaf {
    TreePart part;
    bool is_first = false;  // a first moment
    int64_t offset = 0;     // elements, in the flat tensors
  };
  void lay_out(const Config& config);
  void add_leaves(std::vector<Leaf>& leaves, int source, const FlatState& values);
  std::vector<TreePart> own_parts(const std::vector<Leaf>& leaves);
  void plan_state(Context& ctx);
  Tensor row(int64_t slot) const { return digests_[slot]; }

  const TrainingState& state_;
  Comm& comm_;
  int64_t ranks_, micro_batches_;
  LeafLayout layout_;
  std::vector<Leaf> gradients_, states_;
  std::vector<int> computed_by_;  // by leaf: the process
  std::map<int64_t, int> owners_;
  std::optional<TreeHash> hash_batch_, hash_gradients_, hash_state_;
  Arena arena_;
  Tensor digests_;                     // [slots, leaves, 32] u8
  std::vector<std::string> counters_;  // by slot
};

}  // namespace pgolf
