// Which keys a submission.toml must have, told all at once.
#pragma once

#include <string>

#include "resolve/toml.h"

namespace pgolf {

// A pull request, told by `pr` or `[upstream]`, has to say who, when, from where and what was claimed; a submission of
// one's own has an identifier and a title, and a variant (`extends`) no more than that.
// Errors: usage, naming every key that is missing; the line of its table where it is one.
void check_required_keys(const toml::table& document, const std::string& file);

}  // namespace pgolf
