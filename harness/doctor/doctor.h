// What this machine has of what pgolf needs and can use: `pgolf doctor`.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "base/json.h"
#include "db/rows.h"

namespace pgolf {

enum class Health {
  ok,      // there, and this build can use it
  absent,  // not there or not usable, and runs do without it
  broken   // not there or not usable, and no run can do without it
};

struct Checkup {
  std::string name;  // "sandbox", "lrzip"
  Health health = Health::ok;
  std::string found;   // what is there
  std::string remedy;  // "" where nothing is to be done: what is lost without it, and how to get it
};

struct DoctorRequest {
  std::filesystem::path home, submissions, rules;
  std::string engine;  // as --engine names it
  bool accept_edited_ruleset = false;
  std::optional<ChainHead> expected_head;  // of the record's chain of seals, as somebody kept it
};

// Never throws for what is missing: that is what it reports.
std::vector<Checkup> examine(const DoctorRequest& request);

bool is_ready(const std::vector<Checkup>& checkups);          // nothing is broken
Json checkups_to_json(const std::vector<Checkup>& checkups);  // pgolf.doctor/1
std::string checkups_to_text(const std::vector<Checkup>& checkups);

inline constexpr char kWithoutLrzip[] =
    "submissions with codec per_group (2097) cannot be packed or evaluated; apt-get install lrzip";

// doctor_machine.cc: processor, memory, disk, programs, libraries of the GPU.
void examine_machine(std::vector<Checkup>& out, const std::filesystem::path& home);
void examine_gpu(std::vector<Checkup>& out, const Json& devices);

}  // namespace pgolf
