// zsh and fish.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "harness/completion.h"

namespace pgolf {
namespace {

// `text` with a backslash before each of `special`.
std::string escaped(const std::string& text, std::string_view special) {
  std::string out;
  for (const char c : text) {
    if (special.find(c) != std::string_view::npos) out += '\\';
    out += c;
  }
  return out;
}

// Within single quotes of zsh.
std::string zsh_quoted(const std::string& text) {
  std::string out = "'";
  for (const char c : text) out += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return out + "'";
}

// What stands after the second colon of a specification of _arguments.
std::string zsh_action(const WordKind& kind) {
  if (!kind.choices.empty())  // colons are escaped: cuda:0
    return fmt::format("({})", escaped(fmt::format("{}", fmt::join(kind.choices, " ")), ":"));
  if (!kind.list.empty()) return "_pgolf_list " + kind.list;
  return kind.paths == "directories" ? "_files -/" : kind.paths == "files" ? "_files" : " ";
}

std::string zsh_arguments(const CompletedVerb& verb, const CompletedVerb& global) {
  std::string out = "_arguments -s";
  for (const CompletedVerb* source : {&verb, &global}) {
    if (source == &global && verb.path.empty()) break;
    for (const CompletedOption& option : source->options)
      for (const std::string& name : option.names) {
        std::string spec = fmt::format("{}[{}]", name, escaped(option.description, "[]:"));
        if (option.takes_value) spec += ":value:" + zsh_action(option.value);
        out += " \\\n        " + zsh_quoted(spec);
      }
  }
  for (size_t i = 0; i < verb.arguments.size(); ++i)
    out += " \\\n        " +
           zsh_quoted((i + 1 == verb.arguments.size() ? "*:word:" : ":word:") + zsh_action(verb.arguments[i]));
  return out;
}

const CompletedVerb* find(const std::vector<CompletedVerb>& verbs, const std::string& path) {
  for (const CompletedVerb& verb : verbs)
    if (verb.path == path) return &verb;
  return nullptr;
}

// Of the verbs below `parent`, as _describe takes them.
std::string zsh_verbs(const std::vector<CompletedVerb>& verbs, const CompletedVerb& parent) {
  std::string out;
  for (const std::string& name : parent.verbs) {
    const CompletedVerb* verb = find(verbs, parent.path.empty() ? name : parent.path + " " + name);
    out += " " + zsh_quoted(escaped(name, ":") + ":" + (verb ? verb->description : ""));
  }
  return out;
}

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

constexpr char kZshHead[] = R"sh(#compdef pgolf
# Completion of pgolf for zsh, written by `pgolf completion zsh`.

# Words that only the program knows. The list is the last argument; those before it are of compadd.
_pgolf_list() {
  local -a found=(${(f)"$(pgolf completion list ${@[-1]} 2>/dev/null)"})
  compadd "${@[1,-2]}" -a found
}

_pgolf() {
  local -a seen=() known
  local word verb=
  for word in ${words[2,CURRENT-1]}; do
    [[ $word == -* ]] && continue
    verb="${verb:+$verb }$word"
    seen+=($word)
    (( ${#seen} == 2 )) && break
  done
)sh";

}  // namespace

std::string zsh_completion(const std::vector<CompletedVerb>& verbs) {
  std::string out = kZshHead, cases;
  // The longest verb first: "data prepare" before "data".
  for (auto verb = verbs.rbegin(); verb != verbs.rend(); ++verb) {
    const std::string pattern =
        verb->path.empty() ? "*" : zsh_quoted(verb->path) + "|" + zsh_quoted(verb->path + " ") + "*";
    cases += fmt::format("    {})\n", pattern);
    if (!verb->verbs.empty())
      cases += fmt::format("      known=({})\n      [[ $PREFIX != -* ]] && _describe verb known && return\n",
                           zsh_verbs(verbs, *verb));
    cases += "      " + zsh_arguments(*verb, verbs.front()) + "\n      ;;\n";
  }
  return out + "  case $verb in\n" + cases + "  esac\n}\n\ncompdef _pgolf pgolf\n";
}

std::string fish_completion(const std::vector<CompletedVerb>& verbs) {
  std::string out = "# Completion of pgolf for fish, written by `pgolf completion fish`.\ncomplete -c pgolf -f\n";
  for (const CompletedVerb& verb : verbs) {
    for (const std::string& name : verb.verbs) {
      const CompletedVerb* below = find(verbs, verb.path.empty() ? name : verb.path + " " + name);
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
