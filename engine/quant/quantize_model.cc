#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "engine/core/parallel.h"
#include "engine/quant/awq.h"
#include "engine/quant/prepared.h"
#include "engine/quant/quantize.h"

namespace pgolf {
namespace {

double norm(const std::vector<float>& values) {
  double sum = 0;
  for (const float v : values) sum += static_cast<double>(v) * v;
  return std::sqrt(sum);
}

// What the codes lost: prepared weights minus what they stand for.
std::vector<float> residual(const PlanEntry& entry, const QuantInput& input, const ArtifactTensor& coded) {
  std::vector<float> error = prepared_weights(entry, input.weights);
  const std::vector<float> stands_for = dequantize_prepared(coded);
  for (size_t i = 0; i < error.size(); ++i) error[i] -= stands_for[i];
  return error;
}

struct Candidate {
  size_t entry;
  double effect;  // ||E||, or with lqer_gain_select ||E|| - ||E - AB||
};

double correction_effect(const std::vector<float>& error, const PlanEntry& entry, const QuantConfig& config) {
  const double before = norm(error);
  if (!config.lqer_gain_select || before == 0) return before;
  std::vector<float> after = error;
  const auto product = fit_correction(error, entry.rows(), entry.cols(), config).product(entry.rows(), entry.cols());
  for (size_t i = 0; i < after.size(); ++i) after[i] -= product[i];
  return before - norm(after);
}

void add_corrections(const QuantPlan& plan, const std::vector<double>& effects,
                     const std::function<QuantInput(const PlanEntry&)>& input_of,
                     std::vector<ArtifactTensor>& tensors) {
  std::vector<Candidate> candidates;
  for (size_t i = 0; i < effects.size(); ++i)
    if (effects[i] > 0) candidates.push_back({i, effects[i]});
  std::stable_sort(candidates.begin(), candidates.end(),
                   [](const Candidate& a, const Candidate& b) { return a.effect > b.effect; });
  candidates.resize(std::min(candidates.size(), static_cast<size_t>(plan.config.lqer_top_k)));
  parallel_for(static_cast<int64_t>(candidates.size()), 1, [&](int64_t begin, int64_t end) {
    for (int64_t k = begin; k < end; ++k) {
      const size_t i = candidates[static_cast<size_t>(k)].entry;
      const PlanEntry& entry = plan.entries[i];
      const auto error = residual(entry, input_of(entry), tensors[i]);
      attach_correction(tensors[i], fit_correction(error, entry.rows(), entry.cols(), plan.config));
    }
  });
}

}  // namespace

std::vector<ArtifactTensor> quantize_model(Device device, const QuantPlan& plan,
                                           const std::function<QuantInput(const PlanEntry&)>& input_of) {
  CodingDevice coding(device);
  const auto groups = select_protected_groups(plan, input_of);
  std::vector<ArtifactTensor> tensors(plan.entries.size());
  std::vector<double> effects(plan.entries.size());  // of a correction; 0 where none may be made
  parallel_for(static_cast<int64_t>(plan.entries.size()), 1, [&](int64_t begin, int64_t end) {
    for (int64_t k = begin; k < end; ++k) {
      const auto i = static_cast<size_t>(k);
      const PlanEntry& entry = plan.entries[i];
      const auto protect = groups.find(entry.name);
      const QuantInput input = input_of(entry);
      tensors[i] =
          quantize(coding, entry, plan.config, input, protect == groups.end() ? ProtectedGroups{} : protect->second);
      if (entry.correctable) effects[i] = correction_effect(residual(entry, input, tensors[i]), entry, plan.config);
    }
  });
  add_corrections(plan, effects, input_of, tensors);
  return tensors;
}

std::map<std::string, std::vector<float>> dequantize_model(const Artifact& artifact) {
  const auto n = static_cast<int64_t>(artifact.tensors.size());
  std::vector<std::vector<float>> values(artifact.tensors.size());
  parallel_for(n, 1, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i)
      values[static_cast<size_t>(i)] = dequantize(artifact.tensors[static_cast<size_t>(i)]);
  });
  std::map<std::string, std::vector<float>> out;
  for (size_t i = 0; i < values.size(); ++i)
    if (!out.emplace(artifact.tensors[i].name, std::move(values[i])).second)
      fail(ErrorKind::submission, "artifact has the tensor '{}' twice", artifact.tensors[i].name);
  return out;
}

}  // namespace pgolf
