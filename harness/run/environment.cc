#include "harness/run/environment.h"

#include <fmt/ranges.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>

#include "base/error.h"
#include "base/message.h"
#include "base/process_id.h"
#include "base/sha256.h"
#include "identity/identity.h"

namespace pgolf {
namespace fs = std::filesystem;
namespace {

std::string first_line(const fs::path& file) {
  std::ifstream in(file);
  std::string line;
  std::getline(in, line);
  return line;
}

// The value of the first "key : value" line of a file of /proc or /etc.
std::string value_of(const fs::path& file, const std::string& key, char separator) {
  std::ifstream in(file);
  for (std::string line; std::getline(in, line);) {
    if (!line.starts_with(key)) continue;
    const auto at = line.find(separator);
    if (at == std::string::npos) continue;
    const auto begin = line.find_first_not_of(" \t\"", at + 1);
    if (begin == std::string::npos) return "";
    const auto end = line.find_last_not_of(" \t\"");
    return line.substr(begin, end - begin + 1);
  }
  return "";
}

}  // namespace

std::vector<std::string> gpu_names() {
  std::vector<fs::path> entries;
  std::error_code none;
  for (const auto& entry : fs::directory_iterator("/proc/driver/nvidia/gpus", none)) entries.push_back(entry.path());
  std::sort(entries.begin(), entries.end());
  std::vector<std::string> out;
  for (const auto& entry : entries) out.push_back(value_of(entry / "information", "Model", ':'));
  return out;
}

std::string gpu_of(const std::string& device) {
  if (device == "cpu") return "";
  const std::vector<std::string> gpus = gpu_names();
  const size_t index = device.starts_with("cuda:") ? std::strtoul(device.c_str() + 5, nullptr, 10) : 0;
  return index < gpus.size() ? gpus[index] : "";
}

std::map<std::string, std::string> environment_facts(const fs::path& engine) {
  std::map<std::string, std::string> out;
  const auto put = [&](const char* name, const std::string& value) {
    if (!value.empty()) out[name] = value;
  };
  put("cpu", value_of("/proc/cpuinfo", "model name", ':'));
  put("cores", std::to_string(::sysconf(_SC_NPROCESSORS_ONLN)));
  put("memory_bytes", std::to_string(static_cast<int64_t>(::sysconf(_SC_PHYS_PAGES)) * ::sysconf(_SC_PAGE_SIZE)));
  utsname kernel{};
  if (::uname(&kernel) == 0) put("kernel", fmt::format("{} {} {}", kernel.sysname, kernel.release, kernel.machine));
  put("os", value_of("/etc/os-release", "PRETTY_NAME", '='));
  put("boot_id", boot_id());
  put("pgolf", version());
  put("source_commit", source_commit());
  put("engine_sha256", sha256_file(engine));
  put("engine_built_sha256", built_engine_sha256());
  if (const auto gpus = gpu_names(); !gpus.empty()) {
    put("gpu", fmt::format("{}", fmt::join(gpus, ", ")));
    put("gpu_driver", first_line("/proc/driver/nvidia/version"));
  }
  // Where Slurm ran it: its word, and nothing is judged by it.
  for (const char* name : {"SLURM_JOB_ID", "SLURM_ARRAY_JOB_ID", "SLURM_ARRAY_TASK_ID", "SLURM_RESTART_COUNT",
                           "SLURM_CLUSTER_NAME", "SLURMD_NODENAME", "SLURM_JOB_PARTITION", "CUDA_VISIBLE_DEVICES"})
    if (const char* value = std::getenv(name); value && std::getenv("SLURM_JOB_ID")) put(name, as_message(value));
  return out;
}

}  // namespace pgolf
