#include "tests/engine/eval/eval_golden.h"

#include "engine/eval/ttt_before_scoring.h"
#include "engine/eval/ttt_chunked.h"
#include "engine/eval/ttt_phased_lora.h"
#include "tests/engine/eval/eval_fixture.h"
#include "tests/support/golden_config.h"

namespace pgolf {
namespace {

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

ScoreSum evaluate(EvalRun& run, const std::string& name) {
  const PassInfo info = headline_info();
  if (name == "eval_val") return score_plain(run, info);
  if (name == "sliding") return run.config.eval.sliding ? score_sliding(run, info) : score_plain(run, info);
  if (name == "sliding_after_ttt") return ttt_before_scoring(run), score_sliding(run, info);
  if (name.starts_with("score_first_ttt")) return ttt_chunked(run, info);
  if (name == "phased_ttt") return ttt_phased_lora(run, info);
  fail(ErrorKind::not_found, "evaluation '{}' has no counterpart", name);
}

}  // namespace

GoldenValues eval_golden(const GoldenFile& file, const std::string& evaluation, uint64_t draw) {
  EvalFixture fixture(golden_config(file, evaluation), validation_data(file), static_cast<int64_t>(file.torch_seed()));
  const GoldenFile base = GoldenFile::named("model_" + golden_pr(file) + "_base");
  for (const Param& param : fixture.params().list()) {
    const std::vector<double> stored = base.weights("param." + param.name, draw);
    fixture.set_param(param, {stored.begin(), stored.end()});
  }
  fixture.params().refresh(fixture.ctx());

  const Score score = evaluate(fixture.run(), evaluation).score();
  GoldenValues out{{"val_loss", {score.val_loss}}, {"val_bpb", {score.val_bpb}}};
  if (evaluation.find("ttt") == std::string::npos) return out;
  for (const Param& param : fixture.params().list()) {
    const std::vector<float> after = download(fixture.ctx(), param.master);
    out["after_ttt." + param.name] = {after.begin(), after.end()};
  }
  return out;
}

}  // namespace pgolf
