#include "engine/eval/mixture_predictor.h"

#include <numeric>

#include "engine/core/parallel.h"
#include "engine/core/transfer.h"
#include "engine/ops/softmax_nll.h"

namespace pgolf {
namespace {

constexpr int64_t kGrain = 256;  // positions

// Of position t in a row: the ids up to t, which precede its target.
NgramContext context_at(const int32_t* row, int64_t t) {
  return {row[t], t >= 1 ? row[t - 1] : 0, t >= 2 ? row[t - 2] : 0};
}

NgramContext context_at(const WindowBatch& batch, int64_t position) {
  return context_at(batch.ids.data() + position / batch.row * batch.row, position % batch.row);
}

// Over the positions of windows, padding left out.
ExpertNll mean_of(const WindowBatch& batch, const std::vector<ExpertNll>& nll) {
  std::array<double, kNumExperts> sum{};
  int64_t count = 0;
  for (int64_t b = 0; b < batch.size(); ++b) {
    const Window& w = batch.windows[static_cast<size_t>(b)];
    for (int64_t t = 0; t < w.length; ++t)
      for (size_t k = 0; k < sum.size(); ++k) sum[k] += nll[static_cast<size_t>(b * batch.row + t)][k];
    count += w.length;
  }
  ExpertNll mean{};
  for (size_t k = 0; k < sum.size(); ++k)
    mean[k] = static_cast<float>(sum[k] / static_cast<double>(std::max<int64_t>(count, 1)));
  return mean;
}

}  // namespace

MixturePredictor::MixturePredictor(Context& ctx, const Gpt& model, const TttConfig& ttt, const NgramCounts* counts)
    : ctx_(ctx), model_(model), plain_(ctx, model), ttt_(ttt), counts_(counts), weights_(ttt) {}

bool MixturePredictor::mixing() const { return counts_ != nullptr && counts_->total() >= ttt_.mixer_min_tokens; }

void MixturePredictor::learn() {
  if (mixing()) weights_.update(mean_, counts_->total());
}

void MixturePredictor::model_experts(const Tensor& logits, const Tensor& targets, std::vector<ExpertNll>& out) const {
  const SoftmaxNll tempered = softmax_nll(ctx_, logits, targets, static_cast<float>(ttt_.temperature));
  const std::vector<float> neural = download(ctx_, tempered.nll), entropy = download(ctx_, tempered.entropy);
  out.resize(neural.size());
  for (size_t i = 0; i < out.size(); ++i) {
    out[i][0] = neural[i];
    out[i][kNumExperts - 1] = entropy[i];
  }
}

float MixturePredictor::mixed(ExpertNll& nll, const NgramContext& context, int32_t target) const {
  if (!mixing()) return nll[0];
  counts_->nll(context, target, nll);
  return weights_.mix(nll);
}

std::vector<float> MixturePredictor::nll(const WindowBatch& batch) {
  if (is_plain()) return plain_.nll(batch);
  ctx_.reset();
  const Tensor logits = model_.logits(ctx_, plain_.pass(batch));  // [B T, V]
  std::vector<ExpertNll> of;
  model_experts(logits, upload(ctx_, batch.targets, {batch.size() * batch.row}), of);
  std::vector<float> out(of.size());
  parallel_for(static_cast<int64_t>(of.size()), kGrain, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      const auto at = static_cast<size_t>(i);
      out[at] = mixed(of[at], context_at(batch, i), batch.targets[at]);
    }
  });
  mean_ = mean_of(batch, of);
  return out;
}

std::vector<float> MixturePredictor::nll_of_all(const WindowBatch& batch, int64_t position) {
  if (is_plain()) return plain_.nll_of_all(batch, position);
  ctx_.reset();
  const Tensor logits = model_.logits(ctx_, plain_.pass(batch));
  const NgramContext context = context_at(batch, position);
  return for_all_tokens(ctx_, logits[position], [&](const Tensor& copies, int32_t first) {
    std::vector<int32_t> tokens(static_cast<size_t>(copies.rows()));
    std::iota(tokens.begin(), tokens.end(), first);
    std::vector<ExpertNll> of;
    model_experts(copies, upload(ctx_, tokens, {copies.rows()}), of);
    std::vector<float> out(of.size());
    for (size_t i = 0; i < of.size(); ++i) out[i] = mixed(of[i], context, tokens[i]);
    return out;
  });
}

}  // namespace pgolf
