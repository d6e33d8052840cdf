#include "engine/quant/plan.h"

#include <gtest/gtest.h>

#include <map>

#include "base/error.h"

namespace pgolf {
namespace {

const std::vector<ParamSpec> kTensors{{"tok_emb.weight", {1024, 512}},
                                      {"bigram.embed.weight", {2048, 64}},
                                      {"bigram.proj.weight", {512, 128}},
                                      {"smear.gate", {512}},
                                      {"bigram.scale", {}},
                                      {"blocks.0.attn.c_q.weight", {512, 512}},
                                      {"blocks.0.attn.c_k.weight", {256, 512}},
                                      {"blocks.0.attn.attn_gate_w", {8, 12}},
                                      {"blocks.0.attn_scale", {512}},
                                      {"blocks.1.mlp.fc.weight", {2048, 512}},
                                      {"blocks.1.mlp.proj.weight", {512, 2048}}};

std::map<std::string, PlanEntry> planned(const QuantConfig& config) {
  std::map<std::string, PlanEntry> out;
  for (auto& entry : make_plan(config, 2, kTensors).entries) out[entry.name] = entry;
  return out;
}

void expect_coding(const std::map<std::string, PlanEntry>& plan, const std::string& name, Coding coding, int64_t bits) {
  EXPECT_EQ(plan.at(name).coding, coding) << name;
  EXPECT_EQ(plan.at(name).bits, bits) << name;
}

TEST(QuantPlan, Pr334) {
  const auto plan = planned({});
  expect_coding(plan, "tok_emb.weight", Coding::row_quantile, 8);
  expect_coding(plan, "bigram.embed.weight", Coding::row_quantile, 8);
  expect_coding(plan, "bigram.proj.weight", Coding::f16, 0);  // exactly 65,536 elements
  expect_coding(plan, "bigram.scale", Coding::f16, 0);
  expect_coding(plan, "blocks.0.attn_scale", Coding::f32, 0);
  expect_coding(plan, "blocks.0.attn.c_q.weight", Coding::row_absmax, 5);
  EXPECT_EQ(plan.at("blocks.0.attn.c_q.weight").code_max(), 15);
}

TEST(QuantPlan, Pr754) {
  QuantConfig c;
  c.scheme = QuantScheme::gptq_lite;
  c.matrix_bits = 6;
  c.keep_f32_names = "attn_scale,smear";
  c.keep_f16_names = "tok_emb.weight";
  const auto plan = planned(c);
  expect_coding(plan, "tok_emb.weight", Coding::f16, 0);
  expect_coding(plan, "smear.gate", Coding::f32, 0);
  expect_coding(plan, "bigram.embed.weight", Coding::clip_search, 6);
  expect_coding(plan, "blocks.1.mlp.proj.weight", Coding::clip_search, 6);
}

TEST(QuantPlan, Pr849) {
  QuantConfig c;
  c.scheme = QuantScheme::gptq_ascending;
  c.keep_f32_names = "";
  c.prune_fraction = 0.03;
  c.int6_last_n = 1;
  const auto plan = planned(c);
  expect_coding(plan, "tok_emb.weight", Coding::row_quantile, 8);
  expect_coding(plan, "bigram.embed.weight", Coding::row_quantile, 8);
  expect_coding(plan, "blocks.0.attn_scale", Coding::f16, 0);
  expect_coding(plan, "blocks.0.attn.c_q.weight", Coding::gptq_ascending, 5);
  expect_coding(plan, "blocks.1.mlp.fc.weight", Coding::gptq_ascending, 6);
  EXPECT_TRUE(plan.at("blocks.1.mlp.fc.weight").needs_hessian());
  EXPECT_FALSE(plan.at("tok_emb.weight").needs_hessian());
  EXPECT_EQ(plan.at("tok_emb.weight").prune_fraction, 0.03);
  EXPECT_EQ(plan.at("blocks.0.attn_scale").prune_fraction, 0.0);
}

TEST(QuantPlan, Pr2143) {
  QuantConfig c;
  c.scheme = QuantScheme::gptq;
  c.keep_f32_names = "";
  c.matrix_bits_kv = c.matrix_bits_mlp_fc = 6;
  c.embed_bits = 7;
  c.hadamard = true;
  c.lqer_top_k = 3;
  const auto plan = planned(c);
  expect_coding(plan, "tok_emb.weight", Coding::gptq, 7);
  expect_coding(plan, "blocks.0.attn.c_q.weight", Coding::gptq, 5);
  expect_coding(plan, "blocks.0.attn.c_k.weight", Coding::gptq, 6);
  expect_coding(plan, "blocks.1.mlp.fc.weight", Coding::gptq, 6);
  expect_coding(plan, "blocks.1.mlp.proj.weight", Coding::gptq, 5);
  expect_coding(plan, "blocks.0.attn.attn_gate_w", Coding::f16, 0);
  EXPECT_FALSE(plan.at("tok_emb.weight").hadamard);
  EXPECT_TRUE(plan.at("blocks.0.attn.c_q.weight").hadamard);
  EXPECT_EQ(plan.at("tok_emb.weight").clip_sigmas, 14.0);
  EXPECT_EQ(plan.at("blocks.0.attn.c_q.weight").clip_sigmas, 12.85);
  EXPECT_TRUE(plan.at("tok_emb.weight").correctable);
  EXPECT_FALSE(plan.at("tok_emb.weight").protectable);
}

TEST(QuantPlan, Pr2097) {
  QuantConfig c;
  c.scheme = QuantScheme::gptq;
  c.keep_f32_names = "";
  c.matrix_bits = 6;
  c.embed_bits = 7;
  c.attn_clip_sigmas = 13;
  c.mlp_clip_sigmas = 11.5;
  c.gate_int8_rows = true;
  c.lqer_top_k = 3;
  c.lqer_scope = LqerScope::mlp;
  c.awq_top_k = 1;
  const auto plan = planned(c);
  expect_coding(plan, "blocks.0.attn.attn_gate_w", Coding::gate_rows, 8);
  EXPECT_EQ(plan.at("blocks.0.attn.c_q.weight").clip_sigmas, 13.0);
  EXPECT_EQ(plan.at("blocks.1.mlp.fc.weight").clip_sigmas, 11.5);
  EXPECT_TRUE(plan.at("tok_emb.weight").protectable);
  EXPECT_FALSE(plan.at("tok_emb.weight").correctable);
  EXPECT_TRUE(plan.at("blocks.1.mlp.fc.weight").correctable);
}

// Profiles lower the limit so that narrow models are quantised; GPTQ still codes only what has a Hessian.
TEST(QuantPlan, GptqLeavesWhatIsNoLinearMap) {
  QuantConfig c;
  c.scheme = QuantScheme::gptq;
  c.keep_f32_names = "";
  c.keep_float_max_numel = 64;
  for (const auto& tensor : std::vector<ParamSpec>{{"skip_gates", {9, 128}}, {"parallel_post_lambdas", {40, 2, 2}}})
    EXPECT_EQ(make_plan(c, 2, {tensor}).entries[0].coding, Coding::f16) << tensor.name;
  EXPECT_EQ(make_plan(c, 2, {{"blocks.0.attn.proj.weight", {16, 16}}}).entries[0].coding, Coding::gptq);
}

TEST(QuantPlan, RefusesWhatCannotBeStored) {
  EXPECT_THROW(make_plan({}, 2, {{"qo_bank", {4, 512, 512}}}), Error);
  QuantConfig c;
  c.scheme = QuantScheme::gptq;
  c.hadamard = true;
  EXPECT_THROW(make_plan(c, 2, {{"blocks.0.mlp.proj.weight", {512, 1536}}}), Error);
}

}  // namespace
}  // namespace pgolf
