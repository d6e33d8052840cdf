#include <algorithm>
#include <array>
#include <bit>

#include "engine/core/backend.h"
#include "engine/core/cublas.h"
#include "engine/core/cuda.h"
#include "engine/ops/matmul.h"

namespace pgolf {
namespace {

// 32 MiB is what NVIDIA recommends on Hopper.
constexpr size_t kWorkspaceBytes = size_t{32} << 20;

// What decides the choice of algorithm. cuBLAS is column-major and a row-major matrix is its transpose there, so the
// plan computes C' = B' A': its left operand is our B.
struct PlanKey {
  int64_t m, n, k, batch;
  bool a_transposed, b_transposed, accumulate;
  DType operands, result;
  std::array<int, 3> alignments;  // of A, B, C in bytes, up to 256
  auto operator<=>(const PlanKey&) const = default;
};

class Plan {
 public:
  Plan(cublasLtHandle_t handle, const PlanKey& key) {
    // True float32 products: TF32 is another compute type.
    cublas_check(cublas().MatmulDescCreate(&product_, CUBLAS_COMPUTE_32F, CUDA_R_32F), "describing a matrix product");
    set_operation(CUBLASLT_MATMUL_DESC_TRANSA, key.b_transposed);
    set_operation(CUBLASLT_MATMUL_DESC_TRANSB, key.a_transposed);
    left_ = layout(key.operands, key.k, key.n, key.b_transposed, key.batch);
    right_ = layout(key.operands, key.m, key.k, key.a_transposed, key.batch);
    result_ = layout(key.result, key.m, key.n, false, key.batch);
    choose(handle, key);
  }

  ~Plan() {
    for (cublasLtMatrixLayout_t layout : {left_, right_, result_}) cublas().MatrixLayoutDestroy(layout);
    cublas().MatmulDescDestroy(product_);
  }
  Plan(const Plan&) = delete;
  Plan& operator=(const Plan&) = delete;

  void run(cublasLtHandle_t handle, const Tensor& a, const Tensor& b, const Tensor& c, float beta, void* workspace,
           cudaStream_t queue) const {
    const float one = 1.0F;
    cublas_check(cublas().Matmul(handle, product_, &one, b.data, left_, a.data, right_, &beta, c.data, result_, c.data,
                                 result_, &choice_.algo, workspace, kWorkspaceBytes, queue),
                 "a matrix product");
  }

 private:
  void set_operation(cublasLtMatmulDescAttributes_t operand, bool transposed) {
    const cublasOperation_t operation = transposed ? CUBLAS_OP_T : CUBLAS_OP_N;
    cublas_check(cublas().MatmulDescSetAttribute(product_, operand, &operation, sizeof operation),
                 "describing a matrix product");
  }

  // A row-major [rows, cols] operand (stored [cols, rows] if transposed).
  static cublasLtMatrixLayout_t layout(DType dtype, int64_t rows, int64_t cols, bool transposed, int64_t batch) {
    if (transposed) std::swap(rows, cols);
    cublasLtMatrixLayout_t out = nullptr;
    cublas_check(cublas().MatrixLayoutCreate(&out, dtype == DType::f32 ? CUDA_R_32F : CUDA_R_16BF,
                                             static_cast<uint64_t>(cols), static_cast<uint64_t>(rows), cols),
                 "describing a matrix");
    if (batch > 1) {
      const auto count = static_cast<int32_t>(batch);
      const int64_t stride = rows * cols;
      cublas_check(cublas().MatrixLayoutSetAttribute(out, CUBLASLT_MATRIX_LAYOUT_BATCH_COUNT, &count, sizeof count),
                   "describing a matrix");
      cublas_check(
          cublas().MatrixLayoutSetAttribute(out, CUBLASLT_MATRIX_LAYOUT_STRIDED_BATCH_OFFSET, &stride, sizeof stride),
          "describing a matrix");
    }
    return out;
  }

  // The library's first choice, which depends on nothing but the key and the GPU. Split sums are finished in the
  // workspace in a fixed order, never by atomics.
  void choose(cublasLtHandle_t handle, const PlanKey& key) {
    cublasLtMatmulPreference_t preference = nullptr;
    cublas_check(cublas().MatmulPreferenceCreate(&preference), "choosing an algorithm");
    const auto set = [&](cublasLtMatmulPreferenceAttributes_t attribute, const auto& value) {
      cublas_check(cublas().MatmulPreferenceSetAttribute(preference, attribute, &value, sizeof value),
                   "choosing an algorithm");
    };
    set(CUBLASLT_MATMUL_PREF_MAX_WORKSPACE_BYTES, kWorkspaceBytes);
    set(CUBLASLT_MATMUL_PREF_REDUCTION_SCHEME_MASK, uint32_t{CUBLASLT_REDUCTION_SCHEME_COMPUTE_TYPE});
    set(CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_A_BYTES, static_cast<uint32_t>(key.alignments[1]));
    set(CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_B_BYTES, static_cast<uint32_t>(key.alignments[0]));
    set(CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_C_BYTES, static_cast<uint32_t>(key.alignments[2]));
    set(CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_D_BYTES, static_cast<uint32_t>(key.alignments[2]));
    int found = 0;
    const cublasStatus_t status = cublas().MatmulAlgoGetHeuristic(handle, product_, left_, right_, result_, result_,
                                                                  preference, 1, &choice_, &found);
    cublas().MatmulPreferenceDestroy(preference);
    check(status == CUBLAS_STATUS_SUCCESS && found == 1,
          "cuBLASLt has no algorithm for {} x {} x {}, batch {}, {} -> {}", key.m, key.n, key.k, key.batch,
          dtype_name(key.operands), dtype_name(key.result));
  }

  cublasLtMatmulDesc_t product_ = nullptr;
  cublasLtMatrixLayout_t left_ = nullptr, right_ = nullptr, result_ = nullptr;
  cublasLtMatmulHeuristicResult_t choice_{};
};

// The handle, the workspace and the plans of one stream.
struct BlasState {
  explicit BlasState(Stream& stream) : workspace(stream.device()) {
    cublas_check(cublas().Create(&handle), "starting");
    memory = workspace.alloc({static_cast<int64_t>(kWorkspaceBytes)}, DType::u8);
  }
  ~BlasState() {
    plans.clear();
    cublas().Destroy(handle);
  }

  cublasLtHandle_t handle = nullptr;
  Arena workspace;
  Tensor memory;
  std::map<PlanKey, Plan> plans;
};

int alignment(const Tensor& t) {
  const auto address = reinterpret_cast<uintptr_t>(t.data);
  return 1 << std::min(8, std::countr_zero(address));
}

}  // namespace

template <>
void MatmulKernel<Cuda>::run(Context& ctx, Operand a, Operand b, const Tensor& c, float beta) {
  const cudaStream_t queue = work_queue(ctx);
  const PlanKey key{c.shape[-2],
                    c.shape[-1],
                    a.transposed ? a.matrix.shape[-2] : a.matrix.shape[-1],
                    c.shape.rank() == 3 ? c.shape[0] : 1,
                    a.transposed,
                    b.transposed,
                    beta != 0.0F,
                    a.matrix.dtype,
                    c.dtype,
                    {alignment(a.matrix), alignment(b.matrix), alignment(c)}};
  auto& state = ctx.stream()->state<BlasState>();
  const Plan& plan = state.plans.try_emplace(key, state.handle, key).first->second;
  plan.run(state.handle, a.matrix, b.matrix, c, beta, state.memory.data, queue);
}

}  // namespace pgolf
