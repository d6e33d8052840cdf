#include <fmt/format.h>
#include <fmt/ranges.h>

#include "harness/completion/completion.h"
#include "harness/completion/text.h"

namespace pgolf {
namespace {

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
        out += " \\\n        " + shell_quoted(spec);
      }
  }
  for (size_t i = 0; i < verb.arguments.size(); ++i)
    out += " \\\n        " +
           shell_quoted((i + 1 == verb.arguments.size() ? "*:word:" : ":word:") + zsh_action(verb.arguments[i]));
  return out;
}

// Of the verbs below `parent`, as _describe takes them.
std::string zsh_verbs(const std::vector<CompletedVerb>& verbs, const CompletedVerb& parent) {
  std::string out;
  for (const std::string& name : parent.verbs) {
    const CompletedVerb* verb = find_verb(verbs, parent.path.empty() ? name : parent.path + " " + name);
    out += " " + shell_quoted(escaped(name, ":") + ":" + (verb ? verb->description : ""));
  }
  return out;
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
        verb->path.empty() ? "*" : shell_quoted(verb->path) + "|" + shell_quoted(verb->path + " ") + "*";
    cases += fmt::format("    {})\n", pattern);
    if (!verb->verbs.empty())
      cases += fmt::format("      known=({})\n      [[ $PREFIX != -* ]] && _describe verb known && return\n",
                           zsh_verbs(verbs, *verb));
    cases += "      " + zsh_arguments(*verb, verbs.front()) + "\n      ;;\n";
  }
  return out + "  case $verb in\n" + cases + "  esac\n}\n\ncompdef _pgolf pgolf\n";
}

}  // namespace pgolf
