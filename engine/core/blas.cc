#include "engine/core/blas.h"

#include <cblas.h>
#include <unistd.h>

#include <cstdlib>

namespace pgolf {
namespace {

constexpr char kVariable[] = "OPENBLAS_CORETYPE";

const char* best_kernels() {
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512bw"))
    return "SKYLAKEX";
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) return "HASWELL";
#endif
  return nullptr;
}

}  // namespace

std::string blas_kernels() { return openblas_get_corename(); }

void restart_with_best_blas(char** argv) {
  const char* best = best_kernels();
  if (best == nullptr || std::getenv(kVariable) != nullptr || blas_kernels() != "Prescott") return;
  ::setenv(kVariable, best, 1);
  ::execv("/proc/self/exe", argv);  // on failure the slow kernels still work
}

}  // namespace pgolf
