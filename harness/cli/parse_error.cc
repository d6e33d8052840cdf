#include "harness/cli/parse_error.h"

#include <fmt/ranges.h>

#include <algorithm>

#include "base/similar.h"

namespace pgolf {
namespace {

std::vector<std::string> verb_names(const CLI::App& app) {
  std::vector<std::string> out;
  for (const CLI::App* verb : app.get_subcommands([](const CLI::App* a) { return !a->get_group().empty(); }))
    out.push_back(verb->get_name());
  return out;
}

// The verb, and the one below it, that the words name; the program itself where they name none.
const CLI::App& meant(const CLI::App& app, const std::vector<std::string>& words) {
  const CLI::App* at = &app;
  for (const std::string& word : words)
    for (const CLI::App* verb : at->get_subcommands({}))
      if (verb->get_name() == word) {
        at = verb;
        break;
      }
  return *at;
}

std::vector<std::string> option_names(const CLI::App& app) {
  std::vector<std::string> out;
  for (const CLI::Option* option : app.get_options())
    for (const std::string& name : option->get_lnames()) out.push_back("--" + name);
  return out;
}

}  // namespace

std::string parse_message(const CLI::App& app, const CLI::ParseError& e, const std::vector<std::string>& words) {
  const CLI::App& verb = meant(app, words);
  const auto names = verb_names(verb);
  if (dynamic_cast<const CLI::RequiredError*>(&e) && !names.empty()) {
    const std::string missing = &verb == &app ? "a verb is required" : verb.get_name() + ": a verb is required";
    for (const std::string& word : words)
      if (&verb == &app && !word.empty() && word[0] != '-')
        return fmt::format("unknown verb '{}'{}", word, did_you_mean(word, names));
    return fmt::format("{}: {}", missing, fmt::join(names, ", "));
  }
  if (dynamic_cast<const CLI::ExtrasError*>(&e)) {
    std::vector<std::string> known = option_names(verb);
    for (const std::string& global : option_names(app)) known.push_back(global);
    for (const std::string& word : words) {
      const std::string name = word.substr(0, word.find('='));
      if (!name.starts_with("--") || name.size() < 3 || std::find(known.begin(), known.end(), name) != known.end())
        continue;
      return fmt::format("{}: unknown option {}{}", verb.get_name(), name, did_you_mean(name, known));
    }
  }
  return e.what();
}

std::vector<std::string> with_help_verb(std::vector<std::string> words) {
  if (words.empty() || words.front() != "help") return words;
  words.erase(words.begin());
  words.emplace_back("--help");
  return words;
}

}  // namespace pgolf
