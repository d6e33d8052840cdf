// Shell completion generated from the command line's own tree: verbs, options, their choices, and what the workspace
// has.
#pragma once

#include <CLI/CLI.hpp>

#include <string>
#include <vector>

namespace pgolf {

// What stands where a word is expected.
struct WordKind {
  std::vector<std::string> choices;  // fixed words
  std::string list;                  // else "runs", "submissions", ...: words of `pgolf completion list`
  std::string paths;                 // else "files" or "directories"
};

struct CompletedOption {
  std::vector<std::string> names;  // "-q", "--quiet"
  std::string description;
  bool takes_value = false;
  WordKind value;
};

struct CompletedVerb {
  std::string path;  // "data prepare"; "" for the program itself
  std::string description;
  std::vector<CompletedOption> options;  // global ones are those of ""
  std::vector<WordKind> arguments;       // positional; the last one repeats
  std::vector<std::string> verbs;        // that may follow
};

std::vector<CompletedVerb> completed_verbs(const CLI::App& app);

std::string bash_completion(const std::vector<CompletedVerb>& verbs);
std::string zsh_completion(const std::vector<CompletedVerb>& verbs);
std::string fish_completion(const std::vector<CompletedVerb>& verbs);

}  // namespace pgolf
