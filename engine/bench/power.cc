#include "engine/bench/power.h"

#include "engine/core/backend.h"

namespace pgolf {

template <>
std::optional<PowerReading> PowerBackend<Cpu>::read(Device) {
  return {};
}

std::optional<PowerReading> read_power(Device device) {
  return on_device(device, [&](auto backend) { return PowerBackend<decltype(backend)>::read(device); });
}

}  // namespace pgolf
