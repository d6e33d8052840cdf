#include "engine/quant/quantize.h"

#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "engine/quant/gptq.h"
#include "engine/quant/linalg.h"
#include "engine/quant/parts.h"
#include "engine/quant/prepared.h"
#include "engine/quant/row_codes.h"

namespace pgolf {
namespace {

void check_input(const PlanEntry& e, const QuantInput& input) {
  check(static_cast<int64_t>(input.weights.size()) == e.numel(), "quantize: {} has {} weights, its shape needs {}",
        e.name, input.weights.size(), e.numel());
  if (e.needs_hessian())
    check(static_cast<int64_t>(input.hessian.size()) == e.cols() * e.cols(),
          "quantize: {} needs a Hessian of {} columns squared, got {} elements", e.name, e.cols(),
          input.hessian.size());
  const auto finite = [](float w) { return std::isfinite(w); };
  const auto bad = std::find_if_not(input.weights.begin(), input.weights.end(), finite);
  if (bad != input.weights.end())
    fail(ErrorKind::submission, "tensor '{}': weight {} is {}; training has diverged, nothing can be packed", e.name,
         bad - input.weights.begin(), *bad);
  if (!std::all_of(input.hessian.begin(), input.hessian.end(), finite))
    fail(ErrorKind::submission, "tensor '{}': its Hessian is not finite; the calibration run has diverged", e.name);
}

ProtectedColumns protected_columns(const PlanEntry& e, MatrixView w, const QuantConfig& config,
                                   const ProtectedGroups& groups) {
  ProtectedColumns out;
  if (groups.empty()) return out;
  out.grid = sigma_grid(w, e.clip_sigmas, (int64_t{1} << (config.awq_bits - 1)) - 1);
  out.mask.assign(static_cast<size_t>(w.cols), false);
  for (const int64_t start : groups) std::fill_n(out.mask.begin() + start, config.awq_group_size, true);
  return out;
}

void quantize_gptq(CodingDevice& device, ArtifactTensor& out, const PlanEntry& e, const QuantConfig& config,
                   MatrixView w, std::span<const float> hessian, const ProtectedGroups& groups) {
  std::vector<float> h(hessian.begin(), hessian.end());
  if (e.hadamard) hadamard_both(h, e.cols());
  const CodeGrid grid = sigma_grid(w, e.clip_sigmas, e.code_max());
  const ProtectedColumns protect = protected_columns(e, w, config, groups);
  const auto codes = gptq_codes(device, w, h, grid, protect, e.name);
  out.encoding += e.hadamard ? "+hadamard" : "";
  out.parts.push_back(codes_part("q", e.shape, codes));
  out.parts.push_back(half_part("scale", {e.rows()}, grid.scales, e.name));
  if (groups.empty()) return;
  out.encoding += "+awq";
  const int64_t size = config.awq_group_size;
  out.parts.push_back(int16_part("awq_start", {static_cast<int64_t>(groups.size())}, groups));
  out.parts.push_back(int16_part("awq_size", {}, std::span(&size, 1)));
  out.parts.push_back(half_part("awq_scale", {e.rows()}, protect.grid.scales, e.name));
}

RowScale row_scale(const PlanEntry& e) {
  switch (e.coding) {
    case Coding::row_absmax: return RowScale::absmax;
    case Coding::row_quantile: return RowScale::quantile;
    case Coding::clip_search: return RowScale::clip_search;
    case Coding::gptq_ascending: return RowScale::clip_search_unclipped;
    case Coding::gate_rows: return RowScale::gate;
    case Coding::f32:
    case Coding::f16:
    case Coding::gptq: break;
  }
  check(false, "quantize: {} is not coded by rows", e.name);
  return {};
}

RowCodes row_codes(CodingDevice& device, const PlanEntry& e, MatrixView w, std::span<const float> hessian) {
  RowCodes out = device.in_turn(
      [&](auto backend, Context& ctx) { return RowCoder<decltype(backend)>::run(ctx, w, row_scale(e), e.code_max()); });
  if (e.coding == Coding::gptq_ascending)
    out.codes = gptq_ascending_codes(device, w, hessian, {out.scales, static_cast<float>(e.code_max())});
  return out;
}

}  // namespace

std::vector<float> prepared_weights(const PlanEntry& e, std::span<const float> weights) {
  std::vector<float> out(weights.begin(), weights.end());
  prune_smallest(out, e.prune_fraction);
  if (e.hadamard) hadamard_rows(out, e.rows(), e.cols());
  return out;
}

ArtifactTensor quantize(CodingDevice& device, const PlanEntry& e, const QuantConfig& config, const QuantInput& input,
                        const ProtectedGroups& groups) {
  check_input(e, input);
  ArtifactTensor out{e.name, {}, e.shape, {}};
  if (e.coding == Coding::f32 || e.coding == Coding::f16) {
    const bool whole = e.coding == Coding::f32;
    out.encoding = whole ? "f32" : "f16";
    out.parts.push_back(whole ? float_part("v", e.shape, input.weights)
                              : half_part("v", e.shape, input.weights, e.name));
    return out;
  }
  out.encoding = "int" + std::to_string(e.bits);
  const std::vector<float> weights = prepared_weights(e, input.weights);
  const MatrixView w{weights, e.rows(), e.cols()};
  if (e.coding == Coding::gptq) {
    quantize_gptq(device, out, e, config, w, input.hessian, groups);
    return out;
  }
  const RowCodes coded = row_codes(device, e, w, input.hessian);
  out.parts.push_back(codes_part("q", e.shape, coded.codes));
  out.parts.push_back(half_part("scale", {e.rows()}, coded.scales, e.name));
  return out;
}

}  // namespace pgolf
