#include "tests/campaign/processes.h"

#include <charconv>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <map>
#include <thread>

#include "base/process_id.h"

namespace pgolf::campaign {
namespace {

struct Entry {
  pid_t parent = 0;
  std::string name;
};

// "pid (name) state ppid ...", proc(5); the name may hold anything.
std::optional<Entry> read_stat(const std::filesystem::path& directory) {
  std::ifstream in(directory / "stat");
  std::string line;
  std::getline(in, line);
  const auto open = line.find('('), close = line.rfind(')');
  if (open == std::string::npos || close == std::string::npos || close + 4 >= line.size()) return std::nullopt;
  Entry out;
  out.name = line.substr(open + 1, close - open - 1);
  std::from_chars(line.data() + close + 4, line.data() + line.size(), out.parent);
  return out;
}

}  // namespace

std::vector<Descendant> descendants(pid_t pid) {
  std::multimap<pid_t, std::pair<pid_t, std::string>> children;
  std::error_code gone;
  for (const auto& entry : std::filesystem::directory_iterator("/proc", gone)) {
    const std::string name = entry.path().filename().string();
    pid_t child = 0;
    if (std::from_chars(name.data(), name.data() + name.size(), child).ptr != name.data() + name.size()) continue;
    if (const auto stat = read_stat(entry.path())) children.insert({stat->parent, {child, stat->name}});
  }
  std::vector<pid_t> todo = {pid};
  std::vector<Descendant> out;
  for (size_t i = 0; i < todo.size(); ++i)
    for (auto [at, end] = children.equal_range(todo[i]); at != end; ++at) {
      const auto& [child, name] = at->second;
      todo.push_back(child);
      if (const auto start = process_start(child)) out.push_back({{boot_id(), child, *start}, name});
    }
  return out;
}

std::vector<Descendant> survivors(std::vector<Descendant> processes, double seconds) {
  for (double waited = 0;; waited += 20) {
    std::erase_if(processes, [](const Descendant& d) { return !is_alive(d.id); });
    if (processes.empty() || waited > seconds * 1e3) return processes;
    sleep_ms(20);
  }
}

void sleep_ms(double ms) { std::this_thread::sleep_for(std::chrono::duration<double, std::milli>(ms)); }

}  // namespace pgolf::campaign
