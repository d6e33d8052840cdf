#include "base/error.h"
#include "engine/core/cublas.h"

namespace pgolf {

const CublasFunctions& cublas() {
  static const CublasFunctions functions = [] {
    const SharedLibrary library(kCublasLibrary, kCublasRemedy);
    CublasFunctions f;
#define PGOLF_BIND(name) library.bind(f.name, "cublasLt" #name);
    PGOLF_CUBLAS_FUNCTIONS(PGOLF_BIND)
#undef PGOLF_BIND
    return f;
  }();
  return functions;
}

void cublas_check(cublasStatus_t status, const char* doing) {
  if (status != CUBLAS_STATUS_SUCCESS)
    fail(ErrorKind::machine, "cuBLASLt failed at {}: status {}; `pgolf doctor` checks the installation", doing,
         static_cast<int>(status));
}

}  // namespace pgolf
