// The mean of gradients over a submission's ranks, with the same bits for any number of processes.
//
//   mean = (((g0 + g1) + (g2 + g3)) + ((g4 + g5) + (g6 + g7))) / 8        float32, element by element
//
// A tree, not a running sum: what a process adds up of its own ranks is a branch of it, so a process sends one partial
// sum, however many ranks it plays, and keeps at most log2 of them apart. For other W a binary counter decides which
// partial sums meet: a branch that has no twin waits for the next larger one.
#pragma once

#include <deque>
#include <string>
#include <vector>

#include "engine/dist/comm.h"
#include "engine/model/params.h"

namespace pgolf {

class RankMean {
 public:
  // Of params' gradients. Both must outlive this. Those at the positions `rounded` of params.list() are rounded to
  // bfloat16 on each rank, and their mean once more, as the scripts reduce what they hold in it (PR 754, 2097: banks).
  RankMean(Context& ctx, Params& params, Comm& comm, int64_t world, std::vector<size_t> rounded = {});

  // The gradients hold those of the next of this process's ranks (zeros, if it had none): they join the sum, and make
  // way for those of the rank after it.
  void add(Context& ctx);
  // After the last rank of the process: the gradients are the sum over all ranks by `divisor`, everywhere, and count as
  // written where any rank wrote.
  void finish(Context& ctx, int64_t divisor);

 private:
  void sum_over_processes(Context& ctx);
  void share_written();
  void round(Context& ctx) const;

  Params& params_;
  Comm& comm_;
  int64_t world_, ranks_;  // of the submission; of this process
  const std::vector<size_t> rounded_;
  int64_t added_ = 0;
  std::deque<FlatCopy> partials_;  // [level]: of 2^level ranks, waiting for its twin
  std::string written_;            // by slot: '1' if any rank wrote there
};

}  // namespace pgolf
