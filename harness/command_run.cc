#include <fmt/ranges.h>

#include "base/error.h"
#include "harness/cli.h"
#include "harness/engine_tool.h"
#include "harness/judge/judging.h"
#include "harness/report_files.h"
#include "harness/run/data_source.h"
#include "harness/run/notice.h"
#include "harness/run/process.h"
#include "harness/run/replay.h"
#include "harness/run/run.h"
#include "harness/run_json.h"
#include "reports/reproduction.h"

namespace pgolf {
namespace {

struct RunRequest {
  std::string submission, rules, reading = "strict", sandbox = "auto", engine;
  ResolveRequest resolve;
  DataRequest data;
  RunOptions options;
  std::vector<std::string> limits;  // "train=600"
  double memory_limit = 0;          // GiB; 0: the default
  bool no_diagnose = false;
  bool demo = false;        // exits 0 once the run is judged
  std::string replay;       // a run
  bool configured = false;  // some option of the configuration was given
};

std::map<std::string, double> parse_limits(const std::vector<std::string>& limits) {
  std::map<std::string, double> out;
  for (const std::string& limit : limits) {
    const auto equals = limit.find('=');
    const std::string phase = limit.substr(0, equals);
    char* end = nullptr;
    const double seconds = equals == std::string::npos ? 0 : std::strtod(limit.c_str() + equals + 1, &end);
    if (!(seconds > 0) || *end != '\0' ||
        (phase != "train" && phase != "pack" && phase != "eval" && phase != "diagnose"))
      fail(ErrorKind::usage, "--limit {}: expected train=SECONDS, pack=SECONDS, eval=SECONDS or diagnose=SECONDS",
           limit);
    out[phase] = seconds;
  }
  return out;
}

SandboxMode sandbox_mode(const std::string& name) {
  return name == "auto" ? SandboxMode::automatic : name == "required" ? SandboxMode::required : SandboxMode::off;
}

void complete_options(RunRequest& request) {
  request.options.engine = engine_path(request.engine);
  request.options.limits_s = parse_limits(request.limits);
  if (request.memory_limit > 0)
    request.options.memory_limit_bytes = static_cast<std::uintmax_t>(request.memory_limit * (1 << 30));
  request.options.sandbox = sandbox_mode(request.sandbox);
  request.options.diagnose = !request.no_diagnose;
}

// What repeats the run, spelled out: defaults of today's submission.toml are not left to tomorrow's.
std::vector<std::string> rerun_command(const RunRequest& r, const Pinned& pinned) {
  std::vector<std::string> out = {
      "pgolf", "reproduce", r.submission, "--profile", pinned.profile, "--seed", std::to_string(pinned.seed)};
  for (const std::string& set : pinned.overrides) out.insert(out.end(), {"--set", set});
  const auto add_path = [&](const char* option, const std::filesystem::path& path) {
    if (!path.empty()) out.insert(out.end(), {option, std::filesystem::absolute(path).lexically_normal().string()});
  };
  add_path("--data", r.data.data);
  add_path("--docs", r.data.docs);
  add_path("--tokenizer", r.data.tokenizer);
  add_path("--engine", r.engine);
  add_path("--rules", r.rules);
  if (r.no_diagnose) out.push_back("--no-diagnose");
  if (r.sandbox != "auto") out.insert(out.end(), {"--sandbox", r.sandbox});
  if (r.reading != "strict") out.insert(out.end(), {"--reading", r.reading});
  if (r.data.val_docs > 0) out.insert(out.end(), {"--val-docs", std::to_string(r.data.val_docs)});
  if (r.options.device != "auto") out.insert(out.end(), {"--device", r.options.device});
  if (r.options.fast) out.push_back("--fast");
  if (r.options.threads > 0) out.insert(out.end(), {"--threads", std::to_string(r.options.threads)});
  for (const std::string& limit : r.limits) out.insert(out.end(), {"--limit", limit});
  if (r.memory_limit > 0) out.insert(out.end(), {"--memory-limit", fmt::format("{}", r.memory_limit)});
  if (r.options.replay) out.insert(out.end(), {"--replay", r.options.replay->schedule.replay_of});
  return out;
}

// Prints the run; says in one line what went wrong, if anything did.
int report_run(const Globals& globals, const Store& store, const RunEnd& end, int exit_code) {
  const RunRecord record = store.load_run(end.run);
  const auto page = write_run_report(store, end.run, globals.workspace().run(end.run).root(), "report");
  Json document = run_to_json(record);
  document["report"] = page.string();
  print_result(globals, document, run_to_text(record) + "\nreport: " + page.string() + "\n");
  if (!end.failed) return exit_code;
  fmt::print(stderr, "pgolf: run {}: {} {}: {}\n", end.run, end.failed_phase, outcome_name(end.failed->outcome),
             end.failed->message);
  return exit_code_of(*end.failed);
}

// A replay's by its artifact; others' by the rules and, where the submission ran as it was, by whether its claim was
// reproduced: the first that occurs of 1, 3, 0.
int exit_code_of(int by_rules, const RunRecord& record) {
  if (record.replay) return exit_code_of(replay_end(record));
  if (!record.pinned.as_run) return by_rules;
  const Reproduction found = reproduction_of(record);
  const auto code = [](ErrorKind kind) { return static_cast<int>(kind); };
  const int by_claim = found.outcome == Reproduced::yes  ? 0
                       : found.outcome == Reproduced::no ? code(ErrorKind::verdict)
                                                         : code(ErrorKind::inconclusive);
  return by_rules == 1 || by_claim == 1 ? 1 : std::max(by_rules, by_claim);
}

int judge_and_report(const Globals& globals, Store& store, const RunEnd& end, const Ruleset& ruleset,
                     const std::string& reading) {
  if (end.failed) return report_run(globals, store, end, 0);
  const auto verdicts = judge_run(store, globals.workspace(), end.run, ruleset, "");
  store.transact([&] {
    store.put_judgement(judgement_row(end.run, ruleset, "", verdicts));
    store.move(end.run, RunState::done);
  });
  const int by_rules = exit_code_of(verdicts, reading == "strict" ? Reading::strict : Reading::practice);
  return report_run(globals, store, end, exit_code_of(by_rules, store.load_run(end.run)));
}

// The run to be replayed, its schedule, and, where the command line does not say otherwise, its configuration and data.
RunRecord prepare_replay(const Globals& globals, const Store& store, const Submission& submission,
                         RunRequest& request) {
  if (request.options.fast)
    fail(ErrorKind::usage, "--fast does not repeat a run bit for bit; leave it out of a replay");
  const RunRecord record = store.load_run(store.find_run(request.replay));
  if (record.pinned.submission != submission.id)
    fail(ErrorKind::usage, "run {} is of {}, not of {}", record.run.id, record.pinned.submission, submission.id);
  request.options.replay = load_replay(record, globals.workspace().run(record.run.id));
  if (!request.configured) request.resolve = request_of(record);
  const auto data = record.environment.find("data_directory");
  if (request.data.data.empty() && request.data.docs.empty() && data != record.environment.end())
    request.data.data = data->second;
  return record;
}

int reproduce(const Globals& globals, RunRequest request) {
  Interrupts::install();
  complete_options(request);
  const Ruleset ruleset = chosen_ruleset(globals, request.rules);
  const Submission submission = load_submission(find_submission(globals.submissions, request.submission));
  Resolved resolved = resolve(submission, request.resolve);  // mistakes are told before any work
  Store store = open_record(globals);
  std::optional<RunRecord> replayed;
  if (!request.replay.empty()) {
    replayed = prepare_replay(globals, store, submission, request);
    resolved = resolve(submission, request.resolve);
  }
  request.data.demo = request.demo || request.resolve.profile == "demo";
  const DataManifest data = obtain_data(request.data, resolved.pinned.config, globals.workspace());
  request.resolve.data = pinned_data(data);
  resolved = resolve(submission, request.resolve);
  if (replayed) check_same_configuration(*replayed, resolved.pinned);
  request.options.command = rerun_command(request, resolved.pinned);
  Runner runner(store, globals.workspace(), request.options);
  const RunEnd end = runner.run(submission, resolved.pinned, data);
  const int exit_code = judge_and_report(globals, store, end, ruleset, request.reading);
  return request.demo && !end.failed ? 0 : exit_code;
}

std::filesystem::path data_directory(const RunRecord& record, const DataRequest& request) {
  if (!request.data.empty()) return request.data;
  const auto recorded = record.environment.find("data_directory");
  if (recorded == record.environment.end())
    fail(ErrorKind::usage, "run {} does not say where its data lie; name them with --data", record.run.id);
  return recorded->second;
}

int evaluate(const Globals& globals, RunRequest request, const std::string& name) {
  Interrupts::install();
  complete_options(request);
  const Ruleset ruleset = chosen_ruleset(globals, request.rules);
  Store store = open_record(globals);
  const RunRecord record = store.load_run(store.find_run(name));
  const DataManifest data = load_manifest(data_directory(record, request.data));
  const Pinned pinned = pinned_from_json(Json::parse(record.pinned.document), "run " + record.run.id);
  if (!pinned.data || pinned.data->manifest_sha256 != data.sha256)
    fail(ErrorKind::usage, "{}: not the data of run {}; its manifest had SHA-256 {}", data.directory.string(),
         record.run.id, pinned.data ? pinned.data->manifest_sha256 : "none");
  Runner runner(store, globals.workspace(), request.options);
  return judge_and_report(globals, store, runner.evaluate_again(record.run.id, data), ruleset, request.reading);
}

void add_run_options(CLI::App* verb, RunRequest& r) {
  verb->add_option("--device", r.options.device, "auto, cpu or cuda:N")->check(device_name())->capture_default_str();
  verb->add_option("--threads", r.options.threads, "CPU threads; 0: all")
      ->check(CLI::NonNegativeNumber)
      ->capture_default_str();
  verb->add_flag("--fast", r.options.fast,
                 "let a GPU choose algorithms by measuring them; recorded, and such a run cannot be replayed");
  verb->add_option("--sandbox", r.sandbox, "auto: the strongest that works; required: bubblewrap or nothing; off")
      ->check(CLI::IsMember({"auto", "required", "off"}))
      ->capture_default_str();
  verb->add_option("--limit", r.limits, "PHASE=SECONDS, enforced from outside; may be repeated")
      ->allow_extra_args(false)
      ->type_name("PHASE=SECONDS");
  verb->add_option("--memory-limit", r.memory_limit, "of each phase, enforced from outside; default: 15/16 of all")
      ->check(CLI::Range(0.125, 65536.0).description(""))
      ->type_name("GIB");
  verb->add_flag("--no-diagnose", r.no_diagnose, "skip scoring before and after quantisation");
  verb->add_option("--rules", r.rules, "a ruleset's id or file; default: the latest");
  verb->add_option("--reading", r.reading, "which reading decides the exit code")
      ->check(CLI::IsMember({"strict", "practice"}))
      ->capture_default_str();
  verb->add_option("--engine", r.engine, "the pgolf-engine program [PGOLF_ENGINE]; default: beside pgolf");
}

void add_data_options(CLI::App* verb, DataRequest& data) {
  verb->add_option("--data", data.data, "prepared data (pgolf data prepare)");
  verb->add_option("--docs", data.docs, "documents to prepare: JSON lines, each {\"text\": ...}");
  verb->add_option("--tokenizer", data.tokenizer, "with --docs: a SentencePiece model; default: train one");
  verb->add_option("--val-docs", data.val_docs, "with --docs: validation documents; default: a twentieth")
      ->check(CLI::NonNegativeNumber);
}

}  // namespace

void register_run(Cli& cli) {
  const auto demo = std::make_shared<RunRequest>();
  demo->demo = true, demo->submission = "334", demo->resolve.profile = "demo";
  CLI::App* verb =
      cli.verb("demo", "Rebuild, train, pack, score, judge and record a submission at laptop size", "pgolf demo 334");
  add_resolve_options(verb, demo->submission, demo->resolve);
  verb->get_option("submission")->required(false)->capture_default_str();
  add_data_options(verb, demo->data);
  add_run_options(verb, *demo);
  verb->callback([&cli, demo] { cli.action = [&cli, demo] { return reproduce(cli.globals, *demo); }; });

  const auto request = std::make_shared<RunRequest>();
  verb = cli.verb("reproduce", "Run a submission and judge it; exits by verdict",
                  "pgolf reproduce 334 --profile demo --set ttt.enabled=false --docs docs.jsonl");
  add_resolve_options(verb, request->submission, request->resolve);
  add_data_options(verb, request->data);
  add_run_options(verb, *request);
  verb->add_option("--replay", request->replay,
                   "a run whose recorded schedule is followed instead of the clock; exits 0 for an equal artifact")
      ->type_name("RUN");
  verb->callback([&cli, verb, request] {
    for (const char* option : {"--profile", "--seed", "--steps", "--seconds", "--set"})
      request->configured = request->configured || verb->count(option) > 0;
    cli.action = [&cli, request] { return reproduce(cli.globals, *request); };
  });

  const auto again = std::make_shared<RunRequest>();
  const auto name = std::make_shared<std::string>();
  verb = cli.verb("eval", "Evaluate the saved artifact of a run whose evaluation was cut short", "pgolf eval last");
  verb->add_option("run", *name, "a run's identifier, a unique part of it, or 'last'")->required();
  verb->add_option("--data", again->data.data, "the run's prepared data, if it was moved");
  add_run_options(verb, *again);
  verb->callback(
      [&cli, again, name] { cli.action = [&cli, again, name] { return evaluate(cli.globals, *again, *name); }; });
}

}  // namespace pgolf
