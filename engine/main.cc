// pgolf-engine: runs one phase of a run. pinned.json in, events and files out; started by `pgolf`, usable by hand.
#include <CLI/CLI.hpp>

#include <csignal>
#include <cstdio>
#include <functional>
#include <thread>

#include "base/error.h"
#include "base/progress.h"
#include "build_config.h"
#include "engine/bench/bench.h"
#include "engine/bench/sustained.h"
#include "engine/core/blas.h"
#include "engine/core/device_info.h"
#include "engine/core/parallel.h"
#include "engine/dist/launch.h"
#include "engine/dist/status.h"
#include "engine/dist/team.h"
#include "engine/eval/eval.h"
#include "engine/memory/need.h"
#include "engine/ops/compiled_for.h"
#include "engine/pack/pack.h"
#include "engine/phase/phase.h"
#include "engine/train/train.h"

namespace pgolf {
namespace {

constexpr char kFastHelp[] = "let a GPU choose algorithms by measuring them; results may differ between runs";

struct Arguments {
  std::string pinned, run, data, checkpoint, artifact, schedule, hashes, device = "auto", progress = "auto";
  HashedSteps hashed;
  int threads = 0, processes = 1;
  bool f32 = false, fast = false;
};

Determinism determinism_of(bool fast) { return fast ? Determinism::fast : Determinism::repeatable; }

// Of process number `process`: the GPU after that of the one before.
Device device_of(const Arguments& a, int process) {
  Device device = resolve_device(a.device);
  if (device.cuda_index >= 0) {
    device.cuda_index += process;
    require_usable(device);
  }
  return device;
}

PhaseOptions phase_options(const Arguments& a, int process = 0) {
  if (a.threads > 0) set_num_threads(a.threads);
  if (a.progress == "off") set_progress_mode(ProgressMode::off);
  if (a.progress == "plain") set_progress_mode(ProgressMode::plain);
  PhaseOptions out{.pinned = read_pinned(a.pinned),
                   .run_dir = a.run,
                   .data_dir = a.data,
                   .checkpoint = a.checkpoint,
                   .artifact = a.artifact,
                   .device = device_of(a, process),
                   .float32 = a.f32,
                   .determinism = determinism_of(a.fast),
                   .hashed = a.hashed};
  if (!a.hashes.empty()) out.known_shards = ShardMemory::load(a.hashes);
  if (!a.schedule.empty()) out.schedule = read_schedule(a.schedule, pinned_sha256(out.pinned));
  return out;
}

void add_common(CLI::App& phase, Arguments& a) {
  phase.add_option("--pinned", a.pinned, "pinned.json of the run")->required();
  phase.add_option("--run", a.run, "directory the phase writes to")->required();
  phase.add_option("--device", a.device, "auto, cpu or cuda:N")->capture_default_str();
  phase.add_flag("--f32", a.f32, "compute in float32 on a GPU too");
  phase.add_flag("--fast", a.fast, kFastHelp);
  phase.add_option("--threads", a.threads, "CPU threads; 0: all")->capture_default_str();
  phase.add_option("--hashes", a.hashes, "hashes.json: SHA-256 of shards that nobody wrote to since");
  phase.add_option("--progress", a.progress, "auto, plain or off")->check(CLI::IsMember({"auto", "plain", "off"}));
}

// In several processes if it was asked for: they are forked before anything touches a GPU.
void run_in_processes(Arguments& a, const std::function<void(const PhaseOptions&)>& phase) {
  if (a.processes == 1) return phase(phase_options(a));
  check_processes(a.processes, read_pinned(a.pinned).config.train.world_size);
  const int threads = a.threads > 0 ? a.threads : static_cast<int>(std::thread::hardware_concurrency());
  a.threads = std::max(1, threads / a.processes);  // made after the fork, which would not copy them
  const auto device = [&](int process) { return device_of(a, process); };
  const int status = launch(a.processes, device, [&](Comm& comm) {
    PhaseOptions options = phase_options(a, comm.process());
    if (!comm.is_first()) set_progress_mode(ProgressMode::off);
    options.comm = &comm;
    phase(options);
  });
  if (status != 0) std::exit(status);
  for (int p = 0; p < a.processes; ++p) std::filesystem::remove_all(fmt::format("{}/process{}", a.run, p));
}

void add_processes(CLI::App& phase, Arguments& a) {
  phase.add_option("--processes", a.processes, "processes that share the submission's ranks, each on a GPU of its own")
      ->check(CLI::Range(1, kMostProcesses))
      ->capture_default_str();
}

// Of the two phases that follow a clock and whose ranks processes may share.
void add_shared(CLI::App& phase, Arguments& a) {
  phase.add_option("--schedule", a.schedule, "schedule.json of a recorded run, followed instead of the clock");
  add_processes(phase, a);
}

void add_checkpoint_every(CLI::App& phase, Arguments& a) {
  phase
      .add_option("--checkpoint-every", a.hashed.save_every,
                  "hash every step, and keep the whole state after each N steps")
      ->check(CLI::PositiveNumber)
      ->type_name("N");
}

// Of a training whose steps another audits.
void add_hashed_steps(CLI::App& train, Arguments& a) {
  add_checkpoint_every(train, a);
  CLI::Option* until = train.add_option("--until", a.hashed.until, "hash every step and end after this one")
                           ->check(CLI::PositiveNumber)
                           ->type_name("STEP");
  train.add_option("--state", a.hashed.state, "begin at the state that such a training kept, by its schedule")
      ->needs(until);
}

struct BenchArguments {
  std::string pinned, device = "auto";
  int64_t batch_seqs = 0;
  bool f32 = false, fast = false, no_ops = false, json = false, products = false;
};

void bench_model(const BenchArguments& b) {
  const Pinned pinned = read_pinned(b.pinned);
  const Device device = resolve_device(b.device);
  const BenchOptions options{.config = pinned.config,
                             .submission = pinned.submission,
                             .device = device,
                             .compute = device.is_cpu() || b.f32 ? DType::f32 : DType::bf16,
                             .determinism = determinism_of(b.fast),
                             .batch_seqs = b.batch_seqs == 0 && device.is_cpu() ? 1 : b.batch_seqs,
                             .ops = !b.no_ops};
  if (b.products) return fmt::print("{}", measured_products(options));
  const BenchReport report = run_bench(options);
  fmt::print("{}", b.json ? to_json(report).dump(2) + "\n" : to_text(report));
}

// A training step over many seconds, in as many processes as are asked for. Written to `a.run`: made-up text.
void bench_training(Arguments& a, double seconds) {
  set_progress_mode(ProgressMode::off);
  Pinned pinned = read_pinned(a.pinned);
  pinned.config = sustained_config(pinned.config, seconds);
  a.data = (std::filesystem::path(a.run) / "text").string();
  write_made_up_text(a.data, pinned.config);
  run_in_processes(a, [&](PhaseOptions options) {
    options.pinned = pinned;
    const SustainedReport report = measure_training(options);
    if (options.comm->is_first()) fmt::print("{}\n", to_json(report).dump(2));
  });
}

struct MemoryArguments {
  std::string pinned, device = "auto";
  bool f32 = false, fast = false, measure = false, json = false;
};

constexpr char kAnyGpu[] = "gpu";  // that need not be there

void report_memory(const MemoryArguments& m) {
  set_progress_mode(ProgressMode::off);
  const Pinned pinned = read_pinned(m.pinned);
  const Device device = m.device == kAnyGpu ? kMeta : resolve_device(m.device);
  if (m.measure && device.is_meta()) fail(ErrorKind::usage, "--measure needs a device that is there, not {}", kAnyGpu);
  const Place place{device, device.is_cpu() || m.f32 ? DType::f32 : DType::bf16, determinism_of(m.fast)};
  MemoryReport report{.device = device.is_meta() ? kAnyGpu : device_name(device),
                      .compute = dtype_name(place.compute),
                      .need = memory_need(pinned.config, place)};
  if (device.cuda_index >= 0) {
    const GpuInfo gpu = probe_devices().gpus.at(static_cast<size_t>(device.cuda_index));
    report.total = gpu.total_bytes;
    report.free = gpu.free_bytes;
  }
  if (m.measure) report.measured = measured_memory(pinned.config, place);
  fmt::print("{}", m.json ? to_json(report).dump(2) + "\n" : to_text(report));
}

void add_memory(CLI::App& app, MemoryArguments& m) {
  CLI::App* memory = app.add_subcommand("memory", "what each phase needs of a device's memory");
  memory->add_option("--pinned", m.pinned, "pinned.json of a run")->required();
  memory->add_option("--device", m.device, "auto, cpu, cuda:N, or gpu: one that need not be there")
      ->capture_default_str();
  memory->add_flag("--f32", m.f32, "compute in float32 on a GPU too");
  memory->add_flag("--fast", m.fast, kFastHelp);
  memory->add_flag("--measure", m.measure, "also run the largest steps and say what they took");
  memory->add_flag("--json", m.json, "the report as JSON");
  memory->callback([&] { report_memory(m); });
}

void add_bench(CLI::App& app, BenchArguments& b) {
  CLI::App* bench = app.add_subcommand("bench", "time the model and each of its ops on a device");
  bench->add_option("--pinned", b.pinned, "pinned.json of a run")->required();
  bench->add_option("--device", b.device, "auto, cpu or cuda:N")->capture_default_str();
  bench
      ->add_option("--batch-seqs", b.batch_seqs, "rows of a batch; 0: the submission's micro-batch, on the CPU one row")
      ->capture_default_str();
  bench->add_flag("--f32", b.f32, "compute in float32 on a GPU too");
  bench->add_flag("--fast", b.fast, kFastHelp);
  bench->add_flag("--no-ops", b.no_ops, "the whole model only");
  bench->add_flag("--json", b.json, "the report as JSON");
  bench->add_flag("--products", b.products, "instead: the fastest algorithms, as rows of engine/ops/product_table.cc");
  bench->callback([&] { bench_model(b); });
}

void add_sustained(CLI::App& app, Arguments& a, double& seconds) {
  CLI::App* sustained =
      app.add_subcommand("sustained", "time training over many seconds, in one or more processes; JSON");
  add_common(*sustained, a);
  add_processes(*sustained, a);
  add_checkpoint_every(*sustained, a);
  sustained->add_option("--seconds", seconds, "of the training clock")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  sustained->callback([&] { bench_training(a, seconds); });
}

int run(int argc, char** argv) {
  CLI::App app("One phase of a pgolf run", "pgolf-engine");
  app.set_version_flag("--version", kVersion);
  app.require_subcommand(1);
  Arguments a;

  CLI::App* train = app.add_subcommand("train", "train on the training shards; writes checkpoint.safetensors");
  add_common(*train, a);
  train->add_option("--data", a.data, "prepared data with train/")->required();
  add_shared(*train, a);
  add_hashed_steps(*train, a);
  train->callback([&] { run_in_processes(a, run_train); });

  CLI::App* pack = app.add_subcommand("pack", "quantise and compress a checkpoint; writes artifact.bin");
  add_common(*pack, a);
  pack->add_option("--checkpoint", a.checkpoint, "checkpoint.safetensors of the training phase")->required();
  pack->add_option("--data", a.data, "prepared data with train/, for calibration");
  pack->callback([&] { run_pack(phase_options(a)); });

  CLI::App* eval = app.add_subcommand("eval", "score an artifact on the validation stream; writes ledger.jsonl");
  add_common(*eval, a);
  eval->add_option("--data", a.data, "prepared data with val/")->required();
  eval->add_option("--artifact", a.artifact, "artifact.bin of the packing phase")->required();
  add_shared(*eval, a);
  eval->callback([&] { run_in_processes(a, run_eval); });

  CLI::App* diagnose = app.add_subcommand("diagnose", "score checkpoint and artifact in consecutive windows, unjudged");
  add_common(*diagnose, a);
  diagnose->add_option("--data", a.data, "prepared data with val/")->required();
  diagnose->add_option("--checkpoint", a.checkpoint, "checkpoint.safetensors")->required();
  diagnose->add_option("--artifact", a.artifact, "artifact.bin")->required();
  diagnose->callback([&] { run_diagnose(phase_options(a)); });

  BenchArguments b;
  add_bench(app, b);
  double seconds = 20;
  add_sustained(app, a, seconds);

  MemoryArguments m;
  add_memory(app, m);

  app.add_subcommand("devices", "what this machine offers the CUDA backend, as JSON")->callback([] {
    fmt::print("{}\n", to_json(probe_devices()));
  });

  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& e) {
    const int code = app.exit(e);
    return code == 0 ? 0 : static_cast<int>(ErrorKind::usage);
  }
  return 0;
}

}  // namespace
}  // namespace pgolf

int main(int argc, char** argv) {
  pgolf::restart_with_best_blas(argv);
  std::signal(SIGPIPE, SIG_IGN);
  int status = 0;
  const int failed = pgolf::status_of([&] {
    pgolf::require_instructions(pgolf::compiled_for());
    status = pgolf::run(argc, argv);
  });
  return failed != 0 ? failed : status;
}
