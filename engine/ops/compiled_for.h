// What the rooms of arithmetic (engine/ops, optim, quant) were compiled for: PGOLF_CPU_FLAGS in CMakeLists.txt.
#pragma once

#include "engine/core/processor.h"

namespace pgolf {

InstructionSet compiled_for();

}  // namespace pgolf
