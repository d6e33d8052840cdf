// Every quant_<pr> file against quant_in: which tensor becomes what, codes, scales, and dequantised weights.
#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <map>

#include "engine/quant/quantize.h"
#include "tests/support/golden.h"

namespace pgolf {
namespace {

// The scripts' defaults, then what the file's environment says.
QuantConfig config_334(const GoldenFile&) { return {}; }

QuantConfig config_754(const GoldenFile&) {
  QuantConfig c;
  c.scheme = QuantScheme::gptq_lite;
  c.matrix_bits = 6;
  c.keep_f32_names += ",smear,bigram_scale,vr_lambda,attn_gate,ve_layer_scales,ve_shared.scale";
  c.keep_f16_names = "tok_emb.weight";
  return c;
}

QuantConfig config_849(const GoldenFile& g) {
  QuantConfig c;
  c.scheme = QuantScheme::gptq_ascending;
  c.keep_f32_names = "";
  c.prune_fraction = g.env_double("PRUNE_PCT", 0.03);
  c.int6_last_n = g.env_int("INT6_LAST_N", 2);
  return c;
}

QuantConfig config_gptq(const GoldenFile& g, bool is_2097) {
  QuantConfig c;
  c.scheme = QuantScheme::gptq;
  c.keep_f32_names = "";
  c.matrix_bits = g.env_int("MATRIX_BITS", 6);
  c.embed_bits = g.env_int("EMBED_BITS", is_2097 ? 7 : 8);
  c.matrix_clip_sigmas = g.env_double("MATRIX_CLIP_SIGMAS", 12.85);
  c.embed_clip_sigmas = g.env_double("EMBED_CLIP_SIGMAS", is_2097 ? 14.0 : 20.0);
  c.mlp_clip_sigmas = g.env_double("MLP_CLIP_SIGMAS", is_2097 ? 11.5 : 0.0);
  c.attn_clip_sigmas = g.env_double("ATTN_CLIP_SIGMAS", is_2097 ? 13.0 : 0.0);
  const bool lqer = g.env_int("LQER_ENABLED", is_2097) != 0;
  c.lqer_top_k = lqer ? g.env_int("LQER_TOP_K", 3) : 0;
  c.lqer_rank = g.env_int("LQER_RANK", 4);
  c.lqer_factor_bits = g.env_int("LQER_FACTOR_BITS", 4);
  c.lqer_asym = g.env_int("LQER_ASYM_ENABLED", 1) != 0;
  c.lqer_asym_group = g.env_int("LQER_ASYM_GROUP", 64);
  return c;
}

QuantConfig config_2143(const GoldenFile& g) {
  QuantConfig c = config_gptq(g, false);
  c.hadamard = g.env_int("HADAMARD_ROTATE", 0) != 0;
  c.matrix_bits_kv = g.env_int("MATRIX_BITS_KV", 0);
  c.matrix_bits_mlp_fc = g.env_int("MATRIX_BITS_MLP_FC", 0);
  c.matrix_bits_mlp_proj = g.env_int("MATRIX_BITS_MLP_PROJ", 0);
  return c;
}

QuantConfig config_2097(const GoldenFile& g) {
  QuantConfig c = config_gptq(g, true);
  c.gate_int8_rows = g.env_int("GATED_ATTN_QUANT_GATE", 1) != 0;
  c.lqer_gain_select = g.env_int("LQER_GAIN_SELECT", 0) != 0;
  const std::map<std::string, LqerScope> scopes{
      {"all", LqerScope::all}, {"mlp", LqerScope::mlp}, {"attn", LqerScope::attn}, {"embed", LqerScope::embed}};
  c.lqer_scope = scopes.at(g.env("LQER_SCOPE", "all"));
  c.awq_top_k = g.env_int("AWQ_LITE_ENABLED", 1) != 0 ? g.env_int("AWQ_LITE_GROUP_TOP_K", 1) : 0;
  c.awq_group_size = g.env_int("AWQ_LITE_GROUP_SIZE", 64);
  c.awq_bits = g.env_int("AWQ_LITE_BITS", 8);
  return c;
}

const std::map<std::string, QuantConfig (*)(const GoldenFile&)> kConfigs{{"quant_334", config_334},
                                                                         {"quant_754", config_754},
                                                                         {"quant_849", config_849},
                                                                         {"quant_2143", config_2143},
                                                                         {"quant_2097", config_2097}};

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

void compare(const GoldenFile& in, const GoldenFile& g) {
  const Inputs inputs(in, g);
  const QuantPlan plan = make_plan(kConfigs.at(g.name())(g), g.env_int("NUM_LAYERS", 11), inputs.specs);
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
    const double error = relative_error(dequantize(*by_name.at(name)), g.floats("deq." + name));
    // One code in a thousand off by one is a few per cent of a matrix's norm; with equal codes all is equal.
    EXPECT_LT(error, different_codes[name] == 0 ? 1e-5 : 3e-2) << name << ": " << by_name.at(name)->encoding;
  }
}

TEST(QuantGolden, EverySubmission) {
  const auto in = GoldenFile::named("quant_in");
  size_t compared = 0;
  for (const auto& path : golden_files("quant_[0-9]*")) {
    const GoldenFile g(path);
    SCOPED_TRACE(g.name());
    compare(in, g);
    ++compared;
  }
  EXPECT_EQ(compared, kConfigs.size());
}

}  // namespace
}  // namespace pgolf
