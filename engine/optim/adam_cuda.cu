#include "engine/optim/adam.h"
#include "engine/optim/pieces_cuda.cuh"

namespace pgolf {
namespace {

struct Update {
  AdamStep s;
  float *p, *m, *v;
  const float* g;

  __device__ float stored(float x) const { return s.bf16 ? rounded<bf16>(x) : x; }
  __device__ void operator()(int64_t i) const {
    const float grad = g[i], first = m[i] + s.one_minus_beta1 * (grad - m[i]);
    const float second = s.beta2 * v[i] + s.one_minus_beta2 * grad * grad;
    p[i] = stored(p[i] * s.keep - s.step_size * first / (sqrtf(second) * s.inv_root + s.eps));
    m[i] = stored(first);
    v[i] = stored(second);
  }
};

}  // namespace

template <>
void AdamKernel<Cuda>::step(Context& ctx, const Tensor& pieces, const AdamStep& s, const Tensor& params,
                            const Tensor& grads, const Tensor& first, const Tensor& second) {
  for_pieces(ctx, "Adam", pieces,
             Update{s, pointer<float>(params), pointer<float>(first), pointer<float>(second), pointer<float>(grads)});
}

}  // namespace pgolf
