// Rates of the data room: shards written and read, documents encoded, batches served. Bytes are those named in the
// label.
#include <benchmark/benchmark.h>

#include <cstdlib>
#include <filesystem>
#include <numeric>
#include <string>
#include <vector>

#include "base/progress.h"
#include "engine/core/parallel.h"
#include "engine/data/bytes.h"
#include "engine/data/caseops.h"
#include "engine/data/documents.h"
#include "engine/data/encode.h"
#include "engine/data/loader.h"
#include "engine/data/prepare.h"
#include "engine/data/shard.h"
#include "engine/data/tokenizer.h"

namespace pgolf {
namespace {

namespace fs = std::filesystem;

const fs::path kTestData = fs::path(PGOLF_SOURCE_DIR) / "tests/data";
constexpr int64_t kShardBenchTokens = 32 << 20;

// One directory for the whole run, removed at its end.
const fs::path& scratch() {
  struct Directory {
    Directory() {
      std::string name = (fs::temp_directory_path() / "pgolf-bench-XXXXXX").string();
      path = ::mkdtemp(name.data());
    }
    ~Directory() { fs::remove_all(path); }
    fs::path path;
  };
  static const Directory directory;
  return directory.path;
}

const std::vector<std::string>& documents() {
  static const std::vector<std::string> texts = [] {
    std::vector<std::string> out;
    DocumentReader reader(kTestData / "wikitext2_sections.jsonl");
    while (auto text = reader.next()) out.push_back(std::move(*text));
    return out;
  }();
  return texts;
}

int64_t document_bytes() {
  return std::accumulate(documents().begin(), documents().end(), int64_t{0},
                         [](int64_t n, const std::string& text) { return n + static_cast<int64_t>(text.size()); });
}

fs::path write_random_shard(const fs::path& name) {
  std::vector<uint16_t> tokens(1 << 16);
  uint32_t state = 1;
  for (uint16_t& token : tokens) token = static_cast<uint16_t>((state = state * 1664525 + 1013904223) >> 22);  // < 1024
  ShardWriter writer(scratch() / name);
  for (int64_t written = 0; written < kShardBenchTokens; written += static_cast<int64_t>(tokens.size()))
    writer.append(tokens);
  writer.finish();
  return writer.path();
}

void shard_write(benchmark::State& state) {
  for (auto _ : state) write_random_shard("write.bin");
  state.SetBytesProcessed(state.iterations() * kShardBenchTokens * 2);
  state.SetLabel("64 MiB shard, fsync included");
}
BENCHMARK(shard_write)->Unit(benchmark::kMillisecond)->UseRealTime();

void shard_read(benchmark::State& state) {
  const auto path = write_random_shard("read.bin");
  for (auto _ : state) check_token_range(Shard::open(path), 1024);
  state.SetBytesProcessed(state.iterations() * kShardBenchTokens * 2);
  state.SetLabel("mapped, every token looked at");
}
BENCHMARK(shard_read)->Unit(benchmark::kMillisecond);

void stream_batches(benchmark::State& state) {
  std::vector<Shard> shards;
  shards.push_back(Shard::open(write_random_shard("fineweb_train_000000.bin")));
  StreamLoader loader(std::move(shards), {.world_size = 1, .rank_tokens = 65536, .seq_len = 1024});
  for (auto _ : state) benchmark::DoNotOptimize(loader.next(0));
  state.SetItemsProcessed(state.iterations() * 65536);
  state.SetLabel("items are tokens");
}
BENCHMARK(stream_batches)->Unit(benchmark::kMicrosecond);

// Arguments: threads, CaseOps.
void encode(benchmark::State& state) {
  set_num_threads(static_cast<int>(state.range(0)));
  const bool caseops = state.range(1) != 0;
  const Tokenizer tokenizer = Tokenizer::load(
      kTestData / "tokenizers" /
      (caseops ? "fineweb_8192_bpe_lossless_caps_caseops_v1_reserved.model" : "fineweb_1024_bpe.model"));
  const DocumentEncoder encoder(tokenizer, caseops);
  for (auto _ : state) benchmark::DoNotOptimize(encoder.encode(documents(), false));
  state.SetBytesProcessed(state.iterations() * document_bytes());
  state.SetLabel("UTF-8 text");
}
BENCHMARK(encode)->ArgsProduct({{1, 2}, {0, 1}})->Unit(benchmark::kMillisecond)->UseRealTime();

void caseops_encode_text(benchmark::State& state) {
  for (auto _ : state)
    for (const std::string& text : documents()) benchmark::DoNotOptimize(caseops_encode(text));
  state.SetBytesProcessed(state.iterations() * document_bytes());
  state.SetLabel("UTF-8 text");
}
BENCHMARK(caseops_encode_text)->Unit(benchmark::kMillisecond);

void prepare(benchmark::State& state) {
  set_progress_mode(ProgressMode::off);
  PrepareOptions options;
  options.docs = kTestData / "wikitext2_sections.jsonl";
  options.out = scratch() / "prepared";
  options.tokenizer = kTestData / "tokenizers/fineweb_1024_bpe.model";
  options.val_docs = 50;
  for (auto _ : state) {
    prepare_data(options);
    state.PauseTiming();
    fs::remove_all(options.out);
    state.ResumeTiming();
  }
  state.SetBytesProcessed(state.iterations() * static_cast<int64_t>(fs::file_size(options.docs)));
  state.SetLabel("JSON lines, whole command");
}
BENCHMARK(prepare)->Unit(benchmark::kMillisecond)->UseRealTime();

}  // namespace
}  // namespace pgolf

BENCHMARK_MAIN();
