// What this pgolf knows of its own by content, compiled in (cmake/identity.cmake).
#pragma once

#include <map>
#include <string>

namespace pgolf {

std::string built_engine_sha256();  // of the pgolf-engine that was built with it

std::map<std::string, std::string> shipped_rulesets();  // rules/*.toml: id -> text

std::map<std::string, std::string> shipped_submissions();  // submissions/*/submission.toml: id -> text

}  // namespace pgolf
