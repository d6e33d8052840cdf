// events.jsonl: what a phase reports while it runs, one JSON object per line, each line one write.
//
//   EventLog log(dir / "events.jsonl", {.phase = "train", .config_sha256 = id});
//   log.write(StepEvent{.step = 1, .train_loss = 6.93, ...});
//
// The first line names the format and the phase; every other one has "event" and "t_ms", the milliseconds since the log
// was opened on the writer's monotonic clock. These times are the writer's word; what is judged is the harness's own
// clock. Format: docs/evidence.md.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace pgolf {

// Parts of phases whose times count by the rules; a phase names the rest as it likes.
inline constexpr char kPartTrainLoop[] = "train";           // from the first step to the last, warm-up left out
inline constexpr char kPartCalibrate[] = "pack.calibrate";  // reading training data after the loop
inline constexpr char kPartEval[] = "eval.scored";          // the headline pass, adaptation included
inline constexpr char kEvalPrefix[] = "eval.";              // of every part that computes from validation tokens

struct EventsHeader {
  std::string phase{};          // "train", "pack", "eval"
  std::string config_sha256{};  // identity of the pinned configuration
  std::string build{};          // program, version, backend
};

struct PhaseStartEvent {
  static constexpr char kName[] = "phase_start";
  std::string name;  // a phase or a part of one: "train", "warmup", "quantise", "eval.sliding"
};

struct PhaseEndEvent {
  static constexpr char kName[] = "phase_end";
  std::string name;
  double elapsed_ms = 0;
};

// A file of data that the phase opened.
struct DataEvent {
  static constexpr char kName[] = "data";
  std::string role;  // "train", "val", "tokenizer", "artifact", "checkpoint"
  std::string path;
  std::string sha256;
  int64_t bytes = 0;
};

// One optimizer step; every step is written, so that a schedule that followed the clock can be replayed.
struct StepEvent {
  static constexpr char kName[] = "step";
  int64_t step = 0;       // 1-based: updates done
  double train_loss = 0;  // nats per token, mean over the step's tokens
  double lr_scale = 1;
  double elapsed_ms = 0;  // training clock after the step, pauses for validation left out
  int64_t tokens = 0;     // of this step, all ranks
  double tok_per_s = 0;
  std::vector<std::string> switches{};  // what is switched on: "qat", "crown_q", "looping"
  std::optional<double> rank0_loss{};   // as train_loss, over rank 0's tokens; logs of older pgolf lack it
};

// The result of one scoring pass over validation targets.
struct ValidationEvent {
  static constexpr char kName[] = "validation";
  std::string name;     // the pass, as in the ledger (base/names.h)
  std::string weights;  // what was scored: "checkpoint", "artifact"
  double val_loss = 0;  // nats per target
  double val_bpb = 0;   // bits per byte
  int64_t targets = 0;
  int64_t bytes = 0;
  double elapsed_ms = 0;
  bool headline = false;
};

// Running sums of a scoring pass, in the order scored: the curve of bpb over the validation stream.
struct StreamEvent {
  static constexpr char kName[] = "stream";
  std::string name;  // the pass
  int64_t targets = 0;
  double nll = 0;  // nats
  int64_t bytes = 0;
};

// Sums over the documents of a scoring pass, each document by itself: enough for the bits per byte of the pass and for
// their interval.
struct DocumentsEvent {
  static constexpr char kName[] = "documents";
  std::string name;  // the pass
  int64_t documents = 0, targets = 0, bytes = 0;
  double nll = 0;                                      // nats
  double nll_nll = 0, nll_bytes = 0, bytes_bytes = 0;  // sums of products
};

struct ByteClass {
  std::string name;  // "matrices int5", "embeddings int8", "scales", "container", "code"
  int64_t bytes = 0;
};

struct ArtifactEvent {
  static constexpr char kName[] = "artifact";
  std::string path;
  std::string sha256;
  int64_t model_bytes = 0;
  std::vector<ByteClass> classes;  // where model_bytes go; they add up to it
};

// Sum of the scored distribution over the vocabulary at one sampled target; 1 for a distribution.
struct NormalisationEvent {
  static constexpr char kName[] = "normalisation";
  std::string name;  // the pass
  int64_t target = 0;
  double sum = 0;
};

// Scores before `target`, taken again with every token from `target` on replaced.
struct CausalityEvent {
  static constexpr char kName[] = "causality";
  std::string name;
  int64_t target = 0;
  int64_t compared = 0;
  int64_t changed = 0;        // not equal bit for bit
  double max_difference = 0;  // nats
};

// A time limit of the configuration was reached inside a phase, and what it stopped.
struct TimeoutEvent {
  static constexpr char kName[] = "timeout";
  std::string name;  // "ttt": from here on chunks are scored without being trained on
  int64_t done = 0;  // chunks trained on
};

// The phase ran in several processes, each with a device of its own.
struct ProcessesEvent {
  static constexpr char kName[] = "processes";
  int64_t count = 0;
  int64_t ranks = 0;  // of the submission, that they shared
  std::string link;   // how tensors travelled: "NCCL 2.28.9", "shared memory"
};

// All processes of the phase hold these weights after `step`.
struct WeightsEvent {
  static constexpr char kName[] = "weights";
  int64_t step = 0;
  std::string sha256;  // of the float32 masters, in the order of the parameter table
};

// Hashes of a step, of a training that hashes its steps (engine/evidence/leaves.h).
struct StateEvent {
  static constexpr char kName[] = "state";
  int64_t step = 0;
  std::string state;  // of what the step left: weights, optimizer state, averages
  std::string root;   // of that and of the batches and gradients that led to it; "" of a state that was loaded
};

struct WarningEvent {
  static constexpr char kName[] = "warning";
  std::string text;
};

// The evaluation's ledger is closed; its head stands for all of it.
struct LedgerEvent {
  static constexpr char kName[] = "ledger";
  std::string path;
  std::string head;
};

using Event = std::variant<PhaseStartEvent, PhaseEndEvent, DataEvent, StepEvent, ValidationEvent, StreamEvent,
                           DocumentsEvent, ArtifactEvent, NormalisationEvent, CausalityEvent, TimeoutEvent,
                           ProcessesEvent, WeightsEvent, StateEvent, WarningEvent, LedgerEvent>;

// Writer. Errors: usage if `path` already has content; machine if it cannot be written.
class EventLog {
 public:
  EventLog();  // without a file: what is written to it is forgotten
  EventLog(const std::filesystem::path& path, const EventsHeader& header);
  ~EventLog();
  EventLog(EventLog&&) noexcept;
  void write(const Event& event);
  void sync();  // fsync

 private:
  struct State;
  std::unique_ptr<State> state_;
};

struct EventRecord {
  int64_t line = 0;  // 1-based line in the file
  double t_ms = 0;
  Event event;
};

struct EventsFile {
  EventsHeader header;
  std::vector<EventRecord> events;
  bool torn = false;  // the last line was cut short by the writer's death and is left out
};

// A number that is not finite is stored as null and read back as NaN. Errors: submission, "<path>:<line>: ..." for a
// damaged line and for a newer version; not_found if there is no such file.
EventsFile read_events(const std::filesystem::path& path);
EventsFile parse_events(std::string_view text, const std::string& name);

}  // namespace pgolf
