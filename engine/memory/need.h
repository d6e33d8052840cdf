// What the phases of a run take of a device's memory: each phase's own code, at the shapes of the configuration,
// until it has done its largest step, on text without content. On the meta device nothing is computed and it takes a
// moment; on another the same is measured.
#pragma once

#include <optional>
#include <string>

#include "base/json.h"
#include "engine/config/config.h"
#include "engine/core/context.h"

namespace pgolf {

struct Place {
  Device device;
  DType compute = DType::f32;
  Determinism determinism = Determinism::repeatable;
};

using MemoryParts = MemoryUse::Parts;  // bytes by Purpose, at the peak
size_t sum_of(const MemoryParts& parts);

// Reserving, warm-up and the update of one step.
MemoryParts train_memory(const Config& config, const Place& place);
// Calibration; nothing where none is configured.
MemoryParts pack_memory(const Config& config, const Place& place);
// Every pass of the evaluation; with phased test-time training one full group of documents that are longer than the
// context, and the global steps after it.
MemoryParts eval_memory(const Config& config, const Place& place);

struct MemoryNeed {
  MemoryParts train, pack, eval;
};

// On the meta device, in the types of `place`; for what is no CPU with what that cannot see: the scratch memory of
// kernels, the library's workspace, the tensor that is being coded. The kernels' own scratch on the CPU is left out.
MemoryNeed memory_need(const Config& config, const Place& place);
// The same on the device itself.
MemoryNeed measured_memory(const Config& config, const Place& place);

struct MemoryReport {
  std::string device;  // "cuda:0"
  std::string compute;
  MemoryNeed need;
  std::optional<MemoryNeed> measured{};
  std::optional<size_t> total{}, free{};  // of a GPU
};

Json to_json(const MemoryReport& report);  // format `pgolf.memory/1`
std::string to_text(const MemoryReport& report);

}  // namespace pgolf
