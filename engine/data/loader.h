// Training batches: which tokens each rank of a submission's world sees, and in which order; the seed changes neither.
//
// A loader serves every rank of its world from one process; ranks advance independently, each by its own calls.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "engine/core/pcg64.h"
#include "engine/data/shard.h"

namespace pgolf {

// One micro-batch of one rank.
struct Batch {
  int64_t rows = 0, seq_len = 0;
  std::vector<int32_t> x{}, y{};  // [rows, seq_len]; y is x moved on by one token
  // Packed rows only: segment starts, then seq_len, repeated up to a multiple of LoaderOptions::cu_bucket.
  std::vector<int32_t> cu_seqlens{};
  int32_t max_seqlen = 0;  // the longest segment; 0 unless packed
};

struct LoaderOptions {
  int world_size = 1;
  int64_t rank_tokens = 0;  // x tokens of a micro-batch of one rank: step tokens / (world_size * grad_accum_steps)
  int64_t seq_len = 0;      // row length; packed: the longest segment
  int32_t bos_id = 1;       // packed: starts a segment
  int64_t cu_bucket = 64;   // packed
};

class BatchLoader {
 public:
  virtual ~BatchLoader() = default;
  virtual Batch next(int rank) = 0;
  // As so many calls of next(rank), without reading their text.
  virtual void skip(int rank, int64_t micro_batches) = 0;
};

// Shards in name order as one endless stream. Each step takes world_size * (rank_tokens + 1) consecutive tokens, rank r
// the r-th slice, whose last token is only a target. (PR 334, 754, 849)
class StreamLoader : public BatchLoader {
 public:
  // Errors: usage for sizes that do not fit together; submission for shards without a token.
  StreamLoader(std::vector<Shard> shards, const LoaderOptions& options);
  Batch next(int rank) override;
  void skip(int rank, int64_t micro_batches) override;

 private:
  struct Cursor {
    size_t shard = 0;
    int64_t position = 0;
  };
  void advance(Cursor& cursor, int64_t count) const;
  void take(Cursor& cursor, std::vector<int32_t>& out, int64_t count) const;

  std::vector<Shard> shards_;
  LoaderOptions options_;
  std::vector<Cursor> cursors_;  // by rank, before the step's first token
};

// Rank r owns shards r, r + world_size, ...; within a pass each of their sequences comes once, shards drawn in
// proportion to what is left in them. The generator of rank r is PCG64(r). (PR 2143; calibration in 2143 and 2097)
class ShuffledLoader : public BatchLoader {
 public:
  // Errors: usage for sizes that do not fit together or fewer shards than ranks; submission for a rank without a
  // sequence.
  ShuffledLoader(std::vector<Shard> shards, const LoaderOptions& options);
  Batch next(int rank) override;
  void skip(int rank, int64_t micro_batches) override;

 private:
  struct Rank {
    Pcg64 generator;
    std::vector<size_t> shards;
    std::vector<std::vector<int64_t>> starts;  // of sequences still to come, by owned shard, taken from the end
  };
  struct Sequence {
    size_t shard;
    int64_t start;
  };
  void refill(Rank& rank) const;
  Sequence draw(Rank& rank) const;

  std::vector<Shard> shards_;
  LoaderOptions options_;
  std::vector<Rank> ranks_;
};

// One packed row per rank and step: world_size * (rank_tokens + 1) consecutive tokens of one shard, from its first BOS
// on; what is too short for a step is dropped. Segments start at position 0, at every BOS, and every seq_len tokens
// within a longer segment. (PR 2097)
class PackedLoader : public BatchLoader {
 public:
  // Errors: usage for sizes that do not fit together; submission for shards without BOS, or none with a whole step.
  PackedLoader(std::vector<Shard> shards, const LoaderOptions& options);
  Batch next(int rank) override;
  void skip(int rank, int64_t micro_batches) override;

 private:
  struct Cursor {
    size_t shard = 0;
    int64_t position = 0;
  };
  int64_t step_tokens() const { return options_.world_size * (options_.rank_tokens + 1); }
  Cursor& at_whole_step(int rank);

  std::vector<Shard> shards_;
  LoaderOptions options_;
  std::vector<int64_t> first_bos_;  // by shard
  std::vector<Cursor> cursors_;     // by rank, at the step's first token
};

// Batches of a loader's shapes without text: every token is the same. What time and memory are measured with.
class BlankLoader : public BatchLoader {
 public:
  BlankLoader(const LoaderOptions& options, bool packed) : options_(options), packed_(packed) {}
  Batch next(int rank) override;
  void skip(int, int64_t) override {}

 private:
  LoaderOptions options_;
  bool packed_;
};

}  // namespace pgolf
