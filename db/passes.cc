#include "db/passes.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/names.h"
#include "base/units.h"

namespace pgolf {
namespace {

constexpr std::string_view kQuantizedMetric = "quant";

}  // namespace

std::string pass_metric(std::string_view quantity, std::string_view pass) {
  return fmt::format("{}_{}", quantity, pass == kQuantizedPass ? kQuantizedMetric : pass);
}

std::pair<std::string, std::string> split_pass_metric(std::string_view metric) {
  for (const std::string_view quantity : {"val_loss", "val_bpb"}) {
    if (!metric.starts_with(quantity)) continue;
    std::string_view pass = metric.substr(quantity.size());
    pass.remove_prefix(std::min<size_t>(pass.size(), 1));
    return {std::string(quantity), std::string(pass == kQuantizedMetric ? kQuantizedPass : pass)};
  }
  return {std::string(metric), ""};
}

std::string pass_text(const ScoringPass& pass) {
  if (!pass.ended) return fmt::format("{} broke off after {} targets", pass.name, with_commas(pass.targets));
  return fmt::format("{} ended with val_bpb {}", pass.name, pass.val_bpb ? fmt::format("{:.4f}", *pass.val_bpb) : "-");
}

std::string passes_text(const std::vector<ScoringPass>& passes) {
  std::string out;
  for (const ScoringPass& p : passes) out += (out.empty() ? "" : ", ") + pass_text(p);
  return out;
}

}  // namespace pgolf
