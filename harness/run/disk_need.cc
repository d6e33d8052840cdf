#include "harness/run/disk_need.h"

#include <algorithm>

#include "base/error.h"
#include "base/names.h"
#include "engine/config/param_table.h"

namespace pgolf {
namespace {

constexpr int64_t kLine = 180;  // of a ledger without its ranges: keys, scopes and a hash of 64 digits
constexpr int64_t kRange = 15;  // "62000000+32768,"
constexpr int64_t kStep = 600;  // of training: a line of the event log, two points of curves, and SQLite's log of them
constexpr int64_t kFloat = 4;   // of the checkpoint; an artifact is never larger
constexpr int64_t kRest = 16'000'000;  // logs of the other phases, what the engine prints, pages, the record itself

constexpr int64_t kDigest = 32, kMatrixKinds = 6;
constexpr int64_t kMostStates = 6'000'000'000;  // of the 8 GiB that a phase may leave (phase_command.h)

int64_t parts(int64_t whole, int64_t part) { return (whole + part - 1) / std::max<int64_t>(part, 1); }

// Lines and ranges of steps over `chunks` chunks of the configuration's rows: one of each per step and rank.
int64_t training_bytes(const Config& config, int64_t chunks) {
  const int64_t world = config.train.world_size, rows = config.ttt.chunk_tokens / config.eval.seq_len;
  const int64_t steps = parts(parts(rows, world), config.ttt.batch_seqs);
  return chunks * config.ttt.epochs * std::min(steps * world, rows) * (kLine + kRange);
}

int64_t chunked_bytes(const Config& config, int64_t targets) {
  const int64_t world = config.train.world_size, chunks = parts(targets, config.ttt.chunk_tokens);
  const int64_t windows = parts(config.ttt.chunk_tokens, config.eval.stride);  // of a chunk
  const int64_t batches = world * parts(parts(windows, world), config.ttt.batch_seqs);
  const int64_t scores = world * (kLine + kRange), barriers = 2 * kLine;
  const int64_t mixer = config.ttt.mixer ? 2 * batches * kLine + (windows + batches + world) * kRange : 0;
  return chunks * (scores + mixer + barriers) + training_bytes(config, chunks);
}

// Each document is scored and learned from chunk by chunk, ttt.doc_batch documents a line.
int64_t phased_bytes(const Config& config, const ValExtent& val) {
  const int64_t chunks = val.targets / config.ttt.doc_chunk_tokens + val.documents;
  const int64_t prefix = std::min(config.ttt.prefix_docs, val.documents);
  const int64_t trained = val.documents > 0 ? val.targets / val.documents * prefix : 0;  // tokens of a phase, at most
  const int64_t base = training_bytes(config, parts(trained, config.ttt.chunk_tokens)) +
                       config.ttt.epochs * prefix * kRange;  // a document begins a range
  return 2 * chunks * kRange + 2 * parts(chunks, config.ttt.doc_batch) * kLine + config.ttt.phases * base;
}

}  // namespace

int64_t ledger_bytes(const Config& config, const ValExtent& val) {
  if (!config.ttt.enabled) return 0;
  if (config.ttt.kind == TttKind::chunked) return chunked_bytes(config, val.targets);
  return config.ttt.kind == TttKind::phased_lora ? phased_bytes(config, val) : 0;
}

int64_t states_bytes(const Pinned& pinned, int64_t save_every) {
  if (save_every == 0) return 0;
  const AverageConfig& average = pinned.config.average;
  const int64_t values = 3 + (average.ema_decay > 0 ? 1 : 0) + (average.swa != SwaKind::none ? 1 : 0);
  const auto leaves =
      static_cast<int64_t>(param_table(pinned.config.model).size()) + kMatrixKinds * pinned.config.model.num_layers;
  const int64_t steps = pinned.config.train.iterations;
  return steps / save_every * pinned.num_params * values * kFloat + steps * leaves * (values + 1) * kDigest;
}

void check_states(const Pinned& pinned, int64_t save_every) {
  const int64_t bytes = states_bytes(pinned, save_every);
  if (bytes <= kMostStates) return;
  int64_t enough = save_every;
  while (enough < pinned.config.train.iterations && states_bytes(pinned, enough) > kMostStates) ++enough;
  fail(ErrorKind::usage,
       "--checkpoint-every {}: {} steps leave states of {:.1f} GB, a run keeps {:.0f} GB at most; choose {} or more",
       save_every, pinned.config.train.iterations, static_cast<double>(bytes) / 1e9,
       static_cast<double>(kMostStates) / 1e9, enough);
}

int64_t disk_bytes(const Pinned& pinned, const std::string& first, const ValExtent& val) {
  int64_t out = kRest + ledger_bytes(pinned.config, val);
  if (first == kEvalPhase) return out;
  out += pinned.num_params * kFloat;  // artifact
  if (first == kPackPhase) return out;
  return out + pinned.num_params * kFloat + pinned.config.train.iterations * kStep;
}

}  // namespace pgolf
