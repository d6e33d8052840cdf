// The submissions as configured, on their full tensors: counts and sizes that their logs and scripts give.
#include <gtest/gtest.h>

#include <map>

#include "engine/quant/plan.h"
#include "tests/support/golden_config.h"

namespace pgolf {
namespace {

std::map<std::string, PlanEntry> planned(const std::string& pr) {
  Config config = submission_config(pr);
  config.model.param_banks = false;  // banks are quantised matrix by matrix
  std::map<std::string, PlanEntry> out;
  for (auto& entry : make_plan(config.quant, config.model.num_layers, param_table(config.model)).entries)
    out[entry.name] = entry;
  return out;
}

int64_t count(const std::map<std::string, PlanEntry>& plan, Coding coding, int64_t bits) {
  return std::count_if(plan.begin(), plan.end(),
                       [&](const auto& e) { return e.second.coding == coding && e.second.bits == bits; });
}

// Bytes of codes, scales and floats before compression.
int64_t payload_bytes(const std::map<std::string, PlanEntry>& plan) {
  int64_t bytes = 0;
  for (const auto& [name, e] : plan)
    bytes += e.coding == Coding::f32   ? 4 * e.numel()
             : e.coding == Coding::f16 ? 2 * e.numel()
                                       : e.numel() + 2 * e.rows();
  return bytes;
}

TEST(SubmissionPlans, Pr334) {
  const auto plan = planned("334");
  EXPECT_EQ(count(plan, Coding::row_absmax, 5), 66);
  EXPECT_EQ(count(plan, Coding::row_quantile, 8), 2);  // tok_emb, bigram.embed
}

TEST(SubmissionPlans, Pr754) {
  const auto plan = planned("754");
  EXPECT_EQ(count(plan, Coding::clip_search, 6), 67);  // 66 matrices and bigram.embed
  EXPECT_EQ(plan.at("tok_emb.weight").coding, Coding::f16);
  EXPECT_EQ(payload_bytes(plan), 27693850);  // "quant_payload_bytes" of all three logs
}

TEST(SubmissionPlans, Pr849) {
  const auto plan = planned("849");
  EXPECT_EQ(count(plan, Coding::gptq_ascending, 5), 66);  // "68 int5": bigram.proj and ve_shared.proj stay float16
  EXPECT_EQ(count(plan, Coding::gptq_ascending, 6), 0);
  EXPECT_EQ(count(plan, Coding::row_quantile, 8), 3);
  EXPECT_EQ(count(plan, Coding::f32, 0), 0);
  EXPECT_EQ(plan.at("blocks.10.mlp.fc.weight").prune_fraction, 0.03);
}

TEST(SubmissionPlans, Pr2143) {
  const auto plan = planned("2143");
  EXPECT_EQ(count(plan, Coding::gptq, 5), 36);
  EXPECT_EQ(count(plan, Coding::gptq, 6), 36);
  EXPECT_EQ(count(plan, Coding::gptq, 7), 1);
  EXPECT_TRUE(plan.at("blocks.11.mlp.proj.weight").hadamard);
  EXPECT_EQ(plan.at("blocks.11.mlp.proj.weight").clip_sigmas, 12.85);
  EXPECT_EQ(plan.at("blocks.11.attn.attn_gate_w").coding, Coding::f16);
}

TEST(SubmissionPlans, Pr2097) {
  const auto plan = planned("2097");
  EXPECT_EQ(count(plan, Coding::gptq, 6), 66);
  EXPECT_EQ(count(plan, Coding::gptq, 7), 1);
  EXPECT_EQ(count(plan, Coding::gate_rows, 8), 11);
  EXPECT_EQ(plan.at("blocks.3.attn.c_v.weight").clip_sigmas, 13.0);
  EXPECT_EQ(plan.at("blocks.3.mlp.fc.weight").clip_sigmas, 11.5);
  EXPECT_TRUE(plan.at("tok_emb.weight").protectable && plan.at("tok_emb.weight").correctable);
  EXPECT_FALSE(plan.at("blocks.3.mlp.fc.weight").hadamard);
}

}  // namespace
}  // namespace pgolf
