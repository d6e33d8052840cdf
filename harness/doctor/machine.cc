#include <dlfcn.h>
#include <fmt/ranges.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>

#include "base/error.h"
#include "harness/doctor/doctor.h"
#include "harness/run/demo_corpus.h"
#include "harness/run/environment.h"
#include "harness/run/preflight.h"

namespace pgolf {
namespace fs = std::filesystem;
namespace {

constexpr double kLeastMemory = 1e9, kLeastDisk = 0.5e9;  // bytes that a demo run gets by with
constexpr double kRecordMemory = 8e9, kRecordDisk = 2e9;  // that a run at full size wants

std::string gigabytes(double bytes) { return fmt::format("{:.1f} GB", bytes / 1e9); }

Checkup amount(const char* name, double available, const std::string& found, double least, double record,
               const char* remedy) {
  if (available >= 0 && available < least) return {name, Health::broken, found, remedy};
  if (available >= 0 && available < record)
    return {name, Health::ok, found + fmt::format(" (runs at full size want {})", gigabytes(record)), ""};
  return {name, Health::ok, found, ""};
}

Checkup program(const char* name, const char* remedy) {
  if (const std::string path = program_path(name); !path.empty()) return {name, Health::ok, path, ""};
  return {name, Health::absent, "not on the PATH", remedy};
}

Checkup manual() {
  try {
    return {"demo text", Health::ok, manual_directory().string(), ""};
  } catch (const Error&) {
    return {"demo text", Health::absent, "no Perl manual",
            "`pgolf demo` needs --docs FILE or --data DIR; apt-get install perl-doc"};
  }
}

// A library that this build does not call, only told of: other tools of a GPU machine do.
Checkup unused_library(const char* name, std::initializer_list<const char*> files, const char* function) {
  for (const char* file : files) {
    void* library = ::dlopen(file, RTLD_LAZY | RTLD_LOCAL);
    if (!library) continue;
    std::string version = "version unknown";
    if (void* symbol = ::dlsym(library, function)) {
      if (std::string(name) == "NCCL") {  // ncclResult_t ncclGetVersion(int*)
        int number = 0;
        if (reinterpret_cast<int (*)(int*)>(symbol)(&number) == 0) version = std::to_string(number);
      } else {  // size_t cudnnGetVersion()
        version = std::to_string(reinterpret_cast<size_t (*)()>(symbol)());
      }
    }
    return {name, Health::ok, fmt::format("{} ({}); this build does not use it", version, file), ""};
  }
  return {name, Health::absent, "not found", "nothing is lost: this build does not use it"};
}

// How the GPUs that `--gpus` would use reach each other.
Checkup connections(const Json& links) {
  std::vector<std::string> slow;
  for (const Json& link : links)
    if (!link.value("direct", false))
      slow.push_back(fmt::format("{}", fmt::join(link.value("devices", std::vector<std::string>()), " - ")));
  if (slow.empty()) return {"links", Health::ok, fmt::format("direct, in all {} pairs of GPUs", links.size()), ""};
  return {"links", Health::absent, fmt::format("through the host's memory: {}", fmt::join(slow, ", ")),
          "--gpus works, but slower; `nvidia-smi topo -m` shows how the GPUs are connected"};
}

}  // namespace

void examine_machine(std::vector<Checkup>& out, const fs::path& home) {
  const auto cores = ::sysconf(_SC_NPROCESSORS_ONLN);
  out.push_back({"cores", Health::ok, std::to_string(cores), ""});
  const auto total = static_cast<double>(memory_bytes("MemTotal").value_or(-1)),
             available = static_cast<double>(memory_bytes("MemAvailable").value_or(-1));
  out.push_back(amount("memory", available, fmt::format("{} free of {}", gigabytes(available), gigabytes(total)),
                       kLeastMemory, kRecordMemory, "end other programs: a run needs 1 GB"));
  std::error_code unknown;
  const auto space = fs::space(home, unknown);
  const double disk = unknown ? -1 : static_cast<double>(space.available);
  out.push_back(amount("disk", disk, fmt::format("{} free at {}", gigabytes(disk), home.string()), kLeastDisk,
                       kRecordDisk, "free some space, or name another directory with --home"));
  out.push_back(program("lrzip", kWithoutLrzip));
  out.push_back(program("perldoc", "the demo's text comes with it; apt-get install perl-doc"));
  out.push_back(manual());
}

void examine_gpu(std::vector<Checkup>& out, const Json& devices) {
  const std::string problem = devices.value("problem", ""), runtime = devices.value("cuda_runtime", "");
  const bool built = devices.value("cuda_build", false);
  out.push_back({"CUDA", built ? Health::ok : Health::absent,
                 built ? "built with " + runtime : "this build has no CUDA backend",
                 built ? "" : "runs use the CPU; to use a GPU, rebuild where nvcc is on the PATH or in CUDACXX"});
  std::string driver = devices.value("driver", "");
  if (driver.empty())
    if (std::ifstream in("/proc/driver/nvidia/version"); in) std::getline(in, driver);
  if (driver.empty())
    out.push_back({"driver", Health::absent, "none loaded", "a GPU needs NVIDIA's driver"});
  else
    out.push_back(
        {"driver", Health::ok, fmt::format("{}, CUDA up to {}", driver, devices.value("driver_cuda", "?")), ""});
  const Json gpus = devices.value("gpus", Json::array());
  for (const Json& gpu : gpus) {
    const std::string trouble = gpu.value("problem", "");
    out.push_back(
        {gpu.value("device", "gpu"), trouble.empty() ? Health::ok : Health::absent,
         fmt::format("{}, compute {}, {} free of {}", gpu.value("name", "?"), gpu.value("compute_capability", "?"),
                     gigabytes(gpu.value("free_bytes", 0.0)), gigabytes(gpu.value("total_bytes", 0.0))),
         trouble});
  }
  if (const Json links = devices.value("links", Json::array()); !links.empty()) out.push_back(connections(links));
  if (gpus.empty())
    for (const std::string& name : gpu_names()) out.push_back({"GPU", Health::absent, name, problem});
  if (gpus.empty() && gpu_names().empty())
    out.push_back({"GPU", Health::absent, "none", built ? problem : "runs use the CPU"});
  for (const Json& library : devices.value("libraries", Json::array())) {
    const std::string version = library.value("version", "");
    out.push_back({library.value("name", "library"), version.empty() ? Health::absent : Health::ok,
                   version.empty() ? "cannot be opened" : version, library.value("problem", "")});
  }
  // What the engine does not list it does not use.
  const auto listed = [&](const std::string& name) {
    return std::any_of(out.begin(), out.end(), [&](const Checkup& c) { return c.name == name; });
  };
  if (!listed("cuDNN"))
    out.push_back(unused_library("cuDNN", {"libcudnn.so.9", "libcudnn.so.8", "libcudnn.so"}, "cudnnGetVersion"));
  if (!listed("NCCL")) out.push_back(unused_library("NCCL", {"libnccl.so.2", "libnccl.so"}, "ncclGetVersion"));
}

}  // namespace pgolf
