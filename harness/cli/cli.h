// The command line's skeleton: global options, and what every verb is given.
#pragma once

#include <CLI/CLI.hpp>

#include <filesystem>
#include <functional>
#include <optional>
#include <span>
#include <string>

#include "base/json.h"
#include "db/store.h"
#include "harness/run/workspace.h"
#include "judge/ruleset.h"

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

// What gives the program a verb: harness/commands/registry.h lists them.
using AddVerb = void (*)(Cli&);

// The record of the workspace, created if need be; runs that were lost are marked so first.
Store open_record(const Globals& globals);
// The same, but nothing if there is no record yet, and for reading where nothing may be written.
std::optional<Store> open_existing_record(const Globals& globals);
// For verbs that only look: nothing in the workspace changes.
std::optional<Store> look_at_record(const Globals& globals);

// The ruleset that `name` means. Errors: usage for one that was edited and keeps its id, unless that is accepted; then
// its id bears a mark.
Ruleset chosen_ruleset(const Globals& globals, const std::string& name);
// For verbs that judge no run: one that `name` means likewise, else the latest that nobody edited.
Ruleset ruleset_to_show_by(const Globals& globals, const std::string& name);

// Standard output: `document` with --json, else `text`.
void print_result(const Globals& globals, const Json& document, const std::string& text);

// The whole program with these verbs, in the order of --help. Returns the exit code of docs/exit-codes.md.
int run_command_line(int argc, char** argv, std::span<const AddVerb> verbs);

}  // namespace pgolf
