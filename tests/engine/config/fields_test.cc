#include "engine/config/fields.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"

namespace pgolf {
namespace {

using testing::HasSubstr;

std::string problem(const std::string& key, const Json& value) {
  Config config;
  set_config_field(config, key, value, "here");
  return config_field(key).limit.problem(config_field(key).get(config));
}

TEST(Fields, LimitsAreInTheRow) {
  EXPECT_EQ(problem("model.num_layers", 4096), "");
  EXPECT_EQ(problem("model.num_layers", 4097), "must be 1..4096, is 4097");
  EXPECT_EQ(problem("train.iterations", 0), "must be positive, is 0");
  EXPECT_EQ(problem("clip.max_norm", -0.5), "must not be negative, is -0.5");
  EXPECT_EQ(problem("adam.beta1", 1.0), "must be in [0, 1), is 1.0");
  EXPECT_EQ(problem("qat.quantile", 0.0), "must be in (0, 1], is 0.0");
  EXPECT_EQ(problem("qat.quantile", 1.0), "");
}

TEST(Fields, ChoicesAreInTheRow) {
  Config config;
  const Field& gate = config_field("model.attn_gate");
  EXPECT_EQ(gate.type, "one of none, linear, per_head, sparse, attn_out, dense");
  EXPECT_TRUE(gate.put(config, "dense"));
  EXPECT_EQ(config.model.attn_gate, AttnGate::dense);
  EXPECT_FALSE(gate.put(config, "Dense"));
  EXPECT_FALSE(gate.put(config, 3));
  EXPECT_EQ(gate.get(config), "dense");
}

TEST(Fields, AValueOfAnotherTypeChangesNothing) {
  Config config;
  for (const auto& [key, value] : {std::pair<std::string, Json>{"model.num_layers", 11.5},
                                   {"model.num_layers", uint64_t{1} << 63},
                                   {"model.value_embed_layers", Json::array({1, "2"})},
                                   {"data.caseops", 1},
                                   {"quant.keep_f16_names", false}})
    try {
      set_config_field(config, key, value, "here");
      ADD_FAILURE() << key;
    } catch (const Error& e) {
      EXPECT_THAT(e.what(), HasSubstr("here: " + key + ": expected "));
    }
  EXPECT_EQ(config_to_json(config), config_to_json(Config{}));
}

TEST(Fields, DefaultsKeepTheirLimits) {
  for (const Field& field : config_fields()) {
    EXPECT_EQ(field.limit.problem(field.get(Config{})), "") << field.key;
    for (const std::string& name : field.limit.names) {
      Config config;
      EXPECT_TRUE(field.put(config, name));
      EXPECT_EQ(field.get(config), name) << field.key;
    }
  }
}

}  // namespace
}  // namespace pgolf
