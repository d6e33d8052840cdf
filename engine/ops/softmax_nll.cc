#include "engine/ops/softmax_nll.h"

#include "engine/core/backend.h"

namespace pgolf {

SoftmaxNll softmax_nll(Context& ctx, const Tensor& z, const Tensor& targets, float temperature) {
  const int64_t N = z.rows();
  check(z.shape.rank() == 2 && targets.dtype == DType::i32 && targets.numel() == N && temperature > 0,
        "softmax_nll: z {}, targets {} {}, temperature {}", z.shape, dtype_name(targets.dtype), targets.shape,
        temperature);
  const SoftmaxNll out{ctx.alloc({N}, DType::f32), ctx.alloc({N}, DType::f32)};
  on_device(ctx.device(), [&](auto b) { SoftmaxNllKernel<decltype(b)>::run(ctx, z, targets, temperature, out); });
  return out;
}

}  // namespace pgolf
