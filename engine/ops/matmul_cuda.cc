#include <algorithm>
#include <array>
#include <bit>
#include <limits>
#include <vector>

#include "engine/core/backend.h"
#include "engine/core/cublas.h"
#include "engine/core/cuda.h"
#include "engine/ops/matmul.h"
#include "engine/ops/product_table.h"

namespace pgolf {
namespace {

// 32 MiB is what NVIDIA recommends on Hopper.
constexpr size_t kWorkspaceBytes = size_t{32} << 20;
constexpr int kMeasured = 8;  // algorithms that fast mode measures, at most
// For how many matrices the library is asked, whatever their number: so the bits of one do not depend on how many share
// the launch, and processes may share them (engine/optim/muon.h). For the same reason none splits its sums, whose
// workspace grows with the number.
constexpr int32_t kAskedBatch = 8;

// What decides the choice of algorithm. cuBLAS is column-major and a row-major matrix is its transpose there, so the
// plan computes C' = B' A': its left operand is our B.
struct PlanKey {
  int64_t m, n, k, batch;  // batch 0: single matrices
  bool a_transposed, b_transposed, accumulate;
  DType operands, result;
  std::array<int, 3> alignments;   // of A, B, C in bytes, up to 256
  std::array<int64_t, 3> strides;  // of their rows
  auto operator<=>(const PlanKey&) const = default;
  ProductShape shape() const { return {m, n, k, a_transposed, b_transposed, accumulate, operands, result}; }
};

// What products run on: one stream's handle, queue and workspace, and its GPU's name.
struct BlasQueue {
  cublasLtHandle_t handle = nullptr;
  cudaStream_t queue = nullptr;
  void* workspace = nullptr;
  std::string gpu;
};

struct Product {
  Tensor a, b, summand;
  float beta;
};

// Milliseconds between two points of a queue.
class Stopwatch {
 public:
  explicit Stopwatch(cudaStream_t queue) : queue_(queue) {
    for (cudaEvent_t& event : events_) cuda_check(cudaEventCreate(&event), "creating an event");
  }
  ~Stopwatch() {
    for (cudaEvent_t event : events_) cudaEventDestroy(event);
  }
  Stopwatch(const Stopwatch&) = delete;
  Stopwatch& operator=(const Stopwatch&) = delete;

  void start() { cuda_check(cudaEventRecord(events_[0], queue_), "recording an event"); }
  float stop() {
    float ms = 0;
    cuda_check(cudaEventRecord(events_[1], queue_), "recording an event");
    cuda_check(cudaEventSynchronize(events_[1]), "measuring a matrix product");
    cuda_check(cudaEventElapsedTime(&ms, events_[0], events_[1]), "reading an event");
    return ms;
  }

 private:
  cudaStream_t queue_;
  std::array<cudaEvent_t, 2> events_{};
};

// The description and the algorithm of one kind of product.
class Plan {
 public:
  Plan(const BlasQueue& blas, const PlanKey& key, Determinism determinism) {
    // True float32 products: TF32 is another compute type.
    cublas_check(cublas().MatmulDescCreate(&product_, CUBLAS_COMPUTE_32F, CUDA_R_32F), "describing a matrix product");
    set_operation(CUBLASLT_MATMUL_DESC_TRANSA, key.b_transposed);
    set_operation(CUBLASLT_MATMUL_DESC_TRANSB, key.a_transposed);
    left_ = layout(key.operands, key.k, key.n, key.b_transposed, key.strides[1], key.batch > 0);
    right_ = layout(key.operands, key.m, key.k, key.a_transposed, key.strides[0], key.batch > 0);
    result_ = layout(key.result, key.m, key.n, false, key.strides[2], key.batch > 0);
    // The library's list depends on nothing but the key and the GPU.
    const bool fast = determinism == Determinism::fast;
    const int choice = key.batch > 0 ? 0 : product_choice(blas.gpu, cublas().GetVersion(), key.shape());
    candidates_ = ask(blas.handle, key, fast ? kMeasured : choice + 1);
    if (!fast) candidates_ = {candidates_.back()};
    if (key.batch > 0)
      for (cublasLtMatrixLayout_t layout : {left_, right_, result_}) set_batch(layout, static_cast<int32_t>(key.batch));
  }

  ~Plan() {
    for (cublasLtMatrixLayout_t layout : {left_, right_, result_}) cublas().MatrixLayoutDestroy(layout);
    cublas().MatmulDescDestroy(product_);
  }
  Plan(const Plan&) = delete;
  Plan& operator=(const Plan&) = delete;

  // A B + beta S into `out`.
  cublasStatus_t enqueue(size_t candidate, const BlasQueue& blas, const Product& p, void* out) const {
    const float one = 1.0F;
    return cublas().Matmul(blas.handle, product_, &one, p.b.data, left_, p.a.data, right_, &p.beta, p.summand.data,
                           result_, out, result_, &candidates_[candidate].algo, blas.workspace, kWorkspaceBytes,
                           blas.queue);
  }

  bool chosen() const { return candidates_.size() == 1; }

  // Keeps the fastest candidate, by the least of three runs after a first one; the first is left for what gains two
  // percent. `out`: as large as C.
  void choose(const BlasQueue& blas, const Product& p, void* out) {
    Stopwatch watch(blas.queue);
    float least = std::numeric_limits<float>::max();
    for (size_t i = 0; i < candidates_.size(); ++i)
      for (int run = 0; run <= 3; ++run) {
        watch.start();
        if (enqueue(i, blas, p, out) != CUBLAS_STATUS_SUCCESS) break;
        const float ms = watch.stop();
        if (run > 0 && ms < (chosen_ == static_cast<int>(i) ? 1.0F : 0.98F) * least)
          least = ms, chosen_ = static_cast<int>(i);
      }
    candidates_ = {candidates_[static_cast<size_t>(chosen_)]};
  }
  int choice() const { return chosen_; }

 private:
  void set_operation(cublasLtMatmulDescAttributes_t operand, bool transposed) {
    const cublasOperation_t operation = transposed ? CUBLAS_OP_T : CUBLAS_OP_N;
    cublas_check(cublas().MatmulDescSetAttribute(product_, operand, &operation, sizeof operation),
                 "describing a matrix product");
  }

  // A row-major [rows, cols] operand (stored [cols, rows] if transposed), its stored rows `row_stride` apart.
  static cublasLtMatrixLayout_t layout(DType dtype, int64_t rows, int64_t cols, bool transposed, int64_t row_stride,
                                       bool batched) {
    if (transposed) std::swap(rows, cols);
    cublasLtMatrixLayout_t out = nullptr;
    cublas_check(cublas().MatrixLayoutCreate(&out, dtype == DType::f32 ? CUDA_R_32F : CUDA_R_16BF,
                                             static_cast<uint64_t>(cols), static_cast<uint64_t>(rows), row_stride),
                 "describing a matrix");
    if (batched) {
      const int64_t stride = rows * row_stride;
      set_batch(out, kAskedBatch);
      cublas_check(
          cublas().MatrixLayoutSetAttribute(out, CUBLASLT_MATRIX_LAYOUT_STRIDED_BATCH_OFFSET, &stride, sizeof stride),
          "describing a matrix");
    }
    return out;
  }

  static void set_batch(cublasLtMatrixLayout_t layout, int32_t count) {
    cublas_check(cublas().MatrixLayoutSetAttribute(layout, CUBLASLT_MATRIX_LAYOUT_BATCH_COUNT, &count, sizeof count),
                 "describing a matrix");
  }

  // The library's best `count` algorithms, or fewer. Split sums are finished in the workspace in a fixed order, never
  // by atomics.
  std::vector<cublasLtMatmulHeuristicResult_t> ask(cublasLtHandle_t handle, const PlanKey& key, int count) const {
    const uint32_t reductions = key.batch > 0 ? CUBLASLT_REDUCTION_SCHEME_NONE : CUBLASLT_REDUCTION_SCHEME_COMPUTE_TYPE;
    cublasLtMatmulPreference_t preference = nullptr;
    cublas_check(cublas().MatmulPreferenceCreate(&preference), "choosing an algorithm");
    const auto set = [&](cublasLtMatmulPreferenceAttributes_t attribute, const auto& value) {
      cublas_check(cublas().MatmulPreferenceSetAttribute(preference, attribute, &value, sizeof value),
                   "choosing an algorithm");
    };
    set(CUBLASLT_MATMUL_PREF_MAX_WORKSPACE_BYTES, kWorkspaceBytes);
    set(CUBLASLT_MATMUL_PREF_REDUCTION_SCHEME_MASK, reductions);
    set(CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_A_BYTES, static_cast<uint32_t>(key.alignments[1]));
    set(CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_B_BYTES, static_cast<uint32_t>(key.alignments[0]));
    set(CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_C_BYTES, static_cast<uint32_t>(key.alignments[2]));
    set(CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_D_BYTES, static_cast<uint32_t>(key.alignments[2]));
    std::vector<cublasLtMatmulHeuristicResult_t> out(static_cast<size_t>(count));
    int found = 0;
    const cublasStatus_t status = cublas().MatmulAlgoGetHeuristic(handle, product_, left_, right_, result_, result_,
                                                                  preference, count, out.data(), &found);
    cublas().MatmulPreferenceDestroy(preference);
    check(status == CUBLAS_STATUS_SUCCESS && found >= 1,
          "cuBLASLt has no algorithm for {} x {} x {}, batch {}, {} -> {}", key.m, key.n, key.k, key.batch,
          dtype_name(key.operands), dtype_name(key.result));
    out.resize(static_cast<size_t>(found));
    return out;
  }

  cublasLtMatmulDesc_t product_ = nullptr;
  cublasLtMatrixLayout_t left_ = nullptr, right_ = nullptr, result_ = nullptr;
  std::vector<cublasLtMatmulHeuristicResult_t> candidates_;  // the chosen one, or, in fast mode, those to be measured
  int chosen_ = 0;                                           // where it stood among those that were measured
};

// The handle, the workspace and the plans of one stream.
struct BlasState {
  explicit BlasState(Stream& stream) : workspace(stream.device(), Purpose::scratch) {
    cublas_check(cublas().Create(&blas.handle), "starting");
    blas.queue = stream.work();
    blas.workspace = workspace.alloc({static_cast<int64_t>(kWorkspaceBytes)}, DType::u8).data;
    cudaDeviceProp properties{};
    cuda_check(cudaGetDeviceProperties(&properties, stream.device().cuda_index), "asking a GPU for its name");
    blas.gpu = properties.name;
  }
  ~BlasState() {
    plans.clear();
    cublas().Destroy(blas.handle);
  }

  BlasQueue blas;
  Arena workspace;
  std::map<PlanKey, Plan> plans;
};

int alignment(const Tensor& t) {
  const auto address = reinterpret_cast<uintptr_t>(t.data);
  return 1 << std::min(8, std::countr_zero(address));
}

}  // namespace

template <>
void MatmulKernel<Cuda>::run(Context& ctx, Operand a, Operand b, const Tensor& c, float beta, const Tensor& summand) {
  work_queue(ctx);  // makes the GPU this thread's current one
  const PlanKey key{c.shape[-2],
                    c.shape[-1],
                    a.transposed ? a.matrix.shape[-2] : a.matrix.shape[-1],
                    c.shape.rank() == 3 ? c.shape[0] : 0,
                    a.transposed,
                    b.transposed,
                    beta != 0.0F,
                    a.matrix.dtype,
                    c.dtype,
                    {alignment(a.matrix), alignment(b.matrix), std::min(alignment(c), alignment(summand))},
                    {row_stride(a.matrix), row_stride(b.matrix), row_stride(c)}};
  auto& state = ctx.stream()->state<BlasState>();
  Plan& plan = state.plans.try_emplace(key, state.blas, key, ctx.determinism()).first->second;
  const Product product{a.matrix, b.matrix, summand, beta};
  if (!plan.chosen()) {
    const ArenaScope scope(ctx.scratch());
    plan.choose(state.blas, product, ctx.scratch().alloc(c.shape, c.dtype).data);
  }
  cublas_check(plan.enqueue(0, state.blas, product, c.data), "a matrix product");
}

template <>
std::vector<std::string> MatmulKernel<Cuda>::table_rows(Context& ctx) {
  std::vector<std::string> rows;
  for (const auto& [key, plan] : ctx.stream()->state<BlasState>().plans)
    if (key.batch == 0 && plan.choice() > 0) rows.push_back(product_row(key.shape(), plan.choice()));
  return rows;
}

}  // namespace pgolf
