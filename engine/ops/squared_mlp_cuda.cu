// Products that end in the squared activation or its derivative: CUTLASS's warp-specialised product for Hopper, whose
// epilogue is written here. Without CUTLASS's headers (packages-gpu.txt) nothing is taken.
#ifndef NDEBUG
#define NDEBUG  // CUTLASS's assertions keep products from running side by side
#endif
#include "engine/ops/cuda_rows.cuh"
#include "engine/ops/squared_mlp.h"

#if __has_include(<cutlass/cutlass.h>)
#include <cutlass/cutlass.h>
#include <cutlass/epilogue/collective/collective_builder.hpp>
#include <cutlass/epilogue/fusion/sm90_visitor_tma_warpspecialized.hpp>
#include <cutlass/gemm/collective/collective_builder.hpp>
#include <cutlass/gemm/device/gemm_universal_adapter.h>
#include <cutlass/gemm/kernel/gemm_universal.hpp>

namespace pgolf {
namespace {

namespace fusion = cutlass::epilogue::fusion;
using cute::_1, cute::_128, cute::_2, cute::_64;
using Element = cutlass::bfloat16_t;
using Tile = cute::Shape<_128, _128, _64>;
using Subtile = cute::Shape<_64, _64>;  // what the epilogue treats at a time
constexpr int kThreads = 128;           // that own a tile
constexpr int kColumns = 2;             // subtiles side by side in a tile
constexpr int kWords = 4;               // of signs a thread: 128 elements

// What CUTLASS asks of a node of an epilogue besides what it computes.
template <class Arguments_>
struct Node : fusion::Sm90VisitorImpl<> {
  struct SharedStorage {};
  using Arguments = Arguments_;
  using Params = Arguments_;
  Params params;

  CUTLASS_HOST_DEVICE Node() {}
  CUTLASS_HOST_DEVICE Node(const Params& p, const SharedStorage&) : params(p) {}
  template <class Problem>
  static constexpr Params to_underlying_arguments(const Problem&, const Arguments& arguments, void*) {
    return arguments;
  }
  template <class Problem>
  static bool can_implement(const Problem&, const Arguments&) {
    return true;
  }
  template <class Problem>
  static size_t get_workspace_size(const Problem&, const Arguments&) {
    return 0;
  }
  template <class Problem>
  static cutlass::Status initialize_workspace(const Problem&, const Arguments&, void*, cudaStream_t,
                                              cutlass::CudaHostAdapter* = nullptr) {
    return cutlass::Status::kSuccess;
  }
};

// Where a thread keeps the signs of its elements of a tile.
template <class Args>
__device__ int64_t sign_place(const Args& args) {
  const int tiles = (static_cast<int>(cute::get<1>(args.problem_shape_mnkl)) + 127) / 128;
  const int64_t tile = static_cast<int64_t>(cute::get<0>(args.tile_coord_mnkl)) * tiles +
                       static_cast<int>(cute::get<1>(args.tile_coord_mnkl));
  return tile * kThreads + args.thread_idx;
}

struct SquareArguments {
  uint4* signs;
  float plain, magnitude;  // leaky_relu(h) = plain · h + magnitude · |h|
};

// a = leaky_relu(h)², and the sign of h.
struct Square : Node<SquareArguments> {
  using Node::Node;
  struct Callbacks : fusion::detail::EmptyConsumerStoreCallbacks {
    const Params& params;
    uint4* place;
    uint32_t words[kWords];
    __device__ Callbacks(const Params& p, uint4* at) : params(p), place(at) {}

    template <class T, int N>
    __device__ auto visit(const cutlass::Array<T, N>& h, int, int row, int column) {
      cutlass::Array<float, N> a;
      CUTLASS_PRAGMA_UNROLL
      for (int i = 0; i < N; ++i) {
        const float leaky = fmaf(params.magnitude, fabsf(h[i]), params.plain * h[i]);
        a[i] = leaky * leaky;
        uint32_t& word = words[((row * kColumns + column) * N + i) / 32];
        word = __funnelshift_l(__float_as_uint(h[i]), word, 1);
      }
      return a;
    }
    __device__ void end() { *place = make_uint4(words[0], words[1], words[2], words[3]); }
  };
  template <bool, class... A>
  __device__ auto get_consumer_store_callbacks(const fusion::detail::ConsumerStoreArgs<A...>& args) {
    return Callbacks(params, params.signs + sign_place(args));
  }
};

struct DeriveArguments {
  const uint4* signs;
  float positive, negative;  // da/dh over √a
};

// dh = da · da/dh, with a as what the product reads besides its operands.
struct Derive : Node<DeriveArguments> {
  using Node::Node;
  __device__ bool is_producer_load_needed() const { return true; }
  __device__ bool is_C_load_needed() const { return true; }

  template <class Source>
  struct Callbacks : fusion::detail::EmptyConsumerStoreCallbacks {
    const Params& params;
    const Source& a;
    uint32_t words[kWords];
    __device__ Callbacks(const Params& p, const uint4* place, const Source& source) : params(p), a(source) {
      const uint4 signs = __ldg(place);
      words[0] = signs.x, words[1] = signs.y, words[2] = signs.z, words[3] = signs.w;
    }

    template <class T, int N>
    __device__ auto visit(const cutlass::Array<T, N>& da, int fragment, int row, int column) {
      using Part = cutlass::Array<typename Source::value_type, N>;
      const Part part = cute::recast<Part>(a)(fragment);
      cutlass::Array<float, N> dh;
      CUTLASS_PRAGMA_UNROLL
      for (int i = 0; i < N; ++i) {
        const int bit = (row * kColumns + column) * N + i;
        const bool negative = static_cast<int32_t>(words[bit / 32] << bit % 32) < 0;
        float root;
        asm("sqrt.approx.ftz.f32 %0, %1;" : "=f"(root) : "f"(static_cast<float>(part[i])));
        dh[i] = da[i] * (root * (negative ? params.negative : params.positive));
      }
      return dh;
    }
  };
  template <bool, class... A>
  __device__ auto get_consumer_store_callbacks(const fusion::detail::ConsumerStoreArgs<A...>& args) {
    using Source = cute::remove_cvref_t<decltype(args.tCrC)>;
    return Callbacks<Source>(params, params.signs + sign_place(args), args.tCrC);
  }
};

// D [M, N] = epilogue(A [M, K] op(B)). Two warpgroups take turns, one at the products of a tile while the other is at
// the epilogue of another; two blocks share the loads of B.
template <class Epilogue, class Source, class LayoutB>
struct Product {
  using RowMajor = cutlass::layout::RowMajor;
  using Sm90 = cutlass::arch::Sm90;
  using TensorOp = cutlass::arch::OpClassTensorOp;
  using Cluster = cute::Shape<_2, _1, _1>;
  using Ending = typename cutlass::epilogue::collective::CollectiveBuilder<
      Sm90, TensorOp, Tile, Cluster, Subtile, float, float, Source, RowMajor, 8, Element, RowMajor, 8,
      cutlass::epilogue::TmaWarpSpecialized, Epilogue>::CollectiveOp;
  using Loop = typename cutlass::gemm::collective::CollectiveBuilder<
      Sm90, TensorOp, Element, RowMajor, 8, Element, LayoutB, 8, float, Tile, Cluster,
      cutlass::gemm::collective::StageCountAutoCarveout<static_cast<int>(sizeof(typename Ending::SharedStorage))>,
      cutlass::gemm::KernelTmaWarpSpecializedPingpong>::CollectiveOp;
  using Kernel = cutlass::gemm::kernel::GemmUniversal<cute::Shape<int, int, int, int>, Loop, Ending>;
  using Device = cutlass::gemm::device::GemmUniversalAdapter<Kernel>;

  // What a matrix of rows that lie `row_stride` apart is to CUTLASS, whichever of its two dimensions runs fastest.
  template <class Stride>
  static Stride stride(int64_t row_stride) {
    Stride out{};
    if constexpr (cute::is_static_v<cute::remove_cvref_t<decltype(cute::get<0>(out))>>) {
      cute::get<1>(out) = row_stride;
    } else {
      cute::get<0>(out) = row_stride;
    }
    return out;
  }

  // Whether this program holds the kernel for this GPU: what is compiled for others is empty. Asked once.
  static bool exists() {
    static const bool known = [] {
      cudaFuncAttributes compiled;
      cuda_check(cudaFuncGetAttributes(&compiled, cutlass::device_kernel<Kernel>), "squared_mlp");
      return compiled.ptxVersion == 90;
    }();
    return known;
  }

  static void run(Context& ctx, const Tensor& a, const Tensor& b, const typename Epilogue::Arguments& epilogue,
                  const Tensor& c, const Tensor& d) {
    const cudaStream_t queue = work_queue(ctx);
    const auto M = static_cast<int>(d.rows()), N = static_cast<int>(d.cols()), K = static_cast<int>(a.cols());
    typename Device::Arguments arguments{
        cutlass::gemm::GemmUniversalMode::kGemm,
        {M, N, K, 1},
        {static_cast<const Element*>(a.data), stride<typename Kernel::StrideA>(a.cols()),
         static_cast<const Element*>(b.data), stride<typename Kernel::StrideB>(b.cols())},
        {epilogue, static_cast<const Element*>(c.data), stride<typename Kernel::StrideC>(N),
         static_cast<Element*>(d.data), stride<typename Kernel::StrideD>(N)}};
    arguments.hw_info.device_id = ctx.device().cuda_index;
    arguments.hw_info.sm_count = ctx.stream()->num_multiprocessors();
    Device product;
    const bool ran = product.initialize(arguments, nullptr, queue) == cutlass::Status::kSuccess &&
                     product.run(queue) == cutlass::Status::kSuccess;
    check(ran, "squared_mlp: CUTLASS does not take {} x {} x {}", M, N, K);
    launched("squared_mlp");
  }
};

using Forward = Product<Square, void, cutlass::layout::ColumnMajor>;
using Backward = Product<Derive, Element, cutlass::layout::RowMajor>;

}  // namespace

template <>
bool SquaredProduct<Cuda>::takes(Context& ctx, const Tensor& x, const Tensor& up) {
  work_queue(ctx);  // makes the GPU this thread's current one
  const auto aligned = [](const Tensor& t) {
    return reinterpret_cast<uintptr_t>(t.data) % 16 == 0 && t.cols() % 8 == 0;
  };
  return x.numel() > 0 && aligned(x) && aligned(up) && up.rows() % 8 == 0 && Forward::exists() && Backward::exists();
}

template <>
void SquaredProduct<Cuda>::forward(Context& ctx, const Tensor& x, const Tensor& up, float slope, const Tensor& a,
                                   const Tensor& signs) {
  Forward::run(ctx, x, up, {static_cast<uint4*>(signs.data), (1 + slope) / 2, (1 - slope) / 2}, {}, a);
}

template <>
void SquaredProduct<Cuda>::backward(Context& ctx, const Tensor& dy, const Tensor& down, float slope, const Tensor& a,
                                    const Tensor& signs, const Tensor& dh) {
  Backward::run(ctx, dy, down, {static_cast<const uint4*>(signs.data), 2, -2 * slope}, a, dh);
}

}  // namespace pgolf

#else

namespace pgolf {

template <>
bool SquaredProduct<Cuda>::takes(Context&, const Tensor&, const Tensor&) {
  return false;
}
template <>
void SquaredProduct<Cuda>::forward(Context&, const Tensor&, const Tensor&, float, const Tensor&, const Tensor&) {}
template <>
void SquaredProduct<Cuda>::backward(Context&, const Tensor&, const Tensor&, float, const Tensor&, const Tensor&,
                                    const Tensor&) {}

}  // namespace pgolf

#endif
