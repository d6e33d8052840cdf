// Orthogonalisation of matrices by a fixed number of polynomial steps, the heart of Muon.
//
//   X <- X / (‖X‖_F + 1e-7);  then per step  A = X Xᵀ,  X <- a X + (b A + c A²) X  on the smaller side.
//
// Sources: Jordan et al., Muon, 2024 (one quintic, five times: PR 334, 754, 849, 2143); Amsel et al., Polar Express,
// 2025 (coefficients per step: PR 2097).
#pragma once

#include <span>

#include "engine/config/config.h"
#include "engine/core/context.h"

namespace pgolf {

struct NewtonSchulzStep {
  double a, b, c;
};

// The steps of a configuration: the quintic `steps` times, or the first of Polar Express's five.
std::vector<NewtonSchulzStep> newton_schulz_steps(NsCoefficients coefficients, int64_t steps);

// x [N, rows, cols] in f32 or bf16 (intermediates too): every matrix towards the nearest (semi-)orthogonal one. Returns
// the result, which is x or a tensor in ctx.scratch(); x is overwritten.
Tensor newton_schulz(Context& ctx, const Tensor& x, std::span<const NewtonSchulzStep> steps);

template <class Backend>
struct NewtonSchulzKernel {
  static void normalize(Context& ctx, const Tensor& x);  // each x[i] / (‖x[i]‖_F + 1e-7), the norm in float32
  // square <- b gram + c square. [N, n, n]
  static void combine(Context& ctx, const Tensor& gram, const Tensor& square, float b, float c);
};

}  // namespace pgolf
