#include <gtest/gtest.h>

#include <cmath>
#include <random>

#include "base/error.h"
#include "engine/codec/container.h"
#include "engine/core/parallel.h"
#include "engine/quant/quantize.h"
#include "tests/support/golden.h"

namespace pgolf {
namespace {

constexpr uint32_t kSeed = 4711;

// A small model with everything that 2143 and 2097 store.
struct Model {
  QuantConfig config;
  QuantPlan plan;
  std::map<std::string, std::vector<float>> weights;
  std::vector<float> hessian, rms;

  explicit Model(const QuantConfig& c) : config(c), hessian(64 * 64), rms(64, 1.0F) {
    std::vector<ParamSpec> specs{{"tok_emb.weight", {40, 64}}};
    for (int layer = 0; layer < 3; ++layer)
      for (const char* kind : {"attn.c_q", "attn.c_k", "mlp.fc", "mlp.proj"})
        specs.push_back({"blocks." + std::to_string(layer) + "." + kind + ".weight", {16 * (layer + 2), 64}});
    specs.push_back({"blocks.0.attn.attn_gate_w", {8, 12}});
    specs.push_back({"skip_gates", {3, 8}});
    specs.push_back({"softcap_pos", {}});
    std::mt19937 rng(kSeed);
    std::normal_distribution<float> normal;
    for (const auto& spec : specs)
      for (int64_t i = 0; i < spec.numel(); ++i) weights[spec.name].push_back(0.1F * normal(rng));
    for (size_t i = 0; i < 64; ++i) hessian[i * 65] = 1 + 0.1F * static_cast<float>(i);
    plan = make_plan(config, 3, specs);
  }
  QuantInput input(const PlanEntry& e) const {
    return {weights.at(e.name), hessian, e.shape.size() == 2 ? std::span<const float>(rms) : std::span<const float>()};
  }
  std::vector<ArtifactTensor> quantized() const {
    return quantize_model(kCpu, plan, [this](const PlanEntry& e) { return input(e); });
  }
};

QuantConfig full_config() {
  QuantConfig c;
  c.scheme = QuantScheme::gptq;
  c.keep_f32_names = "skip_gates";
  c.keep_float_max_numel = 100;
  c.matrix_bits = 4;
  c.embed_bits = 5;
  c.matrix_clip_sigmas = c.embed_clip_sigmas = 4;
  c.gate_int8_rows = true;
  c.lqer_top_k = 2;
  c.awq_top_k = 1;
  c.awq_group_size = 16;
  return c;
}

// Sum over tensors of the norm of what is lost, which is what gains are counted in.
double total_error(const Model& m, const std::vector<ArtifactTensor>& tensors) {
  double total = 0;
  for (const auto& t : tensors) {
    const auto back = dequantize(t);
    double squares = 0;
    for (size_t i = 0; i < back.size(); ++i) squares += std::pow(back[i] - m.weights.at(t.name)[i], 2);
    total += std::sqrt(squares);
  }
  return total;
}

int with_part(const std::vector<ArtifactTensor>& tensors, const char* key) {
  int count = 0;
  for (const auto& t : tensors) count += t.find(key) != nullptr;
  return count;
}

TEST(QuantizeModel, SurvivesTheContainer) {
  const Model m(full_config());
  const Artifact artifact{"{}", m.quantized()};
  const CodecConfig codec{Codec::per_group, 11};
  const Bytes file = pack_artifact(artifact, codec);
  const auto before = dequantize_model(artifact), after = dequantize_model(unpack_artifact(file, "artifact.bin"));
  EXPECT_EQ(before, after);
  EXPECT_EQ(after.size(), m.weights.size());
  EXPECT_EQ(after.at("skip_gates"), m.weights.at("skip_gates"));
  EXPECT_LT(relative_error(after.at("blocks.0.attn.attn_gate_w"), m.weights.at("blocks.0.attn.attn_gate_w")), 0.01);
}

TEST(QuantizeModel, SameResultForAnyNumberOfThreads) {
  QuantConfig config = full_config();
  config.hadamard = true;
  const Model m(config);
  set_num_threads(1);
  const Bytes one = pack_artifact({"{}", m.quantized()}, {});
  set_num_threads(3);
  const Bytes three = pack_artifact({"{}", m.quantized()}, {});
  EXPECT_EQ(one, three);
}

TEST(QuantizeModel, CorrectionsAndGroupsAreAsManyAsAskedAndHelp) {
  QuantConfig config = full_config();
  config.lqer_asym = false;
  const Model m(config);
  const auto all = m.quantized();
  EXPECT_EQ(with_part(all, "lqA"), 2);
  EXPECT_EQ(with_part(all, "awq_start"), 1);
  config.lqer_top_k = 0;
  const auto uncorrected = Model(config).quantized();
  EXPECT_EQ(with_part(uncorrected, "lqA"), 0);
  config.awq_top_k = 0;
  const auto plain = Model(config).quantized();
  EXPECT_LT(total_error(m, all), total_error(m, uncorrected));
  EXPECT_LT(total_error(m, uncorrected), total_error(m, plain));
}

TEST(QuantizeModel, GainSelectPrefersWhatTheCorrectionRemoves) {
  QuantConfig config = full_config();
  config.awq_top_k = 0;
  config.lqer_asym = false;
  config.lqer_top_k = 1;
  const Model by_error(config);
  config.lqer_gain_select = true;
  const Model by_gain(config);
  EXPECT_LE(total_error(by_gain, by_gain.quantized()), total_error(by_error, by_error.quantized()));
}

TEST(QuantizeModel, ProtectedGroupFollowsTheActivations) {
  QuantConfig config = full_config();
  config.lqer_top_k = 0;
  Model m(config);
  for (size_t j = 32; j < 48; ++j) m.rms[j] = 50;
  for (const auto& t : m.quantized())
    if (const ArtifactPart* start = t.find("awq_start")) {
      EXPECT_EQ(start->bytes, (Bytes{std::byte{32}, std::byte{0}}));
      EXPECT_EQ(t.encoding.substr(4), "+awq");
    }
}

std::string refusal(const ArtifactTensor& t) {
  try {
    dequantize(t);
  } catch (const Error& e) {
    EXPECT_EQ(e.kind(), ErrorKind::submission);
    EXPECT_NE(std::string(e.what()).find("'" + t.name + "'"), std::string::npos) << e.what();
    return e.what();
  }
  return "";
}

// A forged artifact may be consistent as a file and still make no sense as weights.
TEST(QuantizeModel, RefusesPartsThatDoNotFit) {
  QuantConfig config = full_config();
  config.lqer_top_k = 20;
  const auto tensors = Model(config).quantized();
  for (const auto& t : tensors) {
    EXPECT_EQ(refusal(t), "");
    for (size_t p = 0; p < t.parts.size(); ++p) {
      ArtifactTensor broken = t;
      broken.parts[p].key += "_";
      if (t.parts[p].key != "lqA" && t.parts[p].key != "awq_start") {
        EXPECT_NE(refusal(broken), "") << t.parts[p].key;
      }
      broken = t;
      broken.parts[p].shape.push_back(2);
      broken.parts[p].bytes.resize(broken.parts[p].bytes.size() * 2);
      if (!t.parts[p].key.ends_with("_scale") && t.parts[p].key != "awq_start") {
        EXPECT_NE(refusal(broken), "") << t.parts[p].key;
      }
      broken = t;
      broken.parts[p].type = t.parts[p].type == ElementType::i8 ? ElementType::f16 : ElementType::i8;
      EXPECT_NE(refusal(broken), "") << t.parts[p].key;
    }
    ArtifactTensor unknown = t;
    unknown.encoding = "ternary";
    EXPECT_NE(refusal(unknown).find("unknown encoding"), std::string::npos);
  }
  Artifact twice{"{}", {tensors[0], tensors[0]}};
  EXPECT_THROW(dequantize_model(twice), Error);
}

}  // namespace
}  // namespace pgolf
