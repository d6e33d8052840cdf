// A published script as a variant of the family that its code is nearest to: what of it our configuration expresses,
// and what it does not.
#pragma once

#include <string>
#include <vector>

#include "archive/published_text.h"
#include "engine/config/config.h"
#include "resolve/script_variables.h"

namespace pgolf {

// How much of a script is a family's: functions by their code, variables by their names.
struct Kinship {
  const ScriptFamily* family = nullptr;
  size_t equal_functions = 0, functions = 0, known_variables = 0, variables = 0;
  bool is_known() const { return 2 * equal_functions >= functions && functions > 0; }  // half of its functions
  std::string text() const;  // "80 of 122 functions and 120 of 145 variables are pr-2097's"
};

// A field that the script sets otherwise than its family ran it.
struct AdoptedField {
  std::string key;
  Json value;
  std::string variable, text, where;  // where: "train_seed42.log:23"
};

// What the configuration does not say of the script, or says without proof.
struct NotExpressed {
  std::string kind;  // as docs/archive.md lists them
  std::string what, why, where;
  bool operator==(const NotExpressed&) const = default;
};

struct Adoption {
  Kinship kinship;
  std::vector<AdoptedField> fields;
  std::vector<NotExpressed> missing;
};

// Of all families, which must outlive the answer, the one with most of the script's functions, then of its variables.
Kinship nearest_family(const std::vector<ScriptFamily>& families, std::string_view script);

// `texts`: the folder's, `script` the name of the one that counts. `config`: as the family ran.
Adoption adopt(const Kinship& kinship, const Config& config, const Publication& publication,
               const std::vector<PublishedText>& texts);

const PublishedText* text_named(const std::vector<PublishedText>& texts, const std::string& name);  // null if absent

}  // namespace pgolf
