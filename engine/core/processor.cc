#include "engine/core/processor.h"

#include "base/error.h"

namespace pgolf {

InstructionSet instructions_here() {
#if defined(__x86_64__)
  return {.avx2 = __builtin_cpu_supports("avx2") != 0, .avx512f = __builtin_cpu_supports("avx512f") != 0};
#else
  return {};
#endif
}

std::string lacking(InstructionSet needed, InstructionSet here) {
  const std::string avx2 = needed.avx2 && !here.avx2 ? "AVX2" : "";
  const std::string avx512f = needed.avx512f && !here.avx512f ? "AVX-512" : "";
  return avx2 + (avx2.empty() || avx512f.empty() ? "" : " and ") + avx512f;
}

void require_instructions(InstructionSet needed) {
  const std::string missing = lacking(needed, instructions_here());
  if (missing.empty()) return;
  fail(ErrorKind::machine,
       "this engine was compiled for a processor with {}, which this one lacks; build it on this machine, or anywhere "
       "with cmake --preset portable",
       missing);
}

}  // namespace pgolf
