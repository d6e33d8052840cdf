#include <cmath>

#include "engine/codec/float16.h"
#include "engine/core/backend.h"
#include "engine/optim/adam.h"
#include "engine/optim/pieces_cpu.h"

namespace pgolf {

template <>
void AdamKernel<Cpu>::step(Context&, const Tensor& pieces, const AdamStep& s, const Tensor& params, const Tensor& grads,
                           const Tensor& first, const Tensor& second) {
  float *p = params.as<float>(), *m = first.as<float>(), *v = second.as<float>();
  const float* g = grads.as<float>();
  for_pieces(pieces, [=](int64_t i) {
    m[i] = m[i] + s.one_minus_beta1 * (g[i] - m[i]);
    v[i] = s.beta2 * v[i] + s.one_minus_beta2 * g[i] * g[i];
    p[i] = p[i] * s.keep - s.step_size * m[i] / (std::sqrt(v[i]) * s.inv_root + s.eps);
    if (!s.bf16) return;
    m[i] = round_to_bf16(m[i]);
    v[i] = round_to_bf16(v[i]);
    p[i] = round_to_bf16(p[i]);
  });
}

}  // namespace pgolf
