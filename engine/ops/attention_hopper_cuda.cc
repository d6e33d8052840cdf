#include "engine/ops/attention_hopper_backward.cuh"

namespace pgolf {
namespace hopper {
namespace {

// Asked of the driver at run time, since programs start on machines without one.
auto map_encoder() {
  static const auto encode = [] {
    void* function = nullptr;
    cudaDriverEntryPointQueryResult found;
    cuda_check(cudaGetDriverEntryPointByVersion("cuTensorMapEncodeTiled", &function, 12000, cudaEnableDefault, &found),
               "looking for cuTensorMapEncodeTiled in the driver");
    return reinterpret_cast<decltype(&cuTensorMapEncodeTiled)>(function);
  }();
  check(encode != nullptr, "the driver has no cuTensorMapEncodeTiled");
  return encode;
}

}  // namespace

CUtensorMap tile_map(const Tensor& x, int64_t stride) {
  const auto size = [&](int axis) { return static_cast<cuuint64_t>(x.shape[axis]); };
  const cuuint64_t sizes[] = {size(2) * size(3), size(1), size(0)};
  const cuuint64_t bytes = static_cast<cuuint64_t>(stride) * sizeof(bf16);
  const cuuint64_t strides[] = {bytes, bytes * size(1)};
  const cuuint32_t box[] = {kTile, kTile, 1}, step[] = {1, 1, 1};
  CUtensorMap map;
  const CUresult result = map_encoder()(&map, CU_TENSOR_MAP_DATA_TYPE_BFLOAT16, 3, x.data, sizes, strides, box, step,
                                        CU_TENSOR_MAP_INTERLEAVE_NONE, CU_TENSOR_MAP_SWIZZLE_128B,
                                        CU_TENSOR_MAP_L2_PROMOTION_L2_256B, CU_TENSOR_MAP_FLOAT_OOB_FILL_NONE);
  check(result == CUDA_SUCCESS, "no map of {}: error {}", x.shape, static_cast<int>(result));
  return map;
}

}  // namespace hopper

using namespace hopper;

void HopperAttention::backward(Context& ctx, const AttentionSizes& s, const Tensor& dy, const Tensor& q,
                               const Tensor& k, const Tensor& v, const Tensor& y, const Tensor& lse, GradTarget dq,
                               GradTarget dk, GradTarget dv) {
  const ArenaScope scope(ctx.scratch());
  const Tensor terms = ctx.scratch().alloc(terms_shape(s), DType::f32);
  const int64_t query_stride = static_cast<int64_t>(s.H) * kTile, key_stride = static_cast<int64_t>(s.G) * kTile;
  const BackwardMaps maps{tile_map(dy, query_stride), tile_map(q, query_stride), tile_map(k, key_stride),
                          tile_map(v, s.value_stride)};
  queries_backward(ctx, s, maps, y, lse, terms, dq);
  if (dk.wanted() || dv.wanted()) keys_backward(ctx, s, maps, terms, dk, dv);
}

}  // namespace pgolf
