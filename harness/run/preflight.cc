#include "harness/run/preflight.h"

#include <cstdlib>
#include <fstream>

#include "base/error.h"
#include "harness/run/environment.h"

namespace pgolf {
namespace fs = std::filesystem;
namespace {

constexpr int64_t kFloat = sizeof(float);
constexpr int64_t kLogs = 64'000'000;
constexpr int64_t kOnDisk = 2;    // copies of the weights: checkpoint, artifact
constexpr int64_t kInMemory = 4;  // weights, gradient, two moments; activations come on top and depend on the batch
constexpr int64_t kProgram = 128'000'000;

}  // namespace

std::optional<int64_t> memory_bytes(const std::string& name) {
  std::ifstream in("/proc/meminfo");
  for (std::string line; std::getline(in, line);)
    if (line.starts_with(name + ":")) return std::strtoll(line.c_str() + name.size() + 1, nullptr, 10) * 1024;  // kB
  return std::nullopt;
}

void check_room(const fs::path& home, int64_t num_params, const std::string& device) {
  const int64_t disk = num_params * kOnDisk * kFloat + kLogs;
  std::error_code unknown;
  if (const auto free = fs::space(home, unknown).available; !unknown && free < static_cast<std::uintmax_t>(disk))
    fail(ErrorKind::machine,
         "{}: a run of this size needs {} MB, {} MB are free; free some space or name another --home", home.string(),
         disk / 1'000'000, free / 1'000'000);
  const int64_t memory = num_params * kInMemory * kFloat + kProgram;
  const auto available = memory_bytes("MemAvailable");
  const bool on_cpu = device == "cpu" || (device == "auto" && gpu_names().empty());
  if (on_cpu && available && *available < memory)
    fail(ErrorKind::machine,
         "memory: a run of this size needs {} MB at least, {} MB are available; end other programs or name a GPU with "
         "--device",
         memory / 1'000'000, *available / 1'000'000);
}

}  // namespace pgolf
