#include "tests/harness/fake_phases.h"

#include <signal.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <numbers>
#include <thread>

#include "base/file.h"
#include "base/sha256.h"
#include "engine/config/pinned.h"
#include "engine/data/bytes.h"
#include "engine/data/manifest.h"
#include "engine/data/tokenizer.h"
#include "engine/evidence/events.h"
#include "engine/evidence/ledger.h"
#include "engine/evidence/schedule.h"

namespace pgolf {
namespace {

// Ends this process as a test asks: "kill", "oom", "sleep", "exit:4"; "": it goes on.
void end_as(const std::string& how) {
  if (how == "kill") ::raise(SIGKILL);
  if (how == "sleep") sleep_s(600);
  if (how == "oom") std::fprintf(stderr, "pgolf-engine: CUDA: out of memory\n"), std::_Exit(6);
  if (how.starts_with("exit:"))
    std::fprintf(stderr, "pgolf-engine: the loss of target 3 is nan\n"), std::_Exit(std::atoi(how.c_str() + 5));
}

void open_shards(EventLog& events, const Options& o, const std::string& role) {
  if (!o.contains("--data")) return;
  for (const auto& file : std::filesystem::directory_iterator(o.at("--data") + "/" + role))
    if (file.path().extension() == ".bin")
      events.write(DataEvent{.role = role,
                             .path = file.path().filename().string(),
                             .sha256 = sha256_file(file.path()),
                             .bytes = static_cast<int64_t>(file.file_size())});
}

void train(EventLog& events, const Options& o) {
  const Pinned pinned = read_pinned(o.at("--pinned"));
  open_shards(events, o, "train");
  std::optional<Schedule> recorded;
  if (o.contains("--schedule")) recorded = read_schedule(o.at("--schedule"), pinned_sha256(pinned));
  events.write(PhaseStartEvent{.name = kPartTrainLoop});
  if (o.contains("pause")) sleep_s(std::stod(o.at("pause")));
  for (int64_t step = 1; step <= 5; ++step) {
    const double clock_ms = recorded ? recorded->train.at(static_cast<size_t>(step - 1)).elapsed_ms
                                     : 10.0 * static_cast<double>(step) + static_cast<double>(::getpid() % 10);
    events.write(StepEvent{.step = step,
                           .train_loss = 7.0 - 0.1 * static_cast<double>(step),
                           .lr_scale = 1,
                           .elapsed_ms = clock_ms,
                           .tokens = pinned.config.train.batch_tokens,
                           .tok_per_s = 1e4,
                           .switches = {}});
  }
  events.write(PhaseEndEvent{.name = kPartTrainLoop, .elapsed_ms = 50});
  write_file_atomic(o.at("--run") + "/checkpoint.safetensors", "weights of seed " + std::to_string(pinned.seed));
}

void pack(EventLog& events, const Options& o) {
  const std::string blob = "packed: " + read_text(o.at("--checkpoint"));
  write_file_atomic(o.at("--run") + "/artifact.bin", blob);
  events.write(ArtifactEvent{.path = "artifact.bin",
                             .sha256 = "",
                             .model_bytes = static_cast<int64_t>(blob.size()),
                             .classes = {{"matrices", static_cast<int64_t>(blob.size())}}});
}

struct Stream {
  int64_t targets, bytes;
};

// Of the validation data: whole rows of the configuration's length, as the engine scores them.
Stream stream_of(const Options& o) {
  const Config config = read_pinned(o.at("--pinned")).config;
  const DataManifest data = load_manifest(o.at("--data"));
  const ByteTables tables = byte_tables(Tokenizer::load(data.tokenizer_path()), data.caseops, config.model.vocab_size);
  const bool sidecar = config.data.byte_count == ByteCount::sidecar;
  const ValidationData val =
      load_validation(data.val_directory(), config.model.vocab_size, sidecar ? nullptr : &tables);
  Stream out{whole_row_targets(data.val.tokens, config.eval.seq_len), 0};
  for (int64_t i = 1; i <= out.targets; ++i) out.bytes += val.target_bytes[static_cast<size_t>(i)];
  return out;
}

void evaluate(EventLog& events, const Options& o) {
  read_text(o.at("--artifact"));
  open_shards(events, o, "val");
  const auto [targets, bytes] = stream_of(o);
  const bool adapts = o.contains("ttt");  // a sliding pass, then one of test-time training, which is the headline
  const std::string result = adapts ? "ttt" : o.contains("headline") ? o.at("headline") : "sliding";
  Ledger ledger(o.at("--run") + "/ledger.jsonl", {.headline = result, .targets = targets, .world_size = 1});
  const auto pass = [&, targets = targets, bytes = bytes](const char* name, double val_bpb, bool headline) {
    const double loss = val_bpb * std::numbers::ln2 * static_cast<double>(bytes) / static_cast<double>(targets);
    ledger.score(name, {{0, targets}});
    ledger.sync_file();
    events.write(
        StreamEvent{.name = name, .targets = targets, .nll = loss * static_cast<double>(targets), .bytes = bytes});
    events.write(ValidationEvent{.name = name,
                                 .weights = "artifact",
                                 .val_loss = loss,
                                 .val_bpb = val_bpb,
                                 .targets = targets,
                                 .bytes = bytes,
                                 .elapsed_ms = 5,
                                 .headline = headline});
  };
  if (adapts) pass("sliding", 1.30, false);
  events.write(PhaseStartEvent{.name = kPartEval});
  if (adapts) {
    events.write(StreamEvent{.name = "ttt"});
    events.write(StreamEvent{.name = "ttt", .targets = 10, .nll = 20, .bytes = 24});
    end_as(o.at("ttt"));
  }
  pass(result.c_str(), 1.25, true);
  events.write(PhaseEndEvent{.name = kPartEval, .elapsed_ms = 5});
  events.write(LedgerEvent{.path = "ledger.jsonl", .head = ledger.close()});
}

void diagnose(EventLog& events) {
  for (const auto& [name, bpb] : {std::pair("prequant", 1.20), std::pair("quantized", 1.24)})
    events.write(ValidationEvent{.name = name,
                                 .weights = "x",
                                 .val_loss = 1.9,
                                 .val_bpb = bpb,
                                 .targets = 10,
                                 .bytes = 20,
                                 .elapsed_ms = 1,
                                 .headline = false});
}

}  // namespace

void sleep_s(double seconds) { std::this_thread::sleep_for(std::chrono::duration<double>(seconds)); }

void work(const std::string& phase, const Options& o) {
  EventLog events(o.at("--run") + "/" + phase + ".events.jsonl",
                  {.phase = phase,
                   .config_sha256 = pinned_sha256(read_pinned(o.at("--pinned"))),
                   .build = o.contains("--fast") ? "fake cuda:0 fast" : "fake cpu"});
  if (phase == "train") train(events, o);
  if (phase == "pack") pack(events, o);
  if (phase == "eval") evaluate(events, o);
  if (phase == "diagnose") diagnose(events);
}

}  // namespace pgolf
