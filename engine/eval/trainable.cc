#include "engine/eval/trainable.h"

#include <fmt/format.h>

#include <algorithm>

namespace pgolf {
namespace {

bool in_blocks(const std::string& name, int64_t first, int64_t last) {
  for (int64_t layer = std::max<int64_t>(first, 0); layer < last; ++layer)
    if (name.starts_with(fmt::format("blocks.{}.", layer))) return true;
  return false;
}

}  // namespace

bool ttt_trains(const TttConfig& ttt, int64_t num_layers, const std::string& name) {
  const auto starts = [&](const char* part) { return name.starts_with(part); };
  const auto has = [&](const char* part) { return name.find(part) != std::string::npos; };
  switch (ttt.trains) {
    case TttTrains::all: return !in_blocks(name, 0, ttt.freeze_blocks);
    case TttTrains::no_embeddings:
      return !in_blocks(name, 0, ttt.freeze_blocks) && !starts("tok_emb.") && !starts("bigram.") && !starts("smear.");
    case TttTrains::last_blocks:
      return in_blocks(name, num_layers - ttt.freeze_blocks, num_layers) || has("norm") || has("scale") ||
             has("lm_head");
  }
  return true;
}

}  // namespace pgolf
