// Muon: momentum, orthogonalised. Source: Jordan et al. 2024; the variants of PR 334, 754, 849, 2143, 2097
// (docs/techniques.md, Muon).
#pragma once

#include <map>
#include <vector>

#include "engine/config/config.h"
#include "engine/dist/comm.h"
#include "engine/model/params.h"
#include "engine/optim/newton_schulz.h"

namespace pgolf {

// Matrices of one shape, orthogonalised together.
struct MuonBatch {
  int64_t count = 0, rows = 0, cols = 0;
  Tensor offsets;               // [count] i32 on the device: where each starts in the flat tensors
  bool of_banks = false;        // they are slices of banks
  std::vector<int32_t> starts;  // `offsets`, on the host

  // max(1, rows/cols)^½: the factor on an orthogonal update of this shape.
  double scale() const;
};

//   buf <- μ buf + g;  u = g + μ buf;  [rows to unit length];  [centred];  p <- p - η scale NewtonSchulz(u)
// and p <- p (1 - η w) before or after. For any number of matrices: those of one shape share their matrix products.
class Muon {
 public:
  // `members` index params.list(): matrices, or banks of them. The momentum lies in `momentum`, of params' layout; all
  // must outlive this. Each process of `comm` orthogonalises its share of every batch and sends the result to the
  // others: no sum is involved.
  Muon(Context& ctx, Params& params, std::vector<size_t> members, const MuonConfig& config, const FlatCopy& momentum,
       Comm& comm = solo());

  // Updates the members that have a gradient. Copies are left for params.refresh().
  void step(Context& ctx, double lr, double momentum);
  void reset(Context& ctx);  // forgets the momentum

  // Which process has the momentum of each matrix after the latest step, by the matrix's offset in the flat tensors:
  // each keeps up that of its share alone. Empty in one process, and before the first step.
  std::map<int64_t, int> owners() const;
  // Brings the momentum up to date in every process.
  void share_momentum(Context& ctx);

  const std::vector<size_t>& members() const { return members_; }

 private:
  const std::vector<MuonBatch>& batches_of(Context& ctx, const std::vector<size_t>& members);
  void step_batch(Context& ctx, const MuonBatch& batch, double lr, double momentum);
  Tensor orthogonalised(Context& ctx, const MuonBatch& batch, double momentum);

  Params& params_;
  std::vector<size_t> members_;
  MuonConfig config_;
  std::vector<NewtonSchulzStep> steps_;
  const FlatCopy& momentum_;
  Comm& comm_;
  Arena arena_;
  std::map<std::vector<size_t>, std::vector<MuonBatch>> batches_;  // by the members that have a gradient
  const std::vector<MuonBatch>* latest_ = nullptr;                 // of `batches_`, in the latest step
};

template <class Backend>
struct MuonKernel {
  // For every matrix of the batch: buf <- μ buf + g, and u = g + μ buf into x [count, rows, cols] (f32 or bf16), its
  // rows divided by max(‖row‖, 1e-7) if asked. `bf16`: gradient, momentum and u are rounded to bfloat16.
  static void nesterov(Context& ctx, const MuonBatch& batch, const Tensor& grads, const Tensor& momentum, float mu,
                       bool row_normalize, bool bf16, const Tensor& x);
  // Subtracts from every row of x [groups, n] its mean.
  static void center(Context& ctx, const Tensor& x);
  // p <- keep · p - step · o, or keep · (p - step · o) if `after`.
  static void apply(Context& ctx, const MuonBatch& batch, const Tensor& o, float step, float keep, bool after,
                    const Tensor& params);
};

}  // namespace pgolf
