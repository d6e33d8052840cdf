// Every quant_<pr> file against quant_in: which tensor becomes what, codes, scales, and dequantised weights.
#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <map>

#include "engine/quant/quantize.h"
#include "tests/support/golden_config.h"

namespace pgolf {
namespace {

// Our part of the upstream tensor "out.<name>.<suffix>".
std::string part_key(const std::string& suffix) {
  static const std::map<std::string, std::string> keys{{"", "v"},
                                                       {"q", "q"},
                                                       {"scale", "scale"},
                                                       {"gq", "q"},
                                                       {"gs", "scale"},
                                                       {"awqg_start", "awq_start"},
                                                       {"awqg_size", "awq_size"},
                                                       {"awqg_s_hi", "awq_scale"},
                                                       {"lqA", "lqA"},
                                                       {"lqA_a", "lqA"},
                                                       {"lqB", "lqB"},
                                                       {"lqB_a", "lqB"},
                                                       {"lqAs", "lqA_scale"},
                                                       {"lqAs_a", "lqA_scale"},
                                                       {"lqBs", "lqB_scale"},
                                                       {"lqBs_a", "lqB_scale"}};
  return keys.at(suffix);
}

struct Inputs {
  std::map<std::string, std::vector<float>> weights, hessians, rms;
  std::vector<ParamSpec> specs;

  // Tensors in the order in which the reference quantised them, which the metadata keeps.
  Inputs(const GoldenFile& in, const GoldenFile& out) {
    for (const auto& [name, kind] : out.meta()["tensor_meta"].items()) {
      specs.push_back({name, in.shape("in." + name)});
      weights[name] = in.floats("in." + name);
      if (in.contains("hess." + name)) hessians[name] = in.floats("hess." + name);
      if (in.contains("actrms." + name)) rms[name] = in.floats("actrms." + name);
    }
  }
  QuantInput of(const PlanEntry& e) const {
    const auto find = [&](const auto& map) {
      const auto found = map.find(e.name);
      return found == map.end() ? std::span<const float>() : std::span<const float>(found->second);
    };
    return {find(weights), find(hessians), find(rms)};
  }
};

// Adds the number of places that differ to `total`.
void expect_codes(const ArtifactPart& part, const std::vector<int32_t>& expected, size_t& total) {
  ASSERT_EQ(part.type, ElementType::i8);
  ASSERT_EQ(part.bytes.size(), expected.size());
  size_t different = 0;
  for (size_t i = 0; i < expected.size(); ++i) {
    const int difference = std::abs(static_cast<int8_t>(part.bytes[i]) - expected[i]);
    ASSERT_LE(difference, 1) << "at " << i;
    different += difference != 0;
  }
  EXPECT_LE(static_cast<double>(different), 1e-3 * static_cast<double>(expected.size()));
  total += different;
}

// One upstream tensor against ours. LQER factors are compared through the dequantised weights.
void expect_part(const GoldenFile& g, const std::string& stored, const ArtifactTensor& ours, const std::string& suffix,
                 size_t& different_codes) {
  SCOPED_TRACE(stored);
  const ArtifactPart* part = ours.find(part_key(suffix));
  ASSERT_NE(part, nullptr);
  const auto& view = g.view("out." + stored);
  EXPECT_EQ(part->numel(), view.numel());
  if (part->key.starts_with("lq")) return;
  if (view.dtype == "I8") return expect_codes(*part, to_ints(view), different_codes);
  EXPECT_EQ(element_size(part->type), safetensors_dtype_size(view.dtype));
  EXPECT_EQ(part->bytes, Bytes(view.bytes.begin(), view.bytes.end()));
}

// Equal codes give equal weights. A code that rounding moved by one, and the singular vectors that then turn, give
// others that are as near to the original weights, and nearer to the reference's than those are.
void expect_weights(const std::vector<float>& ours, const std::vector<float>& reference,
                    const std::vector<float>& original, bool moved) {
  const double difference = relative_error(ours, reference);
  if (difference < 1e-4) return;
  ASSERT_TRUE(moved) << difference;
  const double loss = relative_error(original, reference);
  EXPECT_LT(difference, loss);
  EXPECT_NEAR(relative_error(original, ours) / loss, 1, 1e-2);
}

void compare(const GoldenFile& in, const GoldenFile& g) {
  const Inputs inputs(in, g);
  const Config config = golden_quant_config(g);
  const QuantPlan plan = make_plan(config.quant, config.model.num_layers, inputs.specs);
  const auto tensors = quantize_model(kCpu, plan, [&](const PlanEntry& e) { return inputs.of(e); });
  std::map<std::string, const ArtifactTensor*> by_name;
  std::map<std::string, size_t> different_codes;
  size_t parts = 0;
  for (const auto& t : tensors) by_name[t.name] = &t, parts += t.parts.size();
  const auto outputs = g.names("out.");
  EXPECT_EQ(parts, outputs.size());
  for (const std::string& stored : outputs) {
    const auto owner = std::find_if(tensors.begin(), tensors.end(), [&](const auto& t) {
      return stored == t.name ||
             (stored.starts_with(t.name + ".") && stored.find('.', t.name.size() + 1) == std::string::npos);
    });
    ASSERT_NE(owner, tensors.end()) << stored;
    expect_part(g, stored, *owner, stored.size() == owner->name.size() ? "" : stored.substr(owner->name.size() + 1),
                different_codes[owner->name]);
  }
  for (const std::string& name : g.names("deq.")) {
    const ArtifactTensor& tensor = *by_name.at(name);
    SCOPED_TRACE(name + ": " + tensor.encoding);
    const bool moved = different_codes[name] > 0 || tensor.find("lqA") != nullptr;
    expect_weights(dequantize(tensor), g.floats("deq." + name), in.floats("in." + name), moved);
  }
}

class QuantGolden : public testing::TestWithParam<const char*> {};

TEST_P(QuantGolden, CodesScalesAndWeights) {
  const std::string pattern = std::string("quant_") + GetParam() + "*";
  if (const std::string none = golden_missing({pattern, "quant_in"}); !none.empty()) GTEST_SKIP() << none;
  const auto in = GoldenFile::named("quant_in");
  for (const auto& path : golden_files(pattern)) {
    const GoldenFile g(path);
    SCOPED_TRACE(g.name());
    compare(in, g);
  }
}

INSTANTIATE_TEST_SUITE_P(Pr, QuantGolden, testing::ValuesIn(kGoldenPrs),
                         [](const auto& info) { return std::string(info.param); });

}  // namespace
}  // namespace pgolf
