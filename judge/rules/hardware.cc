// The GPUs that ran it.
#include "judge/rules/rules.h"

namespace pgolf::rules {

bool is_soldered(std::string_view named, std::string_view gpu) {
  const auto has = [&](std::string_view part) { return named.find(part) != std::string_view::npos; };
  return has(gpu) && !has("PCIe") && !has("NVL");
}

Finding hardware(const RunEvidence& run, const RuleReading& reading) {
  const auto& facts = run.facts;
  const std::string want = fmt::format("{}x {} SXM", reading.integer("count"), reading.text("gpu"));
  const std::string have = facts.gpu.empty() ? "CPU" : fmt::format("{}x {}", facts.gpu_count, facts.gpu);
  const bool same = is_soldered(facts.gpu, reading.text("gpu")) && facts.gpu_count == reading.integer("count");
  Finding out{same ? Status::pass : Status::unknown, have, want, "", {}, {}};
  if (!same) out.reason = "times measured here say nothing about those on the hardware of the rule";
  return out;
}

}  // namespace pgolf::rules
