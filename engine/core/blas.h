// Makes OpenBLAS use the vector units that are there.
#pragma once

#include <string>

namespace pgolf {

// OpenBLAS chooses its kernels while it is loaded and knows processors by model number: on one newer than itself Debian
// 12's falls back to SSE3, several times slower. If that happened, this starts the program again with the kernel family
// that the instruction set allows named in OPENBLAS_CORETYPE; a user's own choice of that variable stands. First thing
// in main().
void restart_with_best_blas(char** argv);

std::string blas_kernels();  // "SkylakeX": for the record, since sums depend on them in the last bits

}  // namespace pgolf
