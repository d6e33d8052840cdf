#include "judge/claims/mixture.h"

#include <algorithm>
#include <string>
#include <vector>

#include "base/ascii.h"
#include "base/utf8.h"
#include "judge/claims/line_values.h"

namespace pgolf {
namespace {

bool is_mixed(const std::string& name) {
  for (const auto* word : {"mix", "blend", "ngram", "ppm", "hedge", "agree", "ensemble", "combined"})
    if (has(name, word)) return true;
  return false;
}

// One predictor of several, or what sets two apart.
bool is_part(std::string_view name) {
  constexpr std::string_view kParts[] = {"only",     "nn",    "neural", "model",       "llm", "lm",  "base",
                                         "baseline", "delta", "gain",   "improvement", "est", "gap", "control"};
  for (size_t at = 0, end = 0; at < name.size(); at = end + 1) {
    end = std::min(name.find('_', at), name.size());
    if (std::find(std::begin(kParts), std::end(kParts), name.substr(at, end - at)) != std::end(kParts)) return true;
  }
  return false;
}

bool is_of_a_part(std::string_view line) {
  return has(line, "chunk") || has(line, "batch") || has(line, "running") || has(line, "step");
}

}  // namespace

bool names_mixture(std::string_view name) {
  const std::string lower = lower_ascii(name);
  for (const auto* word : {"ppm", "ngram", "n-gram", "hedge", "blend", "mixer", "mixture", "mix_bpb"})
    if (has(lower, word)) return true;
  return lower == "mix" || lower.starts_with("mix_") || lower.ends_with("_mix");
}

std::optional<MixtureResult> mixture_of(std::string_view line) {
  const std::string all_lower = lower_ascii(line);
  if (!has(all_lower, "bpb") || !is_mixed(all_lower) || is_of_a_part(all_lower)) return std::nullopt;
  const std::vector<NamedNumber> numbers = numbers_of(line);
  std::vector<NamedNumber> mixed, plain;
  size_t printed = 0;
  for (const NamedNumber& n : numbers) {
    const std::string lower = lower_ascii(n.name);
    if (!has(n.digits, ".") || (!has(lower, "bpb") && !lower.ends_with("_only"))) continue;
    ++printed;
    if (is_part(lower)) continue;
    if (is_mixed(lower)) mixed.push_back(n);
    if (lower == "val_bpb" || lower == "bpb") plain.push_back(n);
  }
  const bool alone = printed == 1 && plain.size() == 1 && !has(all_lower, "loss") &&
                     names_mixture(std::string_view(line).substr(0, line.find_first_of(":= ")));
  if (printed < 2 && !alone) return std::nullopt;
  const std::vector<NamedNumber>& results = mixed.empty() ? plain : mixed;
  if (results.size() != 1) return MixtureResult{};
  MixtureResult out{results[0].name, results[0].digits, {}};
  std::string loss(out.name);
  loss.replace(loss.find(has(loss, "bpb") ? "bpb" : "BPB"), 3, has(loss, "bpb") ? "loss" : "LOSS");
  for (const NamedNumber& n : numbers)
    if (n.name == loss) out.loss = n.digits;
  return out;
}

}  // namespace pgolf
