// What assigns losses to targets: the model alone, or with what an evaluator adds to it. Scoring and probing see the
// same.
#pragma once

#include <vector>

#include "engine/eval/window_batch.h"
#include "engine/model/gpt.h"

namespace pgolf {

// Neither call changes what later calls return. Both start a new step of the context.
class Predictor {
 public:
  virtual ~Predictor() = default;
  // Of every scored position, nats: [B T]; what stands elsewhere is nothing to go by.
  virtual std::vector<float> nll(const WindowBatch& batch) = 0;
  // Of every token of the vocabulary, were it the target at one position: [V].
  virtual std::vector<float> nll_of_all(const WindowBatch& batch, int64_t position) = 0;
};

class ModelPredictor : public Predictor {
 public:
  // `pack_length` > 0: batches are one packed row, cut into segments at most so long. All must outlive the predictor.
  ModelPredictor(Context& ctx, const Gpt& model, const LoraSet* lora = nullptr, int64_t pack_length = 0)
      : ctx_(ctx), model_(model), lora_(lora), pack_length_(pack_length) {}

  std::vector<float> nll(const WindowBatch& batch) override { return start(batch), finish(); }
  std::vector<float> nll_of_all(const WindowBatch& batch, int64_t position) override;

  // nll() in two halves: the device is at work between them. One batch at a time, and no other call meanwhile.
  void start(const WindowBatch& batch);
  std::vector<float> finish();

  // What a forward pass over the batch reads; uploads to the context.
  Pass pass(const WindowBatch& batch) const;

 private:
  Context& ctx_;
  const Gpt& model_;
  const LoraSet* lora_;
  int64_t pack_length_;

  // Of the batch that was started: its losses, and the positions they belong to; empty: all.
  Tensor started_;
  std::vector<int32_t> scored_;
  size_t positions_ = 0;
};

// The segments of a packed row, on the context's device.
Segments packed_segments(Context& ctx, std::span<const int32_t> ids, int64_t bos_id, int64_t max_length);

// NLL of every token under one row of softcapped logits [V], each taken as a target of its own.
// `nll(logits [k, V], first)` gives those of tokens first..first+k-1.
std::vector<float> for_all_tokens(Context& ctx, const Tensor& logits_row,
                                  const std::function<std::vector<float>(const Tensor& logits, int32_t first)>& nll);

}  // namespace pgolf
