#include "engine/data/loader.h"

#include <algorithm>
#include <numeric>

#include "base/error.h"

namespace pgolf {
namespace {

void check_options(const LoaderOptions& o, bool whole_rows) {
  if (o.world_size < 1 || o.rank_tokens < 1 || o.seq_len < 1 || o.cu_bucket < 1)
    fail(ErrorKind::usage, "loader: world size {}, {} tokens a rank, sequence {}: all must be positive", o.world_size,
         o.rank_tokens, o.seq_len);
  if (whole_rows && o.rank_tokens % o.seq_len != 0)
    fail(ErrorKind::usage, "loader: {} tokens a rank are no whole number of sequences of {}; choose a multiple",
         o.rank_tokens, o.seq_len);
}

void check_rank(int rank, int world_size) {
  check(rank >= 0 && rank < world_size, "loader: rank {} in a world of {}", rank, world_size);
}

int64_t total_tokens(const std::vector<Shard>& shards) {
  return std::accumulate(shards.begin(), shards.end(), int64_t{0},
                         [](int64_t n, const Shard& s) { return n + s.size(); });
}

// The batch of consecutive tokens, given the rows' starts: x is tokens[start..start+seq_len), y one further.
void append_row(Batch& batch, std::span<const uint16_t> tokens) {
  batch.x.insert(batch.x.end(), tokens.begin(), tokens.end() - 1);
  batch.y.insert(batch.y.end(), tokens.begin() + 1, tokens.end());
}

// Segment starts of a packed row: 0, every BOS, and every `longest` tokens within a segment that is longer.
std::vector<int32_t> segment_starts(std::span<const int32_t> row, int32_t bos_id, int64_t longest) {
  std::vector<int32_t> starts;
  for (int32_t i = 0; i < static_cast<int32_t>(row.size()); ++i)
    if (i == 0 || row[static_cast<size_t>(i)] == bos_id || i - starts.back() == longest) starts.push_back(i);
  return starts;
}

// Of a packed row.
void cut_into_segments(Batch& batch, const LoaderOptions& options) {
  const auto end = static_cast<int32_t>(batch.seq_len);
  batch.cu_seqlens = segment_starts(batch.x, options.bos_id, options.seq_len);
  batch.cu_seqlens.push_back(end);
  for (size_t i = 1; i < batch.cu_seqlens.size(); ++i)
    batch.max_seqlen = std::max(batch.max_seqlen, batch.cu_seqlens[i] - batch.cu_seqlens[i - 1]);
  const auto bucket = static_cast<size_t>(options.cu_bucket);
  batch.cu_seqlens.resize((batch.cu_seqlens.size() + bucket - 1) / bucket * bucket, end);
}

}  // namespace

StreamLoader::StreamLoader(std::vector<Shard> shards, const LoaderOptions& options)
    : shards_(std::move(shards)), options_(options), cursors_(static_cast<size_t>(std::max(options.world_size, 0))) {
  check_options(options_, true);
  if (total_tokens(shards_) == 0) fail(ErrorKind::submission, "loader: the training shards hold no token");
}

void StreamLoader::advance(Cursor& cursor, int64_t count) const {
  while (count > 0) {
    const int64_t n = std::min(count, shards_[cursor.shard].size() - cursor.position);
    cursor.position += n;
    count -= n;
    if (count > 0) cursor = {(cursor.shard + 1) % shards_.size(), 0};
  }
}

void StreamLoader::take(Cursor& cursor, std::vector<int32_t>& out, int64_t count) const {
  while (count > 0) {
    const auto tokens = shards_[cursor.shard].tokens().subspan(static_cast<size_t>(cursor.position));
    const int64_t n = std::min(count, static_cast<int64_t>(tokens.size()));
    out.insert(out.end(), tokens.begin(), tokens.begin() + n);
    cursor.position += n;
    count -= n;
    if (count > 0) cursor = {(cursor.shard + 1) % shards_.size(), 0};
  }
}

Batch StreamLoader::next(int rank) {
  check_rank(rank, options_.world_size);
  const int64_t slice = options_.rank_tokens + 1;
  Cursor& cursor = cursors_[static_cast<size_t>(rank)];
  std::vector<int32_t> tokens;
  tokens.reserve(static_cast<size_t>(slice));
  advance(cursor, rank * slice);
  take(cursor, tokens, slice);
  advance(cursor, (options_.world_size - 1 - rank) * slice);
  Batch batch{.rows = options_.rank_tokens / options_.seq_len, .seq_len = options_.seq_len};
  batch.y.assign(tokens.begin() + 1, tokens.end());
  tokens.pop_back();
  batch.x = std::move(tokens);
  return batch;
}

void StreamLoader::skip(int rank, int64_t micro_batches) {
  check_rank(rank, options_.world_size);
  advance(cursors_[static_cast<size_t>(rank)], micro_batches * options_.world_size * (options_.rank_tokens + 1));
}

ShuffledLoader::ShuffledLoader(std::vector<Shard> shards, const LoaderOptions& options)
    : shards_(std::move(shards)), options_(options) {
  check_options(options_, true);
  if (shards_.size() < static_cast<size_t>(options_.world_size))
    fail(ErrorKind::usage, "loader: {} ranks draw from separate shards, but there are {}; prepare smaller shards",
         options_.world_size, shards_.size());
  for (int r = 0; r < options_.world_size; ++r) {
    Rank& rank = ranks_.emplace_back(Rank{Pcg64(static_cast<uint64_t>(r)), {}, {}});
    for (size_t s = static_cast<size_t>(r); s < shards_.size(); s += static_cast<size_t>(options_.world_size))
      rank.shards.push_back(s);
    rank.starts.resize(rank.shards.size());
    refill(rank);
    if (std::all_of(rank.starts.begin(), rank.starts.end(), [](const auto& starts) { return starts.empty(); }))
      fail(ErrorKind::submission, "loader: no shard of rank {} holds a sequence of {} tokens (the first is {})", r,
           options_.seq_len, shards_[rank.shards.front()].path().string());
  }
}

// A new pass: in each shard a random phase, then the whole sequences behind it in random order.
void ShuffledLoader::refill(Rank& rank) const {
  const int64_t seq_len = options_.seq_len;
  for (size_t i = 0; i < rank.shards.size(); ++i) {
    const int64_t n = shards_[rank.shards[i]].size();
    const int64_t max_phase = std::min(seq_len - 1, std::max<int64_t>(0, n - seq_len - 1));
    const int64_t phase = max_phase > 0 ? rank.generator.integers(max_phase + 1) : 0;
    auto order = rank.generator.permutation(std::max<int64_t>(0, n - 1 - phase) / seq_len);
    for (int64_t& start : order) start = phase + start * seq_len;
    rank.starts[i] = std::move(order);
  }
}

ShuffledLoader::Sequence ShuffledLoader::draw(Rank& rank) const {
  const auto left = [&] {
    return std::accumulate(rank.starts.begin(), rank.starts.end(), size_t{0},
                           [](size_t n, const auto& starts) { return n + starts.size(); });
  };
  size_t total = left();
  if (total == 0) refill(rank), total = left();
  std::vector<double> share(rank.starts.size());
  for (size_t i = 0; i < share.size(); ++i)
    share[i] = static_cast<double>(rank.starts[i].size()) / static_cast<double>(total);
  const auto chosen = static_cast<size_t>(rank.generator.choice(share));
  const Sequence out{rank.shards[chosen], rank.starts[chosen].back()};
  rank.starts[chosen].pop_back();
  return out;
}

Batch ShuffledLoader::next(int rank) {
  check_rank(rank, options_.world_size);
  Batch batch{.rows = options_.rank_tokens / options_.seq_len, .seq_len = options_.seq_len};
  for (int64_t row = 0; row < batch.rows; ++row) {
    const Sequence drawn = draw(ranks_[static_cast<size_t>(rank)]);
    append_row(batch, shards_[drawn.shard].tokens().subspan(static_cast<size_t>(drawn.start),
                                                            static_cast<size_t>(options_.seq_len + 1)));
  }
  return batch;
}

void ShuffledLoader::skip(int rank, int64_t micro_batches) {
  check_rank(rank, options_.world_size);
  const int64_t rows = micro_batches * (options_.rank_tokens / options_.seq_len);
  for (int64_t row = 0; row < rows; ++row) draw(ranks_[static_cast<size_t>(rank)]);
}

PackedLoader::PackedLoader(std::vector<Shard> shards, const LoaderOptions& options)
    : shards_(std::move(shards)), options_(options) {
  check_options(options_, false);
  const int64_t step = step_tokens();
  bool has_step = false;
  for (const Shard& shard : shards_) {
    const auto tokens = shard.tokens();
    const auto bos = std::find(tokens.begin(), tokens.end(), options_.bos_id);
    if (bos == tokens.end())
      fail(ErrorKind::submission, "{}: no document starts in this shard (BOS is {}); prepare larger shards",
           shard.path().string(), options_.bos_id);
    first_bos_.push_back(bos - tokens.begin());
    has_step = has_step || shard.size() - first_bos_.back() >= step;
  }
  if (!has_step)
    fail(ErrorKind::submission, "loader: no training shard holds the {} tokens of a step; prepare larger shards", step);
  cursors_.assign(static_cast<size_t>(options_.world_size), Cursor{0, first_bos_.front()});
}

PackedLoader::Cursor& PackedLoader::at_whole_step(int rank) {
  check_rank(rank, options_.world_size);
  Cursor& cursor = cursors_[static_cast<size_t>(rank)];
  while (cursor.position + step_tokens() > shards_[cursor.shard].size()) {
    const size_t shard = (cursor.shard + 1) % shards_.size();
    cursor = {shard, first_bos_[shard]};
  }
  return cursor;
}

void PackedLoader::skip(int rank, int64_t micro_batches) {
  for (int64_t i = 0; i < micro_batches; ++i) at_whole_step(rank).position += step_tokens();
}

Batch PackedLoader::next(int rank) {
  Cursor& cursor = at_whole_step(rank);
  const int64_t slice = options_.rank_tokens + 1;
  Batch batch{.rows = 1, .seq_len = options_.rank_tokens};
  append_row(batch, shards_[cursor.shard].tokens().subspan(static_cast<size_t>(cursor.position + rank * slice),
                                                           static_cast<size_t>(slice)));
  cursor.position += step_tokens();
  cut_into_segments(batch, options_);
  return batch;
}

Batch BlankLoader::next(int rank) {
  check_rank(rank, options_.world_size);
  const int32_t token = options_.bos_id == 0 ? 1 : 0;
  Batch batch{.rows = packed_ ? 1 : options_.rank_tokens / options_.seq_len,
              .seq_len = packed_ ? options_.rank_tokens : options_.seq_len};
  batch.x.assign(static_cast<size_t>(batch.rows * batch.seq_len), token);
  batch.y = batch.x;
  if (packed_) cut_into_segments(batch, options_);
  return batch;
}

}  // namespace pgolf
