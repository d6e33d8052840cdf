// What the CUDA kernels of the quantisers share. Divisions and differences are rounded one by one, never contracted, so
// that codes are those of the CPU to the last one.
#pragma once

#include <vector>

#include "engine/core/context.h"
#include "engine/core/cuda.h"

namespace pgolf {

// -top .. top; 0 where both are zero.
__device__ inline int8_t nearest_code(float w, float scale, float top) {
  const float code = rintf(__fdiv_rn(w, scale));
  return isnan(code) ? int8_t{0} : static_cast<int8_t>(fminf(fmaxf(code, -top), top));
}

// What a weight loses to its code.
__device__ inline float code_loss(float w, int8_t code, float scale) {
  return __fsub_rn(w, __fmul_rn(static_cast<float>(code), scale));
}

// Copies codes from the device, and waits for it.
inline std::vector<int8_t> download_codes(Context& ctx, const Tensor& codes) {
  std::vector<int8_t> out(static_cast<size_t>(codes.numel()));
  ctx.copy(Tensor{out.data(), codes.shape, DType::i8, kCpu}, codes);
  return out;
}

}  // namespace pgolf
