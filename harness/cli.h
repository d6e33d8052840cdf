// The command line's skeleton: global options, and one registration function per group of verbs.
#pragma once

#include <CLI/CLI.hpp>

#include <filesystem>
#include <functional>
#include <string>

#include "base/json.h"
#include "db/store.h"
#include "harness/judge/ruleset.h"
#include "harness/resolve/resolve.h"
#include "harness/run/workspace.h"

namespace pgolf {

// What every verb knows. Precedence: option, then PGOLF_* variable, then default (docs/commands.md).
struct Globals {
  std::filesystem::path home;         // runs.db, one directory per run, data/
  std::filesystem::path submissions;  // pr-334/, pr-754/, ...
  std::filesystem::path rules;        // rulesets
  bool accept_edited_ruleset = false;
  bool json = false;  // standard output is exactly one JSON document
  bool quiet = false;

  Workspace workspace() const { return {std::filesystem::absolute(home).lexically_normal()}; }
};

// Verbs set `action`; it runs after parsing and returns the exit code.
struct Cli {
  CLI::App app{"pgolf: rebuilds, runs, judges and records Parameter Golf submissions", "pgolf"};
  Globals globals;
  std::function<int()> action;

  // A verb with its one-line description and an example, which --help shows last.
  CLI::App* verb(const std::string& name, const std::string& description, const std::string& example);
};

// Checks of option values: an integer of 64 bits, which CLI11 itself would bend into range; auto, cpu or cuda:N.
CLI::Validator whole_number();
CLI::Validator device_name();

// SUBMISSION, --profile, --seed, --steps, --seconds, --set
void add_resolve_options(CLI::App* verb, std::string& submission, ResolveRequest& request);

// --clock
void add_clock_option(CLI::App* verb, ResolveRequest& request);

// --rules, --as-of, --reading
void add_rule_options(CLI::App* verb, std::string& rules, std::string& as_of, std::string& reading);

void register_resolve(Cli& cli);
void register_run(Cli& cli);     // reproduce, demo
void register_resume(Cli& cli);  // pack, eval
void register_record(Cli& cli);  // ls, show, withdraw
void register_judge(Cli& cli);   // judge, check
void register_check(Cli& cli);
void register_report(Cli& cli);
void register_compare(Cli& cli);
void register_bundle(Cli& cli);                 // bundle export, bundle import
void register_data(Cli& cli);                   // data prepare, adopt, verify
void register_adopt(Cli& cli, CLI::App* data);  // the second
void register_techniques(Cli& cli);
void register_diff(Cli& cli);
void register_doctor(Cli& cli);
void register_bench(Cli& cli);
void register_completion(Cli& cli);

// The record of the workspace, created if need be; runs that were lost are marked so first.
Store open_record(const Globals& globals);
// The same, but nothing if there is no record yet, and for reading where nothing may be written.
std::optional<Store> open_existing_record(const Globals& globals);
// For verbs that only look: nothing in the workspace changes.
std::optional<Store> look_at_record(const Globals& globals);

// The ruleset that `name` means. Errors: usage for one that was edited and keeps its id, unless that is accepted; then
// its id bears a mark.
Ruleset chosen_ruleset(const Globals& globals, const std::string& name);

// Standard output: `document` with --json, else `text`.
void print_result(const Globals& globals, const Json& document, const std::string& text);

// The whole program. Returns the exit code of docs/exit-codes.md.
int run_command_line(int argc, char** argv);

}  // namespace pgolf
