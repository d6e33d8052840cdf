#include "harness/run/preflight.h"

#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <sstream>

#include "base/error.h"
#include "base/json_guard.h"

namespace pgolf {
namespace fs = std::filesystem;
namespace {

constexpr char kMemoryFormat[] = "pgolf.memory/1";

std::string gib(int64_t bytes) { return fmt::format("{:.1f} GiB", static_cast<double>(bytes) / (int64_t{1} << 30)); }

std::optional<int64_t> bytes_of(const Json& answer, const char* key) {
  if (!answer.contains(key) || answer[key].is_null()) return std::nullopt;
  return json_integer(answer, key, kMemoryFormat);
}

// What a device can give: the room, and in words where it ends.
struct Room {
  int64_t bytes = 0;
  std::string text;
};

std::optional<Room> room_of(const Json& answer, bool on_cpu, std::uintmax_t most_bytes) {
  const auto total = bytes_of(answer, "total");
  auto free = bytes_of(answer, "free");
  if (!free) free = on_cpu ? memory_bytes("MemAvailable") : total;
  if (!free) return std::nullopt;
  if (on_cpu && std::cmp_less(most_bytes, *free))
    return Room{static_cast<int64_t>(most_bytes), "are what a phase may hold (--memory-limit)"};
  return Room{*free, total ? fmt::format("of {} are free", gib(*total)) : "are free"};
}

}  // namespace

std::optional<int64_t> memory_bytes(const std::string& name) {
  std::ifstream in("/proc/meminfo");
  for (std::string line; std::getline(in, line);)
    if (line.starts_with(name + ":")) return std::strtoll(line.c_str() + name.size() + 1, nullptr, 10) * 1024;  // kB
  return std::nullopt;
}

std::string program_path(const std::string& name) {
  const char* path = std::getenv("PATH");
  std::istringstream directories(path ? path : "");
  for (std::string directory; std::getline(directories, directory, ':');)
    if (const fs::path file = fs::path(directory) / name; ::access(file.c_str(), X_OK) == 0) return file.string();
  return "";
}

void check_programs(const Config& config, const Sandbox& sandbox) {
  if (config.codec.codec != Codec::per_group || sandbox.starts("lrzip")) return;
  const std::string path = program_path("lrzip");
  const std::string found = path.empty() ? "not on the PATH" : path + " does not start as a phase would start it";
  fail(ErrorKind::machine,
       "lrzip: {}, and packing and evaluation need it (codec.codec = per_group); apt-get install lrzip", found);
}

void check_memory(const Json& answer, const std::vector<std::string>& phases, std::uintmax_t most_bytes,
                  int processes) {
  if (answer.is_null()) return;
  if (!answer.is_object() || answer.value("format", "") != kMemoryFormat)
    fail(ErrorKind::machine, "memory: the engine does not print {}; build pgolf and pgolf-engine together",
         kMemoryFormat);
  const auto device = json_get<std::string>(answer, "device", kMemoryFormat);
  const Json need = json_get<Json>(answer, "need", kMemoryFormat);
  const bool on_cpu = device == "cpu";
  const auto room = room_of(answer, on_cpu, most_bytes);
  if (!room) return;
  std::string most;  // the phase that needs most
  int64_t bytes = 0;
  for (const std::string& phase : phases)
    if (const auto needed = bytes_of(need, phase.c_str()).value_or(0) * (on_cpu ? processes : 1); needed > bytes)
      most = phase, bytes = needed;
  if (bytes <= room->bytes) return;
  const bool never = bytes > bytes_of(answer, "total").value_or(bytes);
  fail(ErrorKind::machine, "memory: {} needs {} on {}, {} {}; {}, or run a smaller profile", most, gib(bytes), device,
       gib(room->bytes), room->text,
       on_cpu  ? "end other programs, name a GPU with --device"
       : never ? "name a GPU with more memory (--device)"
               : "end what else uses it, name another GPU with --device");
}

void check_gpus(const Json& answer, const std::string& device, int processes, bool isolated) {
  constexpr uint64_t kShared = uint64_t{1} << 30;
  int usable = 0;
  for (const Json& gpu : answer.value("gpus", Json::array())) usable += gpu.value("problem", "") == "" ? 1 : 0;
  if (device == "auto" && usable == 0) return;
  const int first = device.starts_with("cuda:") ? std::atoi(device.c_str() + 5) : 0;
  if (first + processes > usable)
    fail(ErrorKind::machine,
         "{} GPUs from cuda:{} on are asked for, this machine has {} that can be used; lower --gpus", processes, first,
         usable);
  std::error_code unknown;
  const auto shared = fs::space("/dev/shm", unknown).available;
  if (!isolated && !unknown && shared < kShared)
    fail(ErrorKind::machine,
         "/dev/shm: NCCL needs {} to connect GPUs, {} are free; start the container with --shm-size=1g", gib(kShared),
         gib(static_cast<int64_t>(shared)));
}

void check_disk(const fs::path& home, int64_t bytes) {
  std::error_code unknown;
  const auto free = fs::space(home, unknown).available;
  if (unknown || std::cmp_greater_equal(free, bytes)) return;
  fail(ErrorKind::machine, "{}: a run of this size needs {} MB, {} MB are free; free some space or name another --home",
       home.string(), bytes / 1'000'000, free / 1'000'000);
}

}  // namespace pgolf
