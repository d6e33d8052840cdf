// Facts about the machine and this build, as recorded with every run.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace pgolf {

// Names of the GPUs that the NVIDIA driver shows, in its order; empty without one.
std::vector<std::string> gpu_names();
// Of the GPU that --device means; "" for the CPU.
std::string gpu_of(const std::string& device);

// cpu, cores, memory_bytes, kernel, os, gpu, gpu_driver, boot_id, pgolf, source_commit, engine, engine_sha256. A fact
// that cannot be had is left out.
std::map<std::string, std::string> environment_facts(const std::filesystem::path& engine);

}  // namespace pgolf
