// What a published run had its variables set to: by a log that prints them, by the command that its README or a script
// of the shell gives, by what submission.json says of the environment, else by the defaults of its script.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "archive/published_text.h"
#include "archive/script_code.h"
#include "resolve/script_variables.h"

namespace pgolf {

struct FoundSetting {
  std::string text, where;    // where: "train_seed42.log:23"
  bool is_default = true;     // nothing but the script says so
  std::string contradiction;  // "README.md:7 says 3": another log or command says otherwise
};

struct FoundSettings {
  std::map<std::string, FoundSetting> by_name;  // of every variable that the script reads
  bool logged = false;                          // a log prints its settings
};

// `code`: of the script of this name.
FoundSettings found_settings(const ScriptCode& code, const std::string& script, const ScriptFamily& family,
                             const std::vector<PublishedText>& texts);

}  // namespace pgolf
