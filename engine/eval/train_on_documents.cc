#include "engine/eval/train_on_documents.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "base/progress.h"
#include "engine/core/transfer.h"
#include "engine/eval/base_optimizer.h"
#include "engine/eval/data_parallel.h"
#include "engine/eval/predictor.h"
#include "engine/eval/trainable.h"

namespace pgolf {
namespace {

// Documents as one stream of their own.
class Concatenation {
 public:
  Concatenation(const ValSet& val, std::span<const Document> documents) : documents_(documents) {
    for (const Document& d : documents)
      tokens_.insert(tokens_.end(), val.inputs(d.begin), val.inputs(d.begin) + d.length);
  }

  int64_t num_targets() const { return std::max<int64_t>(static_cast<int64_t>(tokens_.size()) - 1, 0); }
  const int32_t* tokens(int64_t at) const { return tokens_.data() + at; }

  // Targets [begin, end) of this stream as validation targets. The first token of a document is a target here, after
  // the last of another, but stands for no target of the validation stream.
  TargetRanges targets(int64_t begin, int64_t end) const {
    TargetRanges out;
    int64_t start = 0;  // of the document, here
    for (const Document& d : documents_) {
      const int64_t first = std::max(begin + 1, start + 1), last = std::min(end + 1, start + d.length);  // tokens
      if (first < last) out.push_back({d.begin + first - start - 1, d.begin + last - start - 1});
      start += d.length;
    }
    return out;
  }

 private:
  std::span<const Document> documents_;
  std::vector<int32_t> tokens_;
};

}  // namespace

void train_on_documents(EvalRun& run, std::span<const Document> documents) {
  const TttConfig& ttt = run.config.ttt;
  const int64_t row = run.config.eval.seq_len;
  const Concatenation stream(run.val, documents);
  const int64_t num_chunks = (stream.num_targets() + ttt.chunk_tokens - 1) / ttt.chunk_tokens;
  const std::vector<ParallelStep> steps = parallel_steps(ttt.chunk_tokens / row, run.world(), ttt.batch_seqs);
  if (num_chunks < 2 || steps.empty()) return;

  run.params.set_frozen([&](const std::string& name) { return !ttt_trains(ttt, run.config.model.num_layers, name); });
  BaseOptimizer optimizer(run.ctx, run.params, run.config);
  RankMean mean(run.ctx, run.params, run.comm, run.world());
  Progress progress("ttt.base", num_chunks - 1, "chunks");
  for (int64_t c = 0; c + 1 < num_chunks; ++c) {
    const int64_t chunk = c * ttt.chunk_tokens;
    const double cosine =
        0.5 * (1.0 + std::cos(std::numbers::pi * static_cast<double>(c) / static_cast<double>(num_chunks - 1)));
    for (int64_t epoch = 0; epoch < ttt.epochs; ++epoch)
      for (const ParallelStep& step : steps) {
        for (const RankRows& rows : step)
          record_update(run, kModelScope, stream.targets(chunk + rows.begin * row, chunk + rows.end * row), rows.rank);
        parallel_gradient(run, mean, step, ttt.max_norm, [&](const RankRows& rows) {
          const int64_t T = (rows.end - rows.begin) * row;
          const std::span ids(stream.tokens(chunk + rows.begin * row), static_cast<size_t>(T + 1));
          Pass pass;
          pass.ids = upload(run.ctx, ids.first(static_cast<size_t>(T)), {1, T});
          pass.looping = run.config.model.num_loops > 0;
          pass.eager = true;
          pass.segments = packed_segments(run.ctx, ids.first(static_cast<size_t>(T)), run.model.bos_id(), row);
          return run.model.loss(run.ctx, pass, upload(run.ctx, ids.last(static_cast<size_t>(T)), {1, T}));
        });
        optimizer.step(run.ctx, ttt.lr * cosine);
      }
    progress.update(c + 1);
  }
  progress.finish();
  run.params.set_frozen([](const std::string&) { return false; });
}

}  // namespace pgolf
