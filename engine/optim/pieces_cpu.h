// The CPU's loop over pieces: body(i) for every element of every piece.
#pragma once

#include "engine/core/parallel.h"
#include "engine/optim/pieces.h"

namespace pgolf {

template <class Body>
void for_pieces(const Tensor& pieces, Body body) {
  const int32_t* table = pieces.as<int32_t>();
  parallel_for(pieces.shape[0], 16, [&](int64_t begin, int64_t end) {
    for (int64_t piece = begin; piece < end; ++piece) {
      const int64_t first = table[2 * piece] * kPieceUnit;
      for (int64_t i = first; i < first + table[2 * piece + 1]; ++i) body(i);
    }
  });
}

}  // namespace pgolf
