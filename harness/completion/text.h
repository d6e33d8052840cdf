// What the scripts of all shells are written with.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "harness/completion/completion.h"

namespace pgolf {

// `text` within single quotes of sh and zsh.
std::string shell_quoted(const std::string& text);

// `text` with a backslash before each of `special`.
std::string escaped(const std::string& text, std::string_view special);

// The verb with that path; null if there is none.
const CompletedVerb* find_verb(const std::vector<CompletedVerb>& verbs, const std::string& path);

}  // namespace pgolf
