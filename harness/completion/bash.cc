#include <fmt/format.h>
#include <fmt/ranges.h>

#include "harness/completion/completion.h"
#include "harness/completion/text.h"

namespace pgolf {
namespace {

std::vector<std::string> option_names(const CompletedVerb& verb) {
  std::vector<std::string> out;
  for (const CompletedOption& option : verb.options) out.insert(out.end(), option.names.begin(), option.names.end());
  return out;
}

// The command that fills COMPREPLY for one word.
std::string bash_words(const WordKind& kind) {
  if (!kind.choices.empty())
    return fmt::format("_pgolf_words {}", shell_quoted(fmt::format("{}", fmt::join(kind.choices, " "))));
  if (!kind.list.empty()) return "_pgolf_list " + kind.list;
  if (kind.paths == "directories") return "_pgolf_paths -d";
  if (kind.paths == "files") return "_pgolf_paths -f";
  return "return";
}

constexpr char kBashHead[] = R"sh(# Completion of pgolf for bash, written by `pgolf completion bash`.

# model.smear=none is one word.
COMP_WORDBREAKS=${COMP_WORDBREAKS//=}

_pgolf_words() {
  mapfile -t COMPREPLY < <(compgen -W "$1" -- "$_pgolf_cur")
  [[ ${COMPREPLY[0]-} != *= ]] || compopt -o nospace 2>/dev/null
}
_pgolf_paths() {
  compopt -o filenames 2>/dev/null
  mapfile -t COMPREPLY < <(compgen "$1" -- "$_pgolf_cur")
}
# Words that only the program knows, of the workspace that the line names.
_pgolf_list() {
  local -a options=()
  local i
  for ((i = 1; i + 1 < ${#COMP_WORDS[@]}; i++)); do
    case ${COMP_WORDS[i]} in
    --home | --submissions | --rules-dir) options+=("${COMP_WORDS[i]}" "${COMP_WORDS[i + 1]}") ;;
    esac
  done
  local words
  words=$("${COMP_WORDS[0]}" "${options[@]}" completion list "$1" 2>/dev/null)
  _pgolf_words "$words"
}
)sh";

constexpr char kBashFoot[] = R"sh(
_pgolf() {
  local _pgolf_cur=${COMP_WORDS[COMP_CWORD]} verb= count=0 i word
  COMPREPLY=()
  for ((i = 1; i < COMP_CWORD; i++)); do
    word=${COMP_WORDS[i]}
    if [[ $word == -* ]]; then
      _pgolf_takes_value "$verb" "$word" && ((i++))
    elif _pgolf_is_verb "${verb:+$verb }$word"; then
      verb=${verb:+$verb }$word
    else
      ((count++))
    fi
  done
  local before=${COMP_WORDS[COMP_CWORD - 1]}
  if ((COMP_CWORD > 1)) && [[ $before == -* ]] && _pgolf_takes_value "$verb" "$before"; then
    _pgolf_value "$verb" "$before"
  elif [[ $_pgolf_cur == -* ]]; then
    _pgolf_options "$verb"
  else
    _pgolf_argument "$verb" "$count"
  fi
  return 0
}
complete -F _pgolf pgolf
)sh";

const char* separator(size_t index) { return index == 0 ? "" : " | "; }

}  // namespace

std::string bash_completion(const std::vector<CompletedVerb>& verbs) {
  std::string is_verb, takes_value, value, options, argument;
  for (size_t i = 1; i < verbs.size(); ++i) is_verb += separator(i - 1) + shell_quoted(verbs[i].path);
  const std::string global = fmt::format("{}", fmt::join(option_names(verbs.front()), " "));
  for (const CompletedVerb& verb : verbs) {
    for (const CompletedOption& option : verb.options) {
      if (!option.takes_value) continue;
      for (const std::string& name : option.names) {
        // A global option may follow any verb.
        const std::string pattern =
            verb.path.empty() ? fmt::format("*:{}", name) : shell_quoted(verb.path + ":" + name);
        takes_value += "    " + pattern + ") return 0 ;;\n";
        value += fmt::format("    {}) {} ;;\n", pattern, bash_words(option.value));
      }
    }
    const std::string own = fmt::format("{}", fmt::join(option_names(verb), " "));
    options += fmt::format("    {}) _pgolf_words {} ;;\n", shell_quoted(verb.path),
                           shell_quoted(verb.path.empty() ? own : own + " " + global));
    if (!verb.verbs.empty())
      argument += fmt::format("    {}) _pgolf_words {} ;;\n", shell_quoted(verb.path + ":0"),
                              shell_quoted(fmt::format("{}", fmt::join(verb.verbs, " "))));
    for (size_t n = 0; n < verb.arguments.size(); ++n)
      argument += fmt::format("    {}) {} ;;\n", shell_quoted(fmt::format("{}:{}", verb.path, n)),
                              bash_words(verb.arguments[n]));
    if (!verb.arguments.empty())
      argument += fmt::format("    {}:*) {} ;;\n", shell_quoted(verb.path), bash_words(verb.arguments.back()));
  }
  const auto function = [](const char* name, const char* subject, const std::string& cases, const char* otherwise) {
    return fmt::format("{}() {{\n  case {} in\n{}{}  esac\n}}\n", name, subject, cases, otherwise);
  };
  return kBashHead +
         function("_pgolf_is_verb", "\"$1\"", "    " + is_verb + ") return 0 ;;\n", "    *) return 1 ;;\n") +
         function("_pgolf_takes_value", "\"$1:$2\"", takes_value, "    *) return 1 ;;\n") +
         function("_pgolf_value", "\"$1:$2\"", value, "") + function("_pgolf_options", "\"$1\"", options, "") +
         function("_pgolf_argument", "\"$1:$2\"", argument, "") + kBashFoot;
}

}  // namespace pgolf
