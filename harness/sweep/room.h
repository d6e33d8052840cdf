// How many runs fit on this machine at once.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "harness/sweep/plan.h"

namespace pgolf {

struct MachineRoom {
  int cores = 1;
  int64_t free_bytes = 0;         // of memory
  std::vector<std::string> gpus;  // "cuda:0", ...; those that can be used
};

// What a run of the sweep may be given: a device, and threads of the CPU.
struct Slots {
  std::vector<std::string> devices;  // one per run at once
  int threads = 0;                   // of each; 0: as many as it likes
  std::string why;                   // "2 cores"; why not more
};

// `device` as --device says. Runs of the profile `record` are alone: their times are evidence.
Slots slots_for(const MachineRoom& room, int64_t bytes_per_run, const std::string& device, bool alone, int tasks);

// Asks the engine, in the sandbox, which GPUs there are and what the largest variant needs of memory.
MachineRoom look_around(const std::filesystem::path& engine);
int64_t largest_need(const SweepPlan& plan, const std::filesystem::path& submissions,
                     const std::filesystem::path& engine, const std::string& device);

}  // namespace pgolf
