// cuBLASLt, opened when the first matrix product on a GPU needs it.
#pragma once

#include <cublasLt.h>
#include <cuda_runtime.h>

#include <string>

#include "engine/core/shared_library.h"

namespace pgolf {

inline const std::string kCublasLibrary = "libcublasLt.so." + std::to_string(CUDART_VERSION / 1000);
inline constexpr char kCublasRemedy[] =
    "install cuBLAS of this build's CUDA major version, or name its folder in LD_LIBRARY_PATH";

#define PGOLF_CUBLAS_FUNCTIONS(X) \
  X(Create)                       \
  X(Destroy)                      \
  X(GetVersion)                   \
  X(Matmul)                       \
  X(MatmulAlgoGetHeuristic)       \
  X(MatmulDescCreate)             \
  X(MatmulDescDestroy)            \
  X(MatmulDescSetAttribute)       \
  X(MatrixLayoutCreate)           \
  X(MatrixLayoutDestroy)          \
  X(MatrixLayoutSetAttribute)     \
  X(MatmulPreferenceCreate)       \
  X(MatmulPreferenceDestroy)      \
  X(MatmulPreferenceSetAttribute)

// cublas().Matmul(...) is cublasLtMatmul(...).
struct CublasFunctions {
#define PGOLF_MEMBER(name) decltype(cublasLt##name)* name = nullptr;
  PGOLF_CUBLAS_FUNCTIONS(PGOLF_MEMBER)
#undef PGOLF_MEMBER
};

// Errors: machine, if the library is missing or of another version.
const CublasFunctions& cublas();

void cublas_check(cublasStatus_t status, const char* doing);

}  // namespace pgolf
