// The optimizer step of a submission: clipping, Adam for embedding tables and small tensors, Muon for matrices.
//
//   for each rank r:  { micro-batches, ctx.backward(loss, optimizer.loss_seed()) };  optimizer.end_rank(ctx);
//   optimizer.step(ctx, plan);
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>

#include "engine/config/config.h"
#include "engine/model/params.h"
#include "engine/optim/adam.h"
#include "engine/optim/muon.h"
#include "engine/optim/rank_mean.h"
#include "engine/schedule/plan.h"

namespace pgolf {

class Optimizer {
 public:
  // `params` and `comm` must outlive this; gradients are zeroed.
  Optimizer(Context& ctx, Params& params, const Config& config, Comm& comm = solo());

  // The derivative that each micro-batch's mean loss starts from, so that gradients become means over micro-batches.
  float loss_seed() const;

  // The gradients now hold those of the next of this process's ranks; they make way for those of the rank after it.
  // With clipping per rank (PR 754, 2097) they are clipped by their own norm first.
  void end_rank(Context& ctx);

  // Updates the weights from the gradients of all ranks, refreshes their copies and zeroes the gradients. `see_mean` is
  // called when these are the mean over all ranks, before they are clipped together.
  void step(
      Context& ctx, const StepPlan& plan, const std::function<void()>& see_mean = [] {});

  // Forgets all optimizer state, as the restored state after warm-up is that of a new optimizer. PR 2097 as run keeps
  // Muon's momentum (muon.warmup_momentum_kept).
  void roll_back(Context& ctx);

  // "first": Muon's momentum and Adam's m; "second": Adam's v. Muon's is up to date in the processes of owners() alone,
  // until share_momentum().
  std::vector<FlatState> state() const;
  std::map<int64_t, int> owners() const { return muon_->owners(); }
  void share_momentum(Context& ctx) { muon_->share_momentum(ctx); }
  // How often Adam has updated each tensor, by index in params.list(); 0 of the others.
  std::vector<int64_t> adam_steps() const;
  void set_adam_steps(const std::vector<int64_t>& steps);

 private:
  bool clips(bool per_rank) const;

  Params& params_;
  const Config config_;
  FlatCopy first_, second_;  // Muon's momentum or Adam's m; Adam's v
  RankMean rank_mean_;
  std::optional<Adam> tables_, scalars_;
  std::optional<Muon> muon_;
};

}  // namespace pgolf
