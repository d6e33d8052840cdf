#include "engine/core/tape.h"

namespace pgolf {

void Tape::backward() {
  while (!steps_.empty()) {
    steps_.back().backward();
    steps_.pop_back();
    const Place& before = steps_.empty() ? start_ : steps_.back().after;
    free_gradients(before.slots);
    arena_.release_to(before.stack);
  }
  clear();
}

void Tape::clear() {
  steps_.clear();
  free_gradients(0);
}

void Tape::free_gradients(size_t slots) {
  for (; slots_.size() > slots; slots_.pop_back())
    if (slots_.back().loose) arena_.free(slots_.back().grad);
}

}  // namespace pgolf
