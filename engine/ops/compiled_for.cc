#include "engine/ops/compiled_for.h"

namespace pgolf {

InstructionSet compiled_for() {
  InstructionSet out;
#ifdef __AVX2__
  out.avx2 = true;
#endif
#ifdef __AVX512F__
  out.avx512f = true;
#endif
  return out;
}

}  // namespace pgolf
