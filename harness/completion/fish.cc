#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "harness/completion/completion.h"
#include "harness/completion/text.h"

namespace pgolf {
namespace {

std::string fish_quoted(const std::string& text) { return "'" + escaped(text, "'\\") + "'"; }

// fish's test that the line stands behind the verb `path`.
std::string fish_condition(const std::string& path) {
  if (path.empty()) return "";
  std::string test;
  for (size_t at = 0; at < path.size();) {
    const size_t end = std::min(path.find(' ', at), path.size());
    test += (test.empty() ? "" : "; and ") + ("__fish_seen_subcommand_from " + path.substr(at, end - at));
    at = end + 1;
  }
  return " -n " + fish_quoted(test);
}

std::string fish_words(const WordKind& kind) {
  if (!kind.choices.empty()) return " -xa " + fish_quoted(fmt::format("{}", fmt::join(kind.choices, " ")));
  if (!kind.list.empty()) return fmt::format(" -xa '(pgolf completion list {} 2>/dev/null)'", kind.list);
  if (kind.paths == "directories") return " -xa '(__fish_complete_directories)'";
  return kind.paths == "files" ? " -rF" : " -x";
}

}  // namespace

std::string fish_completion(const std::vector<CompletedVerb>& verbs) {
  std::string out = "# Completion of pgolf for fish, written by `pgolf completion fish`.\ncomplete -c pgolf -f\n";
  for (const CompletedVerb& verb : verbs) {
    for (const std::string& name : verb.verbs) {
      const CompletedVerb* below = find_verb(verbs, verb.path.empty() ? name : verb.path + " " + name);
      const std::string others = fmt::format("not __fish_seen_subcommand_from {}", fmt::join(verb.verbs, " "));
      const std::string test = verb.path.empty()
                                   ? "__fish_use_subcommand"
                                   : fmt::format("__fish_seen_subcommand_from {}; and {}", verb.path, others);
      out += fmt::format("complete -c pgolf -n {} -a {} -d {}\n", fish_quoted(test), name,
                         fish_quoted(below ? below->description : ""));
    }
    for (const CompletedOption& option : verb.options) {
      out += "complete -c pgolf" + fish_condition(verb.path);
      for (const std::string& name : option.names)
        out += name.starts_with("--") ? " -l " + name.substr(2) : " -s " + name.substr(1);
      out += " -d " + fish_quoted(option.description);
      if (option.takes_value) out += fish_words(option.value);
      out += "\n";
    }
    if (!verb.arguments.empty())
      out += "complete -c pgolf" + fish_condition(verb.path) + fish_words(verb.arguments.front()) + "\n";
  }
  return out;
}

}  // namespace pgolf
