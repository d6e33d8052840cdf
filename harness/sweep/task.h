// One task of a sweep as a command line of pgolf, whoever runs it.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "harness/sweep/plan.h"

namespace pgolf {

// What every task is run with: the global options of this pgolf, then options of `reproduce` that change nothing of
// what is computed.
struct TaskSetting {
  std::filesystem::path home, submissions, rules;
  std::vector<std::string> options;  // "--no-diagnose", "--device", "cuda:0"
};

std::filesystem::path own_program();  // this pgolf, by its real path

// pgolf --home ... reproduce DIR --profile P --seed S --set ... --data DIR, and `more`.
std::vector<std::string> task_command(const SweepPlan& plan, size_t task, const TaskSetting& setting,
                                      const std::vector<std::string>& more = {});

}  // namespace pgolf
