// The techniques of the submissions: the field that decides each, where it is written, and where it comes from.
#pragma once

#include <string>
#include <vector>

#include "base/json.h"
#include "engine/config/config.h"

namespace pgolf {

enum class TechniqueKind { model, training, weights, evaluation };
const char* technique_kind_name(TechniqueKind kind);

// Files of a technique, below engine/ and, the test, below tests/engine/. Each of them says `word`.
struct TechniqueFiles {
  std::string word;
  std::string contract;  // the header that says what it computes
  std::string code;      // on the CPU, its definition
  std::string kernel;    // on the GPU; "" where the two share the code
  std::string test;
};

struct Technique {
  std::string name;  // "XSA"
  TechniqueKind kind;
  std::string key;                 // the field that decides it: "model.xsa_last_n"
  bool (*part_of)(const Config&);  // what it is a part of is on; null: a technique of its own
  TechniqueFiles files;
  std::string source;  // paper, pull request
};

// In the order of the table that `pgolf techniques` prints.
const std::vector<Technique>& techniques();

Json technique_value(const Config& config, const Technique& technique);
bool uses(const Config& config, const Technique& technique);
void switch_off(Config& config, const Technique& technique);

}  // namespace pgolf
