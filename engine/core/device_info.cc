#include "engine/core/device_info.h"

#include <charconv>

#include "base/error.h"
#include "base/json.h"
#include "engine/core/backend.h"

namespace pgolf {
namespace {

// Why `device` cannot be used; empty where it can.
std::string problem_of(const DeviceInfo& info, Device device) {
  if (!info.problem.empty() && info.gpus.empty()) return info.problem;
  if (device.cuda_index >= static_cast<int>(info.gpus.size()))
    return fmt::format("there is no GPU {}; this machine has {}", device.cuda_index, info.gpus.size());
  return info.gpus[static_cast<size_t>(device.cuda_index)].problem;
}

// What the machine has does not change while the program runs.
const DeviceInfo& probed() {
  static const DeviceInfo info = probe_devices();
  return info;
}

}  // namespace

DeviceInfo probe_devices() {
  DeviceInfo info;
  info.cuda_build = kWithCuda;
  if constexpr (kWithCuda) {
    Cuda::probe(info);
  } else {
    info.problem =
        "this build has no CUDA backend; rebuild where a CUDA toolkit is installed (nvcc on the PATH, or CUDACXX)";
  }
  return info;
}

std::string to_json(const DeviceInfo& info) {
  Json out = {{"format", "pgolf.devices/1"},  {"cuda_build", info.cuda_build}, {"problem", info.problem},
              {"cuda_runtime", info.runtime}, {"driver", info.driver},         {"driver_cuda", info.driver_cuda},
              {"gpus", Json::array()},        {"links", Json::array()},        {"libraries", Json::array()}};
  for (const GpuInfo& gpu : info.gpus)
    out["gpus"].push_back({{"device", device_name({gpu.index})},
                           {"name", gpu.name},
                           {"compute_capability", fmt::format("{}.{}", gpu.major, gpu.minor)},
                           {"multiprocessors", gpu.multiprocessors},
                           {"total_bytes", gpu.total_bytes},
                           {"free_bytes", gpu.free_bytes},
                           {"problem", gpu.problem}});
  for (const GpuLink& link : info.links)
    out["links"].push_back(
        {{"devices", {device_name({link.first}), device_name({link.second})}}, {"direct", link.direct}});
  for (const LibraryInfo& library : info.libraries)
    out["libraries"].push_back({{"name", library.name},
                                {"version", library.version},
                                {"required", library.required},
                                {"problem", library.problem}});
  return out.dump(2);
}

Device resolve_device(std::string_view name) {
  if (name == "cpu") return kCpu;
  if (name == "auto") {
    for (const GpuInfo& gpu : probed().gpus)
      if (gpu.problem.empty()) return {gpu.index};
    return kCpu;
  }
  int index = name == "cuda" ? 0 : -1;
  if (name.starts_with("cuda:")) {
    const auto [end, error] = std::from_chars(name.data() + 5, name.data() + name.size(), index);
    if (error != std::errc() || end != name.data() + name.size()) index = -1;
  }
  if (index < 0) fail(ErrorKind::usage, "'{}' is no device; use auto, cpu, or cuda:N with N from 0", name);
  require_usable({index});
  return {index};
}

void require_usable(Device device) {
  if (device.is_cpu()) return;
  if (const std::string problem = problem_of(probed(), device); !problem.empty())
    fail(ErrorKind::machine, "{}: {}; --device cpu runs without a GPU", device_name(device), problem);
}

std::string device_name(Device device) {
  if (device.is_meta()) return "meta";
  return device.is_cpu() ? "cpu" : fmt::format("cuda:{}", device.cuda_index);
}

}  // namespace pgolf
