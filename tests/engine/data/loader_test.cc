#include "engine/data/loader.h"

#include <gmock/gmock.h>

#include <numeric>

#include "base/error.h"
#include "tests/engine/data/fixtures.h"
#include "tests/support/golden.h"

namespace pgolf {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

std::vector<Shard> write_shards(const TempDirectory& directory, const std::vector<std::vector<int32_t>>& shards) {
  for (size_t i = 0; i < shards.size(); ++i)
    write_shard(directory / shard_name(ShardKind::train, static_cast<int64_t>(i)), shards[i]);
  return open_shards(list_shards(directory.path(), ShardKind::train));
}

// Tokens first, first+1, ..., so that a token tells its place in the stream.
std::vector<int32_t> run(int32_t first, int32_t count) {
  std::vector<int32_t> out(static_cast<size_t>(count));
  std::iota(out.begin(), out.end(), first);
  return out;
}

struct Golden {
  explicit Golden(const std::filesystem::path& path) : file(path) {
    for (size_t i = 0; file.contains("shard." + std::to_string(i)); ++i)
      tokens.push_back(file.ints("shard." + std::to_string(i)));
  }
  // "stream.ws4" -> the loader's options
  LoaderOptions options(const std::string& kind, int world_size) const {
    const int64_t accum = 8 / world_size;  // metadata: "8/world_size"
    EXPECT_EQ(file.meta().at("grad_accum"), "8/world_size");
    const int64_t global = file.meta().at("global_tokens").at(kind);
    const bool packed = kind == "packed";
    return {.world_size = world_size,
            .rank_tokens = global / (world_size * accum),
            .seq_len = file.meta().at(packed ? "max_doc_len" : "seq_len"),
            .bos_id = file.meta().at("bos"),
            .cu_bucket = file.meta().at("cu_bucket")};
  }
  // World sizes w with a tensor "<kind>.ws<w>.r0..."
  std::vector<int> world_sizes(const std::string& kind) const {
    std::vector<int> out;
    for (int w = 1; w <= 64; ++w)
      if (!file.names(kind + ".ws" + std::to_string(w) + ".r0").empty()) out.push_back(w);
    return out;
  }

  GoldenFile file;
  std::vector<std::vector<int32_t>> tokens;
};

// stream.ws<w>.r<r>, shuffled.ws<w>.r<r>: x of the first batches, [batches, rows, seq_len].
template <class LoaderType>
void expect_rows(const std::string& kind) {
  if (const std::string none = golden_missing({"loader_*"}); !none.empty()) GTEST_SKIP() << none;
  for (const auto& path : golden_files("loader_*")) {
    const Golden golden(path);
    const TempDirectory directory;
    EXPECT_FALSE(golden.world_sizes(kind).empty()) << golden.file.name() << " has no " << kind << " batches";
    for (const int world_size : golden.world_sizes(kind)) {
      LoaderType loader(write_shards(directory, golden.tokens), golden.options(kind, world_size));
      for (int rank = world_size - 1; rank >= 0; --rank) {
        const std::string name = kind + ".ws" + std::to_string(world_size) + ".r" + std::to_string(rank);
        SCOPED_TRACE(golden.file.name() + " " + name);
        const auto shape = golden.file.shape(name);
        std::vector<int32_t> drawn;
        for (int64_t step = 0; step < shape[0]; ++step) {
          const Batch batch = loader.next(rank);
          ASSERT_EQ(batch.rows, shape[1]);
          ASSERT_EQ(batch.seq_len, shape[2]);
          ASSERT_EQ(batch.y.size(), batch.x.size());
          drawn.insert(drawn.end(), batch.x.begin(), batch.x.end());
        }
        EXPECT_EQ(drawn, golden.file.ints(name));
      }
    }
  }
}

TEST(StreamLoaderGolden, ServesEveryRankItsTokens) { expect_rows<StreamLoader>("stream"); }

TEST(ShuffledLoaderGolden, ServesEveryRankItsTokens) { expect_rows<ShuffledLoader>("shuffled"); }

// packed.ws<w>.r<r>.<step>.x and .cu
TEST(PackedLoaderGolden, ServesEveryRankItsTokensAndSegments) {
  if (const std::string none = golden_missing({"loader_*"}); !none.empty()) GTEST_SKIP() << none;
  for (const auto& path : golden_files("loader_*")) {
    const Golden golden(path);
    const TempDirectory directory;
    EXPECT_FALSE(golden.world_sizes("packed").empty()) << golden.file.name() << " has no packed batches";
    for (const int world_size : golden.world_sizes("packed")) {
      PackedLoader loader(write_shards(directory, golden.tokens), golden.options("packed", world_size));
      for (int rank = 0; rank < world_size; ++rank)
        for (int step = 0;; ++step) {
          const std::string name = fmt::format("packed.ws{}.r{}.{}.", world_size, rank, step);
          if (!golden.file.contains(name + "x")) break;
          SCOPED_TRACE(golden.file.name() + " " + name);
          const Batch batch = loader.next(rank);
          EXPECT_EQ(batch.x, golden.file.ints(name + "x"));
          EXPECT_EQ(batch.cu_seqlens, golden.file.ints(name + "cu"));
        }
    }
  }
}

TEST(StreamLoader, TargetsAreTheNextTokensAndTheStreamWraps) {
  const TempDirectory directory;
  StreamLoader loader(write_shards(directory, {run(0, 5), run(5, 6)}),
                      {.world_size = 2, .rank_tokens = 2, .seq_len = 1});
  const Batch first = loader.next(0), second = loader.next(1);
  EXPECT_EQ(first.rows, 2);
  EXPECT_THAT(first.x, ElementsAre(0, 1));
  EXPECT_THAT(first.y, ElementsAre(1, 2));
  EXPECT_THAT(second.x, ElementsAre(3, 4));
  EXPECT_THAT(second.y, ElementsAre(4, 5));
  EXPECT_THAT(loader.next(1).x, ElementsAre(9, 10));  // ranks advance on their own
  EXPECT_THAT(loader.next(1).y, ElementsAre(5, 6));   // tokens 15..17 of the endless stream of 11
  EXPECT_THAT(loader.next(0).x, ElementsAre(6, 7));
}

TEST(ShuffledLoader, APassTakesEverySequenceOnce) {
  const TempDirectory directory;
  const int64_t seq_len = 8;
  ShuffledLoader loader(write_shards(directory, {run(0, 100), run(100, 61)}),
                        {.rank_tokens = seq_len, .seq_len = seq_len});
  for (int pass = 0; pass < 3; ++pass) {
    std::vector<int32_t> seen;
    // After a phase below 8, shards of 100 and 61 tokens hold 11 or 12 and 6 or 7 sequences; rows of one pass never
    // overlap.
    for (int i = 0; i < 17; ++i) {
      const Batch batch = loader.next(0);
      EXPECT_EQ(batch.x, run(batch.x[0], 8));
      EXPECT_EQ(batch.y, run(batch.x[0] + 1, 8));
      seen.insert(seen.end(), batch.x.begin(), batch.x.end());
    }
    if (pass > 0) continue;
    std::sort(seen.begin(), seen.end());
    EXPECT_EQ(std::adjacent_find(seen.begin(), seen.end()), seen.end());
  }
}

// Whatever was passed over, what follows is what would have followed, over ends of shards and of the data.
template <class LoaderType>
void expect_skips(const LoaderOptions& options) {
  const TempDirectory directory;
  std::vector<std::vector<int32_t>> tokens;
  for (int32_t shard = 0; shard < 4; ++shard) {
    tokens.push_back(run(2, 90 + 13 * shard));
    for (size_t i = 0; i < tokens.back().size(); i += 17) tokens.back()[i] = options.bos_id;
  }
  for (const int64_t count : {0, 1, 2, 7, 40}) {
    LoaderType stepwise(write_shards(directory, tokens), options), skipping(write_shards(directory, tokens), options);
    for (int rank = 0; rank < options.world_size; ++rank) {
      for (int64_t i = 0; i < count; ++i) stepwise.next(rank);
      skipping.skip(rank, count);
      for (int i = 0; i < 3; ++i) {
        const Batch expected = stepwise.next(rank), actual = skipping.next(rank);
        EXPECT_EQ(actual.x, expected.x) << "rank " << rank << " after " << count;
        EXPECT_EQ(actual.y, expected.y);
        EXPECT_EQ(actual.cu_seqlens, expected.cu_seqlens);
      }
    }
  }
}
TEST(StreamLoader, SkipsAsItServes) { expect_skips<StreamLoader>({.world_size = 2, .rank_tokens = 16, .seq_len = 8}); }
TEST(ShuffledLoader, SkipsAsItServes) {
  expect_skips<ShuffledLoader>({.world_size = 2, .rank_tokens = 16, .seq_len = 8});
}
TEST(PackedLoader, SkipsAsItServes) { expect_skips<PackedLoader>({.world_size = 2, .rank_tokens = 16, .seq_len = 8}); }

TEST(PackedLoader, CutsAtDocumentsAndLongSegments) {
  const TempDirectory directory;
  // BOS (1) at 2 and 5; the row starts at the shard's first BOS.
  PackedLoader loader(write_shards(directory, {{9, 9, 1, 7, 7, 1, 7, 7, 7, 7, 7, 8}}),
                      {.rank_tokens = 8, .seq_len = 4, .cu_bucket = 4});
  const Batch batch = loader.next(0);
  EXPECT_THAT(batch.x, ElementsAre(1, 7, 7, 1, 7, 7, 7, 7));
  EXPECT_THAT(batch.y, ElementsAre(7, 7, 1, 7, 7, 7, 7, 7));
  EXPECT_THAT(batch.cu_seqlens, ElementsAre(0, 3, 7, 8));
  EXPECT_EQ(batch.max_seqlen, 4);
  EXPECT_EQ(batch.rows, 1);
  EXPECT_EQ(loader.next(0).x, batch.x);  // 1 token is left: dropped, and the shard starts again
}

TEST(Loaders, RefuseWhatCannotBeServed) {
  const TempDirectory directory;
  const auto shards = [&] { return write_shards(directory, {run(0, 50), run(50, 5)}); };
  EXPECT_THAT(error_of(ErrorKind::usage, [&] { StreamLoader(shards(), {.rank_tokens = 10, .seq_len = 4}); }),
              HasSubstr("multiple"));
  EXPECT_THAT(error_of(ErrorKind::usage, [&] { StreamLoader(shards(), {.rank_tokens = 0, .seq_len = 4}); }),
              HasSubstr("positive"));
  EXPECT_THAT(
      error_of(ErrorKind::usage, [&] { ShuffledLoader(shards(), {.world_size = 3, .rank_tokens = 4, .seq_len = 4}); }),
      HasSubstr("3 ranks"));
  EXPECT_THAT(error_of(ErrorKind::submission,
                       [&] { ShuffledLoader(shards(), {.world_size = 2, .rank_tokens = 8, .seq_len = 8}); }),
              HasSubstr("rank 1"));
  EXPECT_THAT(error_of(ErrorKind::submission, [&] { PackedLoader(shards(), {.rank_tokens = 8, .seq_len = 8}); }),
              HasSubstr("fineweb_train_000001.bin: no document starts"));
  EXPECT_THAT(
      error_of(ErrorKind::submission, [&] { PackedLoader(shards(), {.rank_tokens = 50, .seq_len = 8, .bos_id = 50}); }),
      HasSubstr("no document starts"));
  const TempDirectory empty;
  EXPECT_THAT(error_of(ErrorKind::submission,
                       [&] { StreamLoader(write_shards(empty, {{}}), {.rank_tokens = 4, .seq_len = 4}); }),
              HasSubstr("no token"));
}

}  // namespace
}  // namespace pgolf
