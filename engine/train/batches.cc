#include "engine/train/batches.h"

#include "base/error.h"
#include "engine/data/shard.h"
#include "engine/phase/shards.h"

namespace pgolf {

TrainBatches::TrainBatches(const std::filesystem::path& data_dir, const Config& config, RankRange ranks,
                           const ShardMemory& known, EventLog& events)
    : train_dir_(data_dir / "train"), train_(config.train), ranks_(ranks), bos_id_(config.data.bos_id) {
  open_recorded_shards(train_dir_, ShardKind::train, config.model.vocab_size, known, events);
  rewind();
}

TrainBatches::TrainBatches(const Config& config)
    : train_(config.train), ranks_(solo().ranks(config.train.world_size)), bos_id_(config.data.bos_id) {
  rewind();
}

int TrainBatches::rank_of(int64_t micro_batch) const {
  return ranks_.begin + static_cast<int>(micro_batch / train_.grad_accum_steps % ranks_.size());
}

void TrainBatches::rewind() {
  loader_ = make_loader();
  if (sent_ > 0) prefetch_->take();  // the one that was sent ahead
  sent_ = 0;
}

void TrainBatches::skip(int64_t micro_batches) {
  check(sent_ == 0, "batches: skipped after the first");
  for (int rank = ranks_.begin; rank < ranks_.end; ++rank) loader_->skip(rank, micro_batches);
}

std::unique_ptr<BatchLoader> TrainBatches::make_loader() const {
  const LoaderOptions options{.world_size = static_cast<int>(train_.world_size),
                              .rank_tokens = train_.batch_tokens / (train_.world_size * train_.grad_accum_steps),
                              .seq_len = train_.seq_len,
                              .bos_id = static_cast<int32_t>(bos_id_),
                              .cu_bucket = train_.cu_bucket};
  if (train_dir_.empty()) return std::make_unique<BlankLoader>(options, train_.loader == Loader::packed);
  std::vector<Shard> shards = open_shards(list_shards(train_dir_, ShardKind::train));
  switch (train_.loader) {
    case Loader::stream: return std::make_unique<StreamLoader>(std::move(shards), options);
    case Loader::shuffled: return std::make_unique<ShuffledLoader>(std::move(shards), options);
    case Loader::packed: return std::make_unique<PackedLoader>(std::move(shards), options);
  }
  return nullptr;
}

MicroBatch TrainBatches::next(Context& ctx, int rank) {
  if (sent_ == 0) send_ahead(ctx);
  check(rank_of(sent_ - 1) == rank, "batches: rank {} is not next", rank);
  const Batch& batch = ahead_;
  const Tensor values = prefetch_->take();  // x, y, segment starts
  const Shape shape{batch.rows, batch.seq_len};
  MicroBatch out;
  out.tokens = values.slice(0, 2 * shape.numel());
  out.pass.ids = values.slice(0, shape.numel()).view(shape);
  out.targets = values.slice(shape.numel(), shape.numel()).view(shape);
  if (!batch.cu_seqlens.empty()) {
    out.pass.segments.starts = values.slice(2 * shape.numel(), static_cast<int64_t>(batch.cu_seqlens.size()));
    out.pass.segments.max_length = batch.max_seqlen;
  }
  send_ahead(ctx);
  return out;
}

void TrainBatches::send_ahead(Context& ctx) {
  ahead_ = loader_->next(rank_of(sent_++));
  std::vector<int32_t> values = ahead_.x;
  values.insert(values.end(), ahead_.y.begin(), ahead_.y.end());
  values.insert(values.end(), ahead_.cu_seqlens.begin(), ahead_.cu_seqlens.end());
  if (!prefetch_) {  // every token may start a segment
    const auto tokens = static_cast<int64_t>(ahead_.x.size());
    prefetch_ = make_prefetch(ctx, 3 * tokens + 1 + train_.cu_bucket);
  }
  prefetch_->send(values);
}

}  // namespace pgolf
