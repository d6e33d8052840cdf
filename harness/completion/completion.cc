#include "harness/completion/completion.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <map>

namespace pgolf {
namespace {

// Words of options and arguments that CLI11's tree does not tell apart, by name; `path` is the verb's.
WordKind kind_of(const CLI::Option& option, const std::string& path) {
  static const std::map<std::string, std::string> kLists = {{"run", "runs"},
                                                            {"runs", "runs"},
                                                            {"a", "runs"},
                                                            {"b", "runs"},
                                                            {"more", "runs"},
                                                            {"replay", "runs"},
                                                            {"rules", "rules"},
                                                            {"profile", "profiles"},
                                                            {"submission", "submissions"},
                                                            {"from", "submissions"},
                                                            {"in-from", "submissions"},
                                                            {"set", "settings"},
                                                            {"words", "filters"},
                                                            {"sort", "columns"},
                                                            {"columns", "columns"},
                                                            {"techniques", "techniques"}};
  static const std::map<std::string, std::string> kPaths = {{"home", "directories"},   {"rules-dir", "directories"},
                                                            {"data", "directories"},   {"logs", "directories"},
                                                            {"folder", "directories"}, {"directory", "directories"},
                                                            {"dir", "directories"},    {"out", "files"},
                                                            {"output", "files"},       {"docs", "files"},
                                                            {"tokenizer", "files"},    {"engine", "files"},
                                                            {"file", "files"}};
  const std::string name = option.get_lnames().empty() ? option.get_single_name() : option.get_lnames().front();
  WordKind out;
  if (name == "submissions") {  // the global option is a directory
    out.paths = "directories";
  } else if (name == "device") {
    out.choices = {"auto", "cpu", "cuda:0"};
  } else if (const auto list = kLists.find(name); list != kLists.end()) {
    out.list = path == "compare" && list->second == "runs" ? "subjects" : list->second;
  } else if (const auto path = kPaths.find(name); path != kPaths.end()) {
    out.paths = path->second;
  }
  // A choice is shown by its validator: "TEXT:{auto,plain,off}".
  const std::string type = option.get_type_name();
  const auto open = type.find('{'), close = type.rfind('}');
  if (open == std::string::npos || close == std::string::npos) return out;
  out = {};
  for (size_t at = open + 1; at <= close;) {
    const size_t end = std::min(type.find(',', at), close);
    out.choices.push_back(type.substr(at, end - at));
    at = end + 1;
  }
  return out;
}

CompletedVerb completed(const CLI::App& app, const std::string& path) {
  CompletedVerb out{.path = path, .description = app.get_description(), .options = {}, .arguments = {}, .verbs = {}};
  for (const CLI::Option* option : app.get_options([](const CLI::Option* o) { return !o->get_group().empty(); })) {
    if (option->get_positional()) {
      out.arguments.push_back(kind_of(*option, path));
      continue;
    }
    CompletedOption o{.names = {}, .description = option->get_description(), .value = {}};
    for (const std::string& name : option->get_snames()) o.names.push_back("-" + name);
    for (const std::string& name : option->get_lnames()) o.names.push_back("--" + name);
    o.takes_value = option->get_items_expected_max() > 0;
    if (o.takes_value) o.value = kind_of(*option, path);
    out.options.push_back(std::move(o));
  }
  for (const CLI::App* verb : app.get_subcommands([](const CLI::App* a) { return !a->get_group().empty(); }))
    out.verbs.push_back(verb->get_name());
  return out;
}

void collect(const CLI::App& app, const std::string& path, std::vector<CompletedVerb>& out) {
  out.push_back(completed(app, path));
  for (const CLI::App* verb : app.get_subcommands([](const CLI::App* a) { return !a->get_group().empty(); }))
    collect(*verb, path.empty() ? verb->get_name() : path + " " + verb->get_name(), out);
}

}  // namespace

std::vector<CompletedVerb> completed_verbs(const CLI::App& app) {
  std::vector<CompletedVerb> out;
  collect(app, "", out);
  return out;
}

}  // namespace pgolf
