// doctor, bench: what the machine has, and how fast it is.
#include "base/error.h"
#include "base/file.h"
#include "harness/cli.h"
#include "harness/doctor.h"
#include "harness/run/engine_tool.h"
#include "harness/run/notice.h"

namespace pgolf {
namespace {

constexpr double kBenchLimit_s = 1800;

struct DoctorOptions {
  std::string engine, expected_head;
  bool head = false;
};

// "12:<SHA-256>", or a file that begins with it.
ChainHead kept_head(const std::string& named) {
  std::error_code missing;
  const std::string text = std::filesystem::is_regular_file(named, missing) ? read_text(named) : named;
  const auto head = chain_head_from(text.substr(0, text.find_first_of(" \n")));
  if (!head)
    fail(ErrorKind::usage, "--expect-head {}: expected SEALS:SHA256, as `pgolf doctor --head` prints it", named);
  return *head;
}

int print_head(const Globals& globals) {
  const auto store = look_at_record(globals);
  if (!store) fail_no_record(globals.workspace());
  store->check_integrity();
  const ChainHead head = store->head();
  print_result(globals, {{"format", "pgolf.head/1"}, {"seals", head.seals}, {"sha256", head.sha256}},
               chain_head_text(head) + "\n");
  return 0;
}

int doctor(const Globals& globals, const DoctorOptions& options) {
  DoctorRequest request{.home = globals.home,
                        .submissions = globals.submissions,
                        .rules = globals.rules,
                        .engine = options.engine,
                        .accept_edited_ruleset = globals.accept_edited_ruleset,
                        .expected_head = std::nullopt};
  if (!options.expected_head.empty()) request.expected_head = kept_head(options.expected_head);
  if (options.head) return print_head(globals);
  const auto checkups = examine(request);
  print_result(globals, checkups_to_json(checkups), checkups_to_text(checkups));
  return is_ready(checkups) ? 0 : static_cast<int>(ErrorKind::machine);
}

struct BenchRequest {
  std::string submission = "334", device = "auto", profile, engine;
  int64_t batch_seqs = 0;
  bool no_ops = false, f32 = false, fast = false, memory = false;
};

// The GPU that `auto` means to the engine, or "cpu".
std::string chosen_device(const std::string& device, const std::filesystem::path& engine, const Sandbox& sandbox) {
  if (device != "auto") return device;
  const Json devices = probe_engine_devices(engine, sandbox);
  for (const Json& gpu : devices.value("gpus", Json::array()))
    if (gpu.value("problem", "?").empty()) return gpu.value("device", "cpu");
  return "cpu";
}

int bench(const Globals& globals, const BenchRequest& request) {
  const auto engine = engine_path(request.engine);
  const Sandbox sandbox = Sandbox::choose(SandboxMode::automatic, engine);
  const std::string device = chosen_device(request.device, engine, sandbox);
  const bool cpu = device == "cpu";
  const Submission submission = load_submission(find_submission(globals.submissions, request.submission));
  ResolveRequest resolving;
  resolving.profile = !request.profile.empty() ? request.profile : cpu ? "demo" : kRecordProfile;
  const ScratchDirectory scratch;
  const auto pinned = scratch.path() / "pinned.json";
  write_pinned(pinned, resolve(submission, resolving).pinned);
  notice(
      "bench: {} profile {} on {}{}", submission.id, resolving.profile, device,
      cpu && request.profile.empty() ? "; --profile record measures the submission as it ran, which takes long" : "");
  std::vector<std::string> arguments = {request.memory ? "memory" : "bench", "--pinned", pinned.string(), "--device",
                                        device};
  if (request.memory) arguments.emplace_back("--measure");
  if (request.batch_seqs > 0) arguments.insert(arguments.end(), {"--batch-seqs", std::to_string(request.batch_seqs)});
  if (request.no_ops) arguments.emplace_back("--no-ops");
  if (request.f32) arguments.emplace_back("--f32");
  if (request.fast) arguments.emplace_back("--fast");
  if (globals.json) arguments.emplace_back("--json");
  const std::string text = run_engine_tool(engine, arguments, kBenchLimit_s, sandbox);
  Json document;
  if (globals.json) {
    document = parse_json(text, "pgolf-engine " + arguments.front());
    document["profile"] = resolving.profile;
  }
  print_result(globals, document, text);
  return 0;
}

}  // namespace

void register_doctor(Cli& cli) {
  const auto options = std::make_shared<DoctorOptions>();
  CLI::App* verb =
      cli.verb("doctor", "What this machine has of what pgolf needs and can use; exits 0 if a run can start",
               "pgolf doctor --json");
  verb->add_option("--engine", options->engine, "the pgolf-engine program [PGOLF_ENGINE]; default: beside pgolf");
  auto* head =
      verb->add_flag("--head", options->head, "print the head of the record's chain of seals, to be kept elsewhere");
  verb->add_option("--expect-head", options->expected_head,
                   "a head that was kept, or a file with it: the record must hold it")
      ->type_name("HEAD")
      ->excludes(head);
  verb->callback([&cli, options] { cli.action = [&cli, options] { return doctor(cli.globals, *options); }; });
}

void register_bench(Cli& cli) {
  const auto request = std::make_shared<BenchRequest>();
  CLI::App* verb = cli.verb("bench", "Time a submission's model and each of its ops on a device",
                            "pgolf bench --submission 849 --device cuda:0");
  verb->add_option("--submission", request->submission, "334, pr-334, or a directory")->capture_default_str();
  verb->add_option("--device", request->device, "auto, cpu or cuda:N")->capture_default_str();
  verb->add_option("--profile", request->profile, "default: record on a GPU, demo on the CPU");
  CLI::Option* rows = verb->add_option("--batch-seqs", request->batch_seqs,
                                       "rows of a batch; default: the micro-batch, on the CPU one row")
                          ->check(CLI::PositiveNumber);
  CLI::Option* no_ops = verb->add_flag("--no-ops", request->no_ops, "the whole model only");
  verb->add_flag("--memory", request->memory, "instead: what each phase needs of memory, and takes on the device")
      ->excludes(no_ops)
      ->excludes(rows);
  verb->add_flag("--f32", request->f32, "compute in float32 on a GPU too");
  verb->add_flag("--fast", request->fast, "let a GPU choose algorithms by measuring them");
  verb->add_option("--engine", request->engine, "the pgolf-engine program [PGOLF_ENGINE]; default: beside pgolf");
  verb->callback([&cli, request] { cli.action = [&cli, request] { return bench(cli.globals, *request); }; });
}

}  // namespace pgolf
