#include "engine/phase/phase.h"

#include <fmt/format.h>

#include "base/sha256.h"
#include "build_config.h"

namespace pgolf {

std::string events_file(const std::string& phase) { return phase + ".events.jsonl"; }

std::string state_file(int64_t step) { return fmt::format("step-{:07}.safetensors", step); }

EventLog open_events(const PhaseOptions& options, const std::string& phase) {
  const bool fast = options.determinism == Determinism::fast;
  const std::string backend = options.device.is_cpu()
                                  ? "cpu"
                                  : fmt::format("cuda:{}{}{}", options.device.cuda_index,
                                                options.float32 ? " float32" : "", fast ? " fast" : "");
  if (!options.comm->is_alone()) std::filesystem::create_directories(options.part_dir());
  EventLog events((options.comm->is_first() ? options.run_dir : options.part_dir()) / events_file(phase),
                  {.phase = phase,
                   .config_sha256 = pinned_sha256(options.pinned),
                   .build = fmt::format("pgolf-engine {} {}", kVersion, backend)});
  if (!options.comm->is_alone())
    events.write(ProcessesEvent{.count = options.comm->processes(),
                                .ranks = options.pinned.config.train.world_size,
                                .link = options.comm->link()});
  if (options.schedule)
    events.write(WarningEvent{fmt::format("follows the recorded clock of {}", options.schedule->name())});
  return events;
}

void record_file(EventLog& events, const char* role, const std::filesystem::path& path) {
  events.write(DataEvent{.role = role,
                         .path = path.filename().string(),
                         .sha256 = sha256_file(path),
                         .bytes = static_cast<int64_t>(std::filesystem::file_size(path))});
}

PhaseTimer::PhaseTimer(EventLog& events, std::string name)
    : events_(events), name_(std::move(name)), start_(std::chrono::steady_clock::now()) {
  events_.write(PhaseStartEvent{.name = name_});
}

double PhaseTimer::finish() {
  const double ms = std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start_).count();
  events_.write(PhaseEndEvent{.name = name_, .elapsed_ms = ms});
  return ms;
}

}  // namespace pgolf
