#include <fmt/ranges.h>

#include "base/error.h"
#include "harness/cli.h"
#include "harness/data_source.h"
#include "harness/judging.h"
#include "harness/notice.h"
#include "harness/process.h"
#include "harness/report_files.h"
#include "harness/run.h"
#include "harness/run_json.h"

namespace pgolf {
namespace {

struct RunRequest {
  std::string submission, rules, reading = "strict", sandbox = "auto", engine;
  ResolveRequest resolve;
  DataRequest data;
  RunOptions options;
  std::vector<std::string> limits;  // "train=600"
  bool no_diagnose = false;
  bool demo = false;  // exits 0 once the run is judged
};

std::filesystem::path engine_path(const std::string& named) {
  std::filesystem::path path = named;
  if (path.empty())
    if (const char* variable = std::getenv("PGOLF_ENGINE"); variable && *variable) path = variable;
  if (path.empty()) path = std::filesystem::read_symlink("/proc/self/exe").parent_path() / "pgolf-engine";
  std::error_code ignored;
  if (!std::filesystem::exists(path, ignored))
    fail(ErrorKind::machine, "{}: the engine is missing; build it (ninja pgolf-engine) or name it with --engine",
         path.string());
  return std::filesystem::absolute(path);
}

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

// What repeats the run, spelled out: defaults of today's submission.toml are not left to tomorrow's.
std::vector<std::string> rerun_command(const RunRequest& r, const Pinned& pinned) {
  std::vector<std::string> out = {
      "pgolf", "reproduce", r.submission, "--profile", pinned.profile, "--seed", std::to_string(pinned.seed)};
  for (const std::string& set : pinned.overrides) out.insert(out.end(), {"--set", set});
  if (!r.data.data.empty()) out.insert(out.end(), {"--data", r.data.data.string()});
  if (!r.data.docs.empty()) out.insert(out.end(), {"--docs", r.data.docs.string()});
  if (!r.data.tokenizer.empty()) out.insert(out.end(), {"--tokenizer", r.data.tokenizer.string()});
  if (r.data.val_docs > 0) out.insert(out.end(), {"--val-docs", std::to_string(r.data.val_docs)});
  if (r.options.device != "auto") out.insert(out.end(), {"--device", r.options.device});
  if (r.options.threads > 0) out.insert(out.end(), {"--threads", std::to_string(r.options.threads)});
  for (const std::string& limit : r.limits) out.insert(out.end(), {"--limit", limit});
  return out;
}

// Prints the run; says in one line what went wrong, if anything did.
int report_run(const Globals& globals, const Store& store, const RunEnd& end, int exit_code) {
  const RunRecord record = store.load_run(end.run);
  const auto page = write_run_report(store, end.run, globals.workspace().home / record.run.directory, "report");
  Json document = run_to_json(record);
  document["report"] = page.string();
  print_result(globals, document, run_to_text(record) + "\nreport: " + page.string() + "\n");
  if (!end.failed) return exit_code;
  fmt::print(stderr, "pgolf: run {}: {} {}: {}\n", end.run, end.failed_phase, outcome_name(end.failed->outcome),
             end.failed->message);
  return exit_code_of(*end.failed);
}

int judge_and_report(const Globals& globals, Store& store, const RunEnd& end, const Ruleset& ruleset,
                     const std::string& reading) {
  if (end.failed) return report_run(globals, store, end, 0);
  const auto verdicts = judge_run(store, globals.workspace(), end.run, ruleset, "");
  store.transact([&] {
    store.put_judgement(judgement_row(end.run, ruleset, "", verdicts));
    store.move(end.run, RunState::done);
  });
  return report_run(globals, store, end,
                    exit_code_of(verdicts, reading == "strict" ? Reading::strict : Reading::practice));
}

int reproduce(const Globals& globals, RunRequest request) {
  Interrupts::install();
  request.options.engine = engine_path(request.engine);
  request.options.limits_s = parse_limits(request.limits);
  request.options.sandbox = sandbox_mode(request.sandbox);
  request.options.diagnose = !request.no_diagnose;
  const Ruleset ruleset = load_ruleset(find_ruleset(globals.rules, request.rules));
  const Submission submission = load_submission(find_submission(globals.submissions, request.submission));
  Resolved resolved = resolve(submission, request.resolve);  // mistakes are told before any work
  request.data.demo = request.demo || request.resolve.profile == "demo";
  Store store = open_record(globals);
  const DataManifest data = obtain_data(request.data, resolved.pinned.config, globals.workspace());
  request.resolve.data = pinned_data(data);
  resolved = resolve(submission, request.resolve);
  request.options.command = rerun_command(request, resolved.pinned);
  Runner runner(store, globals.workspace(), request.options);
  const RunEnd end = runner.run(submission, resolved.pinned, data);
  const int exit_code = judge_and_report(globals, store, end, ruleset, request.reading);
  return request.demo && !end.failed ? 0 : exit_code;
}

int evaluate(const Globals& globals, RunRequest request, const std::string& name) {
  Interrupts::install();
  request.options.engine = engine_path(request.engine);
  request.options.limits_s = parse_limits(request.limits);
  request.options.sandbox = sandbox_mode(request.sandbox);
  request.options.diagnose = !request.no_diagnose;
  const Ruleset ruleset = load_ruleset(find_ruleset(globals.rules, request.rules));
  Store store = open_record(globals);
  const RunRecord record = store.load_run(store.find_run(name));
  const DataManifest data = load_manifest(
      request.data.data.empty() ? std::filesystem::path(record.environment.at("data_directory")) : request.data.data);
  const Json pinned = Json::parse(record.pinned.document);
  if (pinned.at("data").at("manifest_sha256") != data.sha256)
    fail(ErrorKind::usage, "{}: not the data of run {}; its manifest had SHA-256 {}", data.directory.string(),
         record.run.id, pinned.at("data").at("manifest_sha256").get<std::string>());
  Runner runner(store, globals.workspace(), request.options);
  return judge_and_report(globals, store, runner.evaluate_again(record.run.id, data), ruleset, request.reading);
}

void add_run_options(CLI::App* verb, RunRequest& r) {
  verb->add_option("--device", r.options.device, "auto, cpu or cuda:N")->capture_default_str();
  verb->add_option("--threads", r.options.threads, "CPU threads; 0: all")
      ->check(CLI::NonNegativeNumber)
      ->capture_default_str();
  verb->add_option("--sandbox", r.sandbox, "auto: the strongest that works; required: bubblewrap or nothing; off")
      ->check(CLI::IsMember({"auto", "required", "off"}))
      ->capture_default_str();
  verb->add_option("--limit", r.limits, "PHASE=SECONDS, enforced from outside; may be repeated")
      ->allow_extra_args(false)
      ->type_name("PHASE=SECONDS");
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
  verb->callback([&cli, request] { cli.action = [&cli, request] { return reproduce(cli.globals, *request); }; });

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
