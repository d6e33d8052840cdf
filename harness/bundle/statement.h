// What a bundle says of itself: an in-toto statement (v1) in a DSSE envelope, statement.json. Its subjects are the
// data, the engine and every file of the bundle, by SHA-256; a signature says who says so. No network is asked.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "harness/bundle/bundle.h"

namespace pgolf {

inline constexpr char kStatementFile[] = "statement.json";

// Name to SHA-256: "run/artifact.bin", "verdicts.json", ...; "engine", that evaluated; "data/manifest.json", which runs
// are pinned to. Errors: submission, naming `origin`, for rows that cannot be read.
std::map<std::string, std::string> subjects_of(const BundleContents& contents, std::string_view origin);

// Adds the statement, signed with a private key as PEM; an empty one leaves it unsigned. Errors: usage for no such key.
void add_statement(BundleContents& contents, std::string_view key_pem, const std::string& key_name);

struct CheckedStatement {
  bool there = false;
  std::vector<std::string> keys;  // by which it says it is signed: key_id()
  bool verified = false;          // by the key that was given
};

// Errors: submission for a statement that is damaged, newer, or of other subjects than the bundle has, and, where a
// public key is given, for one that this key did not sign, or none at all; usage for no such key.
CheckedStatement check_statement(const BundleContents& contents, std::string_view origin, std::string_view key_pem = {},
                                 const std::string& key_name = "");

}  // namespace pgolf
