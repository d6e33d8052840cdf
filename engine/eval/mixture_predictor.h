// PR 849's score of a target: the model at a temperature that depends on the position, mixed with counts of scored
// text.
#pragma once

#include "engine/eval/hedge_mixer.h"
#include "engine/eval/predictor.h"

namespace pgolf {

// One rank's. With fewer than ttt.mixer_min_tokens counted, or no mixer, the model's tempered softmax alone.
class MixturePredictor : public Predictor {
 public:
  // `counts` may be null: no mixer. All must outlive the predictor.
  MixturePredictor(Context& ctx, const Gpt& model, const TttConfig& ttt, const NgramCounts* counts);

  std::vector<float> nll(const WindowBatch& batch) override;
  std::vector<float> nll_of_all(const WindowBatch& batch, int64_t position) override;

  bool mixing() const;
  // Moves the weights by the experts' mean losses over all positions of the windows that nll() saw last.
  void learn();

  const HedgeWeights& weights() const { return weights_; }

 private:
  bool is_plain() const { return counts_ == nullptr && ttt_.temperature == 1.0; }
  // Losses of experts 0 and 5: one target under each row of logits.
  void model_experts(const Tensor& logits, const Tensor& targets, std::vector<ExpertNll>& out) const;

  // The scored loss, once experts 1 to 4 have been asked about the target after `context`.
  float mixed(ExpertNll& nll, const NgramContext& context, int32_t target) const;

  Context& ctx_;
  const Gpt& model_;
  ModelPredictor plain_;
  TttConfig ttt_;
  const NgramCounts* counts_;
  HedgeWeights weights_;
  ExpertNll mean_{};
};

}  // namespace pgolf
