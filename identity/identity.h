// What this pgolf knows of its own by content, compiled in (cmake/identity.cmake).
#pragma once

#include <map>
#include <string>

namespace pgolf {

// "0.1.0", with the tree that it was built from where git knows it: "0.1.0+b6621a4758e1", and ".edited" where files
// that git tracks were changed since that commit.
std::string version();
std::string source_commit();  // its 40 digits; "" where git does not know

std::string built_engine_sha256();  // of the pgolf-engine that was built with it

std::map<std::string, std::string> shipped_rulesets();  // rules/*.toml: id -> text

std::map<std::string, std::string> shipped_submissions();  // submissions/*/submission.toml: id -> text

// Data beside them, "pr-334/published-log.json" and "rules/rulings.toml": -> SHA-256.
std::map<std::string, std::string> shipped_files();

}  // namespace pgolf
