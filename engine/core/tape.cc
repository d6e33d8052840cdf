#include "engine/core/tape.h"

namespace pgolf {

void Tape::backward() {
  for (auto step = steps_.rbegin(); step != steps_.rend(); ++step) (*step)();
  clear();
}

void Tape::clear() {
  steps_.clear();
  slots_.clear();
}

}  // namespace pgolf
