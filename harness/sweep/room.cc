#include "harness/sweep/room.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <thread>

#include "base/error.h"
#include "base/notice.h"
#include "harness/run/engine_tool.h"
#include "harness/run/preflight.h"

namespace pgolf {
namespace fs = std::filesystem;

Slots slots_for(const MachineRoom& room, int64_t bytes_per_run, const std::string& device, bool alone, int tasks) {
  Slots out;
  const bool on_gpus = !room.gpus.empty() && device == "auto";
  int most = on_gpus ? static_cast<int>(room.gpus.size()) : device == "auto" || device == "cpu" ? room.cores : 1;
  out.why = on_gpus ? fmt::format("{} GPUs", most) : most == 1 ? "one device" : fmt::format("{} cores", most);
  if (alone && most > 1) most = 1, out.why = "times of the profile record are evidence";
  if (!on_gpus && bytes_per_run > 0 && room.free_bytes > 0) {
    const int fit = std::max<int>(1, static_cast<int>(room.free_bytes / bytes_per_run));
    if (fit < most) most = fit, out.why = fmt::format("{} MB of memory each", bytes_per_run / 1'000'000);
  }
  if (tasks < most) most = std::max(1, tasks), out.why = "as many as are left";
  for (int i = 0; i < most; ++i) out.devices.push_back(on_gpus ? room.gpus[static_cast<size_t>(i)] : device);
  if (!on_gpus && most > 1) out.threads = std::max(1, room.cores / most);
  return out;
}

MachineRoom look_around(const fs::path& engine) {
  MachineRoom out;
  out.cores = std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
  out.free_bytes = memory_bytes("MemAvailable").value_or(0);
  const Sandbox sandbox = Sandbox::choose(SandboxMode::automatic, engine);
  try {
    for (const Json& gpu : probe_engine_devices(engine, sandbox).value("gpus", Json::array()))
      if (gpu.value("problem", "").empty()) out.gpus.push_back(fmt::format("cuda:{}", out.gpus.size()));
  } catch (const Error& e) {
    notice("GPUs are not known, so the cores count: {}", e.what());
  }
  return out;
}

int64_t largest_need(const SweepPlan& plan, const fs::path& submissions, const fs::path& engine,
                     const std::string& device) {
  const Sandbox sandbox = Sandbox::choose(SandboxMode::automatic, engine);
  std::set<std::string> asked;  // techniques change little of what a submission's profile needs
  int64_t out = 0;
  for (const SweepVariant& variant : plan.variants) {
    if (!asked.insert(variant.submission + "@" + variant.profile).second) continue;
    ResolveRequest request;
    request.profile = variant.profile, request.sets = variant.sets;
    const Pinned pinned = resolve(load_submission(variant.directory, submissions), request).pinned;
    const Json answer = ask_engine_memory(engine, pinned, device, false, sandbox);
    if (!answer.is_object() || !answer.contains("need")) continue;
    for (const auto& [phase, bytes] : answer["need"].items())
      if (bytes.is_number()) out = std::max(out, bytes.get<int64_t>());
  }
  return out;
}

}  // namespace pgolf
