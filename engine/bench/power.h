// What a GPU draws, by the counter of its driver (NVML).
#pragma once

#include <optional>

#include "engine/core/tensor.h"

namespace pgolf {

struct PowerReading {
  double joules = 0;       // since the driver was loaded
  unsigned clock_mhz = 0;  // of the multiprocessors, now
};

// None of the CPU, of a GPU that does not count (before Volta), and where the driver's library cannot be asked.
std::optional<PowerReading> read_power(Device device);

template <class Backend>
struct PowerBackend {
  static std::optional<PowerReading> read(Device device);
};

}  // namespace pgolf
