#include "engine/codec/float16.h"
#include "engine/core/backend.h"
#include "engine/optim/pieces_cpu.h"
#include "engine/optim/sgd.h"

namespace pgolf {

template <>
void SgdKernel<Cpu>::step(Context&, const Tensor& pieces, float lr, float mu, bool bf16, const Tensor& params,
                          const Tensor& grads, const Tensor& momentum) {
  float *p = params.as<float>(), *buf = momentum.as<float>();
  const float* g = grads.as<float>();
  for_pieces(pieces, [=](int64_t i) {
    buf[i] = mu * buf[i] + g[i];
    if (bf16) buf[i] = round_to_bf16(buf[i]);
    p[i] -= lr * buf[i];
    if (bf16) p[i] = round_to_bf16(p[i]);
  });
}

}  // namespace pgolf
