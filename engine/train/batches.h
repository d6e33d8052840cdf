// Training micro-batches on the device, in the order in which a submission's ranks see them.
#pragma once

#include <filesystem>
#include <memory>

#include "engine/config/config.h"
#include "engine/core/prefetch.h"
#include "engine/data/loader.h"
#include "engine/data/shard_memory.h"
#include "engine/dist/comm.h"
#include "engine/evidence/events.h"
#include "engine/model/gpt.h"

namespace pgolf {

struct MicroBatch {
  Pass pass;
  Tensor targets;  // of pass.ids's shape
  Tensor tokens;   // both, one after the other, as they came to the device
};

class TrainBatches {
 public:
  // Opens data_dir/train, checks every token id against the vocabulary and records the files; `known` need not be read
  // for that. Errors: those of engine/data.
  TrainBatches(const std::filesystem::path& data_dir, const Config& config, RankRange ranks, const ShardMemory& known,
               EventLog& events);
  // Batches of the same shapes without text, of all ranks.
  explicit TrainBatches(const Config& config);

  // The next micro-batch of `rank`, one of `ranks`, valid until the next call. They take turns, each with all of a
  // step: the one after this travels to the device meanwhile. `ctx` is the same in every call and outlives this.
  MicroBatch next(Context& ctx, int rank);

  void rewind();  // to the start of the data, as after warm-up
  // So many micro-batches of each rank; only before the first next().
  void skip(int64_t micro_batches);

 private:
  std::unique_ptr<BatchLoader> make_loader() const;
  void send_ahead(Context& ctx);
  int rank_of(int64_t micro_batch) const;  // counted over all ranks of `ranks_`

  std::filesystem::path train_dir_;  // empty: without text
  TrainConfig train_;
  RankRange ranks_;  // that this process plays
  int64_t bos_id_;
  std::unique_ptr<BatchLoader> loader_;
  std::unique_ptr<Prefetch> prefetch_;
  int64_t sent_ = 0;  // micro-batches, over all of `ranks_`
  Batch ahead_;       // the newest of them
};

}  // namespace pgolf
