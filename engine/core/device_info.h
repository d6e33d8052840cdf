// What this machine offers the CUDA backend, and the choice of a device.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "engine/core/tensor.h"

namespace pgolf {

struct GpuInfo {
  int index = 0;
  std::string name;
  int major = 0, minor = 0;  // compute capability
  int multiprocessors = 0;
  size_t total_bytes = 0, free_bytes = 0;
  std::string problem;  // why this build cannot use it; empty: it can
};

// Two GPUs, first < second.
struct GpuLink {
  int first = 0, second = 0;
  bool direct = false;  // each reads the other's memory; else what they exchange goes through the host's
};

// A library the CUDA backend opens when it needs it.
struct LibraryInfo {
  std::string name;     // "cuBLASLt"
  std::string version;  // empty: it could not be opened
  std::string problem;  // and why
  bool required = true;
};

struct DeviceInfo {
  bool cuda_build = false;
  std::string runtime;      // CUDA this build was made with, "13.0"
  std::string driver;       // NVIDIA's driver, "580.159.04"; empty: not loaded
  std::string driver_cuda;  // the newest CUDA that driver supports
  std::vector<GpuInfo> gpus;
  std::vector<GpuLink> links;  // of every pair of GPUs that can be used
  std::vector<LibraryInfo> libraries;
  std::string problem;  // why no GPU can be used, with the remedy; empty: at least one can
};

// Never throws for what is missing: it says so.
DeviceInfo probe_devices();

// JSON text, format `pgolf.devices/1` (docs/cuda.md): what `pgolf doctor` reads.
std::string to_json(const DeviceInfo& info);

// "auto": the first usable GPU, else the CPU. "cpu", "cuda" (= "cuda:0"), "cuda:N".
// Errors: usage for another name; machine (exit code 6) for a GPU that cannot be used, with the reason and the remedy.
Device resolve_device(std::string_view name);

// The error of resolve_device for a device that cannot be used; nothing for one that can.
void require_usable(Device device);

std::string device_name(Device device);  // "cpu", "cuda:0"

}  // namespace pgolf
