// The techniques of the submissions as configuration fields: what turns each off, and so which configuration uses
// which.
#pragma once

#include <string>
#include <vector>

#include "base/json.h"
#include "engine/config/config.h"

namespace pgolf {

enum class TechniqueKind { model, training, weights, evaluation };
const char* technique_kind_name(TechniqueKind kind);

struct Technique {
  std::string name;  // "XSA"
  TechniqueKind kind;
  std::string key;                           // the field that decides it: "model.xsa_last_n"
  Json off;                                  // its value without the technique
  bool (*part_of)(const Config&) = nullptr;  // what it is a part of is on; null: a technique of its own
};

// In the order of the table that `pgolf techniques` prints.
const std::vector<Technique>& techniques();

Json technique_value(const Config& config, const Technique& technique);
bool uses(const Config& config, const Technique& technique);
void switch_off(Config& config, const Technique& technique);

}  // namespace pgolf
