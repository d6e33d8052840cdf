// Every evaluation of the originals: for each eval_* file of the golden directory, each entry of its results.
#include <gtest/gtest.h>

#include "engine/eval/ttt_before_scoring.h"
#include "engine/eval/ttt_chunked.h"
#include "engine/eval/ttt_phased_lora.h"
#include "tests/engine/eval/eval_fixture.h"
#include "tests/support/golden.h"
#include "tests/support/golden_config.h"

namespace pgolf {
namespace {

// tests/golden/README.md: relative, without and with adaptation; parameters after training by norm.
constexpr double kScoreTolerance = 1e-5, kAdaptedTolerance = 5e-4, kParamTolerance = 5e-4;

struct Evaluation {
  std::filesystem::path file;
  std::string name;
};

std::vector<Evaluation> evaluations() {
  std::vector<Evaluation> out;
  for (const auto& path : golden_files("eval_*")) {
    const GoldenFile file(path);
    for (const auto& [name, result] : file.meta().at("results").items()) out.push_back({path, name});
  }
  return out;
}

bool adapts(const std::string& name) { return name.find("ttt") != std::string::npos; }

ValidationData validation_data(const GoldenFile& file) {
  ValidationData data{file.ints("val_tokens"), {}};
  data.target_bytes.assign(data.tokens.size(), 0);
  if (file.contains("val_bytes")) {
    const std::vector<int32_t> bytes = file.ints("val_bytes");
    data.target_bytes.assign(bytes.begin(), bytes.end());
    return data;
  }
  ByteTables tables;
  for (const int32_t x : file.ints("base_bytes")) tables.base.push_back(static_cast<int16_t>(x));
  for (const int32_t x : file.ints("leading_space")) tables.leading_space.push_back(static_cast<uint8_t>(x));
  for (const int32_t x : file.ints("boundary")) tables.boundary.push_back(static_cast<uint8_t>(x));
  for (size_t i = 1; i < data.tokens.size(); ++i)
    data.target_bytes[i] = static_cast<uint16_t>(tables.bytes(data.tokens[i - 1], data.tokens[i]));
  return data;
}

// What the metadata's `env` does not say, the script's own log does.
double logged(const GoldenFile& file, const std::string& key, double fallback) {
  for (const auto& line : file.meta().at("log")) {
    const auto text = line.get<std::string>();
    if (const auto at = text.find(key); at != std::string::npos) return std::stod(text.substr(at + key.size()));
  }
  return fallback;
}

Config evaluation_config(const GoldenFile& file, const std::string& name) {
  Config config = golden_config(file);
  config.ttt.polyak_decay = logged(file, "Polyak averaging enabled: decay=", config.ttt.polyak_decay);
  config.ttt.mixer = name == "score_first_ttt_mixer1";
  return config;
}

ScoreSum evaluate(EvalRun& run, const std::string& name) {
  const PassInfo info = headline_info();
  if (name == "eval_val") return score_plain(run, info);
  if (name == "sliding") return run.config.eval.sliding ? score_sliding(run, info) : score_plain(run, info);
  if (name == "sliding_after_ttt") return ttt_before_scoring(run), score_sliding(run, info);
  if (name.starts_with("score_first_ttt")) return ttt_chunked(run, info);
  if (name == "phased_ttt") return ttt_phased_lora(run, info);
  fail(ErrorKind::not_found, "evaluation '{}' has no counterpart", name);
}

class EvalGolden : public testing::TestWithParam<Evaluation> {};

TEST_P(EvalGolden, LossBitsAndWeights) {
  const auto& [path, name] = GetParam();
  const GoldenFile file(path);
  SCOPED_TRACE(file.name() + " " + name);
  const std::string pr = golden_pr(file);
  EvalFixture fixture(evaluation_config(file, name), validation_data(file), file.meta().value("torch_seed", 0));
  const GoldenFile base = GoldenFile::named("model_" + pr + "_base");
  for (const Param& param : fixture.params().list()) fixture.set_param(param, base.floats("param." + param.name));
  fixture.params().refresh(fixture.ctx());

  const Score score = evaluate(fixture.run(), name).score();
  const double tolerance = adapts(name) ? kAdaptedTolerance : kScoreTolerance;
  const Json& expected = file.meta().at("results").at(name);
  const double loss = expected.at("val_loss"), bpb = expected.at("val_bpb");
  EXPECT_NEAR(score.val_loss, loss, tolerance * loss);
  EXPECT_NEAR(score.val_bpb, bpb, tolerance * bpb);
  RecordProperty("relative_error_of_loss", fmt::format("{:.2e}", std::abs(score.val_loss - loss) / loss));
  fmt::print("{} {}: relative error of loss {:.2e}\n", file.name(), name, std::abs(score.val_loss - loss) / loss);
  if (!adapts(name)) return;
  double worst = 0;
  for (const Param& param : fixture.params().list()) {
    const std::string after = "after_ttt." + param.name;
    if (!file.contains(after)) continue;
    const double error = relative_error(download(fixture.ctx(), param.master), file.floats(after));
    EXPECT_LT(error, kParamTolerance) << param.name;
    worst = std::max(worst, error);
  }
  fmt::print("{} {}: worst relative error of a tensor {:.2e}\n", file.name(), name, worst);
}

INSTANTIATE_TEST_SUITE_P(Files, EvalGolden, testing::ValuesIn(evaluations()),
                         [](const auto& info) { return info.param.file.stem().string() + "_" + info.param.name; });

}  // namespace
}  // namespace pgolf
