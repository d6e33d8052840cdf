// Which tensor becomes what: names, shapes and the configuration decide it before any weight is looked at.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "engine/config/config.h"
#include "engine/config/param_table.h"

namespace pgolf {

enum class Coding {
  f32,             // kept
  f16,             // rounded
  row_absmax,      // codes by the row's largest magnitude (PR 334)
  row_quantile,    // by a high quantile of the row's magnitudes (PR 334, 849: tables)
  clip_search,     // by the best of five quantiles (PR 754)
  gptq_ascending,  // error feedback through the inverse Hessian, columns by ascending diagonal (PR 849)
  gptq,            // GPTQ: Cholesky factor of the inverse Hessian, descending (PR 2143, 2097)
  gate_rows,       // int8 by the row's largest magnitude, for gates of any size (PR 2097)
};

struct PlanEntry {
  std::string name;
  std::vector<int64_t> shape;
  Coding coding = Coding::f32;
  int64_t bits = 0;           // of a code; 0 where values stay floating point
  double clip_sigmas = 0;     // gptq: standard deviations that the largest code stands for
  bool hadamard = false;      // gptq: columns are rotated first
  double prune_fraction = 0;  // smallest magnitudes that become zero first
  bool protectable = false;   // AWQ-lite may keep a group of columns at awq_bits
  bool correctable = false;   // LQER may add a low-rank correction

  int64_t numel() const;
  int64_t rows() const { return shape.at(0); }
  int64_t cols() const { return shape.at(1); }
  int64_t code_max() const { return (int64_t{1} << (bits - 1)) - 1; }
  bool needs_hessian() const { return coding == Coding::gptq || coding == Coding::gptq_ascending; }
  bool needs_activation_rms() const { return protectable; }
};

struct QuantPlan {
  QuantConfig config;
  std::vector<PlanEntry> entries;  // in the order of the tensors
};

// `tensors` as Params::unbanked() names them: banks are split into matrices.
// Errors: usage for a tensor that the scheme cannot store, naming it.
QuantPlan make_plan(const QuantConfig& config, int64_t num_layers, const std::vector<ParamSpec>& tensors);

}  // namespace pgolf
