// The tensors of a model as a function of its configuration: names, shapes and order, without any storage.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "engine/config/config.h"

namespace pgolf {

struct ParamSpec {
  std::string name;            // "blocks.3.attn.c_q.weight"; matrices are [out, in]
  std::vector<int64_t> shape;  // [] for a scalar
  int64_t numel() const;
};

// In the order in which the originals' modules hold them; optimizers and quantisers walk in this order.
std::vector<ParamSpec> param_table(const ModelConfig& config);

int64_t num_params(const ModelConfig& config);

// Whether the bigram and the value embedding go through a matrix: only where their width is not the model's.
bool projects_bigrams(const ModelConfig& config);
bool projects_value_embedding(const ModelConfig& config);

// Rows of skip_weights and skip_gates: one per encoder layer of the longest layer sequence (docs/techniques.md, skips).
int64_t num_skips(const ModelConfig& config);

// The order in which blocks run; with depth recurrence layers loop_start..loop_end occur num_loops + 1 times.
std::vector<int64_t> layer_sequence(const ModelConfig& config, bool looping);

}  // namespace pgolf
