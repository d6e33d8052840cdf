// Stochastic gradient descent with momentum, for test-time training.
#pragma once

#include <vector>

#include "engine/optim/pieces.h"

namespace pgolf {

//   buf <- μ buf + g;  p <- p - η buf.  Neither dampening nor Nesterov. Source: torch.optim.SGD; PR 334, 754, 2143,
//   2097.
class Sgd {
 public:
  // Updates every tensor that is not frozen and has a gradient. `bf16_tables`: embedding tables and their momentum are
  // rounded to bfloat16 after the update. `params` must outlive this.
  Sgd(Context& ctx, Params& params, double momentum, bool bf16_tables);

  void step(Context& ctx, double lr);  // leaves copies for params.refresh()
  void reset(Context& ctx) { ctx.fill_zero(momentum_.values()); }

 private:
  Params& params_;
  double mu_;
  FlatCopy momentum_;
  std::vector<size_t> plain_, rounded_;
  PieceTables pieces_;
};

template <class Backend>
struct SgdKernel {
  static void step(Context& ctx, const Tensor& pieces, float lr, float mu, bool bf16, const Tensor& p, const Tensor& g,
                   const Tensor& buf);
};

}  // namespace pgolf
