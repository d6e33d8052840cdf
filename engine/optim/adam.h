// Adam and AdamW over any set of tensors.
#pragma once

#include <utility>
#include <vector>

#include "engine/optim/pieces.h"

namespace pgolf {

//   m <- β₁ m + (1-β₁) g;  v <- β₂ v + (1-β₂) g²;  p <- p (1 - η w);  p <- p - η/(1-β₁ᵗ) · m / (√v/√(1-β₂ᵗ) + ε)
// w = 0 is Adam, w > 0 AdamW. Source: Kingma & Ba 2014, Loshchilov & Hutter 2017; all five submissions.
struct AdamOptions {
  double beta1 = 0.9, beta2 = 0.95, eps = 1e-8;
  double weight_decay = 0;
  bool bf16 = false;  // p, m and v are rounded to bfloat16 after the update: the storage of embedding tables
};

class Adam {
 public:
  // `members` index params.list(). m and v lie in `first` and `second`, of params' layout; all must outlive this.
  Adam(Context& ctx, Params& params, std::vector<size_t> members, const AdamOptions& options, const FlatCopy& first,
       const FlatCopy& second);

  // Updates the members that have a gradient; t counts the updates of each. Copies are left for params.refresh().
  void step(Context& ctx, double lr);
  // Forgets m, v and t of every member.
  void reset(Context& ctx);

  const std::vector<size_t>& members() const { return members_; }
  // How often each tensor was updated, by index in params.list().
  const std::vector<int64_t>& steps() const { return steps_; }
  void set_steps(std::vector<int64_t> steps) { steps_ = std::move(steps); }

 private:
  Params& params_;
  std::vector<size_t> members_;
  AdamOptions options_;
  const FlatCopy& first_;
  const FlatCopy& second_;
  std::vector<int64_t> steps_;  // by index in params.list()
  PieceTables pieces_;
};

// All rounded from float64: 1 - β₂ taken in float32 would be off by 2e-6.
struct AdamStep {
  float step_size;  // η/(1-β₁ᵗ)
  float keep;       // 1 - η w
  float beta2;
  float one_minus_beta1, one_minus_beta2;
  float inv_root;  // 1/√(1-β₂ᵗ)
  float eps;
  bool bf16;
};

template <class Backend>
struct AdamKernel {
  // p, g, m, v: flat tensors; pieces as PieceTables::of.
  static void step(Context& ctx, const Tensor& pieces, const AdamStep& s, const Tensor& p, const Tensor& g,
                   const Tensor& m, const Tensor& v);
};

}  // namespace pgolf
