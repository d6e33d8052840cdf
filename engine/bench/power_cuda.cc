#include <cuda_runtime.h>
#include <dlfcn.h>

#include <array>
#include <string>

#include "engine/bench/power.h"
#include "engine/core/backend.h"
#include "engine/core/shared_library.h"

namespace pgolf {
namespace {

// Of nvml.h, which a CUDA toolkit may be without.
using Gpu = struct nvmlDevice_st*;
constexpr unsigned kMultiprocessorClock = 1;  // NVML_CLOCK_SM

struct Nvml {
  int (*init)() = nullptr;
  int (*by_bus)(const char*, Gpu*) = nullptr;
  int (*energy)(Gpu, unsigned long long*) = nullptr;  // mJ
  int (*clock)(Gpu, unsigned, unsigned*) = nullptr;   // MHz
  bool usable = false;

  Nvml() {
    std::string problem;
    void* library = SharedLibrary::try_open("libnvidia-ml.so.1", problem);
    if (library == nullptr) return;
    const auto bind = [&](auto& function, const char* name) {
      function = reinterpret_cast<std::decay_t<decltype(function)>>(dlsym(library, name));
      return function != nullptr;
    };
    usable = bind(init, "nvmlInit_v2") && bind(by_bus, "nvmlDeviceGetHandleByPciBusId_v2") &&
             bind(energy, "nvmlDeviceGetTotalEnergyConsumption") && bind(clock, "nvmlDeviceGetClockInfo") &&
             init() == 0;
  }
};

}  // namespace

template <>
std::optional<PowerReading> PowerBackend<Cuda>::read(Device device) {
  static const Nvml nvml;
  std::array<char, 32> bus{};
  Gpu gpu = nullptr;
  unsigned long long millijoules = 0;
  PowerReading out;
  if (!nvml.usable || cudaDeviceGetPCIBusId(bus.data(), bus.size(), device.cuda_index) != cudaSuccess ||
      nvml.by_bus(bus.data(), &gpu) != 0 || nvml.energy(gpu, &millijoules) != 0 ||
      nvml.clock(gpu, kMultiprocessorClock, &out.clock_mhz) != 0)
    return {};
  out.joules = static_cast<double>(millijoules) * 1e-3;
  return out;
}

}  // namespace pgolf
