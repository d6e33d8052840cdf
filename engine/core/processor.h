// What a processor must have to run what was compiled for another.
#pragma once

#include <string>

namespace pgolf {

// The vector instructions that decide. Those that come with them (FMA, BMI; VL, BW) are not asked for.
struct InstructionSet {
  bool avx2 = false, avx512f = false;
};

InstructionSet instructions_here();

// "AVX2 and AVX-512", of `needed`, which `here` has not; "" if it has all.
std::string lacking(InstructionSet needed, InstructionSet here);

// First thing in main(). Errors: machine, with what this processor lacks.
void require_instructions(InstructionSet needed);

}  // namespace pgolf
