#include "engine/optim/pieces_cuda.cuh"
#include "engine/optim/sgd.h"

namespace pgolf {
namespace {

struct Update {
  float lr, mu;
  bool bf16_state;
  float* p;
  const float* g;
  float* momentum;

  __device__ float stored(float x) const { return bf16_state ? rounded<bf16>(x) : x; }
  __device__ void operator()(int64_t i) const {
    const float buffer = stored(mu * momentum[i] + g[i]);
    momentum[i] = buffer;
    p[i] = stored(p[i] - lr * buffer);
  }
};

}  // namespace

template <>
void SgdKernel<Cuda>::step(Context& ctx, const Tensor& pieces, float lr, float mu, bool bf16, const Tensor& params,
                           const Tensor& grads, const Tensor& momentum) {
  for_pieces(ctx, "SGD", pieces,
             Update{lr, mu, bf16, pointer<float>(params), pointer<float>(grads), pointer<float>(momentum)});
}

}  // namespace pgolf
