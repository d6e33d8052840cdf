// torch's CPU generator, draw for draw: MT19937 seeded as init_genrand, with torch's uniform and normal transforms.
//
// What the submissions draw after torch.manual_seed(seed): initial weights and LoRA factors. Values agree with torch's
// to the last bits of log, cos and sin. Source: docs/techniques.md, initialisation.
#pragma once

#include <cstdint>
#include <optional>
#include <random>
#include <span>

namespace pgolf {

class TorchRng {
 public:
  explicit TorchRng(uint64_t seed) : engine_(static_cast<uint32_t>(seed)) {}

  // tensor.uniform_(from, to): 24 bits of one 32-bit draw each, scaled in float64.
  void uniform(std::span<float> out, float from, float to);
  // tensor.normal_(0, std). From 16 elements on: Box-Muller over blocks of 16 uniforms, the last 16 elements drawn
  // again unless the count is a multiple of 16. Below: one pair of float64 samples at a time, of which the second is
  // kept.
  void normal(std::span<float> out, float std);

  bool operator==(const TorchRng&) const = default;  // in the same state: they draw the same

 private:
  float next_float() { return static_cast<float>(engine_() & 0xffffffU) * 0x1p-24F; }
  double next_double();
  void normal_block(float* block, float std);
  double normal_double();

  std::mt19937 engine_;
  std::optional<double> kept_;
};

}  // namespace pgolf
