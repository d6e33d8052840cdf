#include "harness/cli/cli.h"

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <cstdlib>

#include "base/error.h"
#include "base/message.h"
#include "base/notice.h"
#include "base/progress.h"
#include "harness/cli/colour.h"
#include "harness/cli/parse_error.h"
#include "harness/judging/find_ruleset.h"
#include "harness/process/interrupts.h"
#include "harness/run/local_disk.h"
#include "harness/run/reap.h"
#include "identity/identity.h"

namespace pgolf {
namespace {

const std::filesystem::path kCheckout = PGOLF_SOURCE_DIR;

// Where submissions/ and rules/ lie: share/pgolf beside an installed program (cmake/install.cmake), else the checkout
// that the program was built from, else the current directory.
std::filesystem::path data_directory() {
  std::error_code missing;
  const auto program = std::filesystem::read_symlink("/proc/self/exe", missing);
  for (const auto& directory : {program.parent_path().parent_path() / "share/pgolf", kCheckout})
    if (std::filesystem::is_directory(directory / "submissions", missing)) return directory;
  return std::filesystem::current_path();
}

std::filesystem::path from_environment(const char* variable, const std::filesystem::path& otherwise) {
  const char* value = std::getenv(variable);
  return value && *value ? std::filesystem::path(value) : otherwise;
}

void add_global_options(Cli& cli, std::string& progress) {
  Globals& g = cli.globals;
  const auto data = data_directory();  // an installed one may be read-only, so runs go where the user stands
  g.home = from_environment("PGOLF_HOME", (data == kCheckout ? data : std::filesystem::current_path()) / "runs");
  g.rules = from_environment("PGOLF_RULES", data / "rules");
  g.submissions = from_environment("PGOLF_SUBMISSIONS", data / "submissions");
  cli.app.set_version_flag("--version", "pgolf " + version());
  cli.app.add_option("--home", g.home, "directory of runs.db, runs and prepared data [PGOLF_HOME]")
      ->capture_default_str();
  cli.app.add_option("--submissions", g.submissions, "directory of submissions [PGOLF_SUBMISSIONS]")
      ->capture_default_str();
  cli.app.add_option("--rules-dir", g.rules, "directory of rulesets [PGOLF_RULES]")->capture_default_str();
  cli.app.add_flag("--accept-edited-ruleset", g.accept_edited_ruleset,
                   "judge by a shipped ruleset that was edited; its id is then marked +edited");
  cli.app.add_flag("--json", g.json, "print one JSON document on standard output");
  cli.app.add_flag("-q,--quiet", g.quiet, "nothing on standard error but errors");
  cli.app.add_option("--progress", progress, "auto: a live line on a terminal, plain lines elsewhere")
      ->check(CLI::IsMember({"auto", "plain", "off"}))
      ->capture_default_str();
}

int output_error = 0;  // errno of the first write to standard output that failed

bool printed = false;  // a document is on standard output

// One line on standard error; with --json also a document, unless there is one already, of a run that failed.
int report(const std::string& what, int exit_code, bool json) {
  const std::string line = as_message(what);
  std::fprintf(stderr, "pgolf: %s\n", line.c_str());
  if (json && !printed) {
    const Json error = {{"format", "pgolf.error/1"}, {"exit_code", exit_code}, {"message", line}};
    fmt::print("{}\n", error.dump(2, ' ', true, Json::error_handler_t::replace));
  }
  return exit_code;
}

int run_action(const Cli& cli) {
  const bool json = cli.globals.json;
  try {
    check_home(cli.globals.home);
    return cli.action();
  } catch (const Error& e) {
    return report(e.what(), e.exit_code(), json);
  } catch (const Interrupted& e) {
    return report(e.what, Interrupts::exit_code(), json);
  } catch (const std::bad_alloc&) {
    return report("out of memory", static_cast<int>(ErrorKind::machine), json);
  } catch (const std::exception& e) {
    return report(e.what(), static_cast<int>(ErrorKind::machine), json);
  }
}

// A reader may go away (`pgolf ls | head`). A result that could not be written is an error.
int finish_output(int exit_code) {
  if (std::fflush(stdout) != 0 && output_error == 0) output_error = errno;
  if (output_error == 0 || output_error == EPIPE) return exit_code;
  return report("writing the result to standard output failed; is the disk full?", static_cast<int>(ErrorKind::machine),
                false);
}

}  // namespace

CLI::App* Cli::verb(const std::string& name, const std::string& description, const std::string& example) {
  CLI::App* out = app.add_subcommand(name, description);
  out->footer("Example: " + example + "\nGlobal options, like --home, --json and -q: pgolf --help");
  out->fallthrough();
  return out;
}

Store open_record(const Globals& globals) {
  Store store = Store::open(globals.workspace().database());
  reap_lost_runs(store, globals.workspace());
  return store;
}

std::optional<Store> open_existing_record(const Globals& globals) {
  auto store = Store::open_existing(globals.workspace().database());
  if (store) reap_lost_runs(*store, globals.workspace());
  return store;
}

std::optional<Store> look_at_record(const Globals& globals) {
  const Workspace workspace = globals.workspace();
  return Store::look(workspace.database(), [workspace](const std::string& run) { return workspace.is_worked_on(run); });
}

Ruleset chosen_ruleset(const Globals& globals, const std::string& name) {
  const auto path = find_ruleset(globals.rules, name);
  Ruleset out = load_ruleset(path);
  if (!is_edited(out)) return out;
  if (!globals.accept_edited_ruleset)
    fail(ErrorKind::usage,
         "{}: not the text of '{}' that this pgolf ships (SHA-256 {:.12}...); give an edited ruleset an id of its own, "
         "or pass --accept-edited-ruleset to judge by it as '{}{}'",
         path.string(), out.id, shipped_sha256(out.id), out.id, kEditedMark);
  out.id += kEditedMark;
  return out;
}

Ruleset ruleset_to_show_by(const Globals& globals, const std::string& name) {
  const bool by_name = !name.empty() || globals.accept_edited_ruleset;
  return by_name ? chosen_ruleset(globals, name) : intact_ruleset(globals.rules);
}

void print_result(const Globals& globals, const Json& document, const std::string& text) {
  std::string out =
      globals.json ? document.dump(2, ' ', true, Json::error_handler_t::replace) + "\n" : readable(text, "\n\t");
  if (!globals.json && shows_colour()) out = with_colour(out);
  printed = true;
  if (std::fwrite(out.data(), 1, out.size(), stdout) != out.size() && output_error == 0) output_error = errno;
}

int run_command_line(int argc, char** argv, std::span<const AddVerb> verbs) {
  std::signal(SIGPIPE, SIG_IGN);
  Cli cli;
  std::string progress = "auto";
  add_global_options(cli, progress);
  cli.app.require_subcommand(1);
  cli.app.footer("pgolf VERB --help says more, with an example. Exit codes: docs/exit-codes.md");
  for (const AddVerb add : verbs) add(cli);
  const std::vector<std::string> words = with_help_verb({argv + 1, argv + std::max(argc, 1)});
  try {
    cli.app.parse(std::vector<std::string>(words.rbegin(), words.rend()));  // as CLI11 wants them
  } catch (const CLI::ParseError& e) {
    if (e.get_exit_code() == 0) return cli.app.exit(e);  // --help, --version
    const bool json = std::find(words.begin(), words.end(), "--json") != words.end();
    return report(parse_message(cli.app, e, words) + "; see pgolf --help", static_cast<int>(ErrorKind::usage), json);
  }
  set_quiet(cli.globals.quiet);
  if (cli.globals.quiet || progress == "off")
    set_progress_mode(ProgressMode::off);
  else if (progress == "plain")
    set_progress_mode(ProgressMode::plain);
  return finish_output(run_action(cli));
}

}  // namespace pgolf
