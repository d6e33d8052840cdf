#include "harness/completion/completion.h"

#include <fmt/ranges.h>

#include <set>

#include "engine/config/fields.h"
#include "engine/config/techniques.h"
#include "harness/cli/cli.h"
#include "harness/cli/run_list.h"
#include "harness/commands/registry.h"
#include "harness/judging/find_ruleset.h"
#include "resolve/resolve.h"
#include "resolve/submission.h"

namespace pgolf {
namespace {

namespace fs = std::filesystem;

std::vector<std::string> run_words(const Globals& globals) {
  std::vector<std::string> out = {"last"};
  if (const auto store = look_at_record(globals))
    for (const RunSummary& run : store->list_runs()) out.push_back(run.id);
  return out;
}

std::vector<std::string> submission_words(const Globals& globals) {
  std::vector<std::string> out;
  for (const std::string& id : list_submissions(globals.submissions))
    out.push_back(id.starts_with("pr-") ? id.substr(3) : id);
  return out;
}

std::vector<std::string> profile_words(const Globals& globals) {
  std::set<std::string> out = {kRecordProfile};
  for (const std::string& id : list_submissions(globals.submissions))
    for (const Profile& profile : load_submission(globals.submissions / id, globals.submissions).profiles)
      out.insert(profile.name);
  return {out.begin(), out.end()};
}

std::vector<std::string> ruleset_words(const Globals& globals) {
  std::vector<std::string> out;
  for (const fs::path& file : ruleset_files(globals.rules)) out.push_back(file.stem().string());
  return out;
}

// "model.smear=none", "ttt.enabled=true", "muon.lr=": a word per choice, and the beginning of every other field.
std::vector<std::string> setting_words() {
  std::vector<std::string> out;
  for (const Field& field : config_fields()) {
    std::vector<std::string> values = field.limit.names;
    if (field.type == "boolean") values = {"true", "false"};
    if (values.empty()) values = {""};
    for (const std::string& value : values) out.push_back(field.key + "=" + value);
  }
  return out;
}

// Fields, which have no spaces, as names have.
std::vector<std::string> technique_words() {
  std::vector<std::string> out;
  for (const Technique& technique : techniques()) out.push_back(technique.key);
  return out;
}

std::vector<std::string> filter_words(const Globals& globals) {
  std::set<std::string> out;
  if (const auto store = look_at_record(globals))
    for (const RunSummary& run : store->list_runs()) {
      out.insert({run.submission, run.profile, std::string(run_state_name(run.state))});
      out.insert(run.labels.tags.begin(), run.labels.tags.end());
    }
  return {out.begin(), out.end()};
}

std::vector<std::string> words(const Globals& globals, const std::string& list) {
  if (list == "runs") return run_words(globals);
  if (list == "submissions") return submission_words(globals);
  if (list == "subjects") {
    auto out = submission_words(globals);
    for (const std::string& run : run_words(globals)) out.push_back(run);
    return out;
  }
  if (list == "profiles") return profile_words(globals);
  if (list == "settings") return setting_words();
  if (list == "techniques") return technique_words();
  if (list == "filters") return filter_words(globals);
  if (list == "columns") return column_names();
  return ruleset_words(globals);
}

int print_words(const Globals& globals, const std::string& list) {
  const auto found = words(globals, list);
  print_result(globals, {{"format", "pgolf.words/1"}, {"words", found}}, fmt::format("{}\n", fmt::join(found, "\n")));
  return 0;
}

int print_script(const Cli& cli, const std::string& shell) {
  const auto verbs = completed_verbs(cli.app);
  const std::string script = shell == "bash"  ? bash_completion(verbs)
                             : shell == "zsh" ? zsh_completion(verbs)
                                              : fish_completion(verbs);
  print_result(cli.globals, {{"format", "pgolf.completion/1"}, {"shell", shell}, {"script", script}}, script);
  return 0;
}

}  // namespace

void add_completion(Cli& cli) {
  CLI::App* verb = cli.verb("completion", "Print the completion script of a shell",
                            "pgolf completion bash > ~/.local/share/bash-completion/completions/pgolf");
  verb->require_subcommand(1);
  for (const char* shell : {"bash", "zsh", "fish"}) {
    CLI::App* one = verb->add_subcommand(shell, std::string("for ") + shell);
    one->fallthrough();
    one->callback([&cli, shell] { cli.action = [&cli, shell] { return print_script(cli, shell); }; });
  }
  const auto list = std::make_shared<std::string>();
  CLI::App* lists = verb->add_subcommand("list", "the words that scripts ask for while completing");
  lists->fallthrough();
  lists->add_option("what", *list, "what to list")
      ->required()
      ->check(CLI::IsMember(
          {"runs", "submissions", "subjects", "profiles", "rules", "settings", "techniques", "filters", "columns"}));
  lists->callback([&cli, list] { cli.action = [&cli, list] { return print_words(cli.globals, *list); }; });
}

}  // namespace pgolf
