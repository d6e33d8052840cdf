#include "harness/run/workspace.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <ctime>
#include <random>

#include "base/error.h"

namespace pgolf {
namespace fs = std::filesystem;
namespace {

bool is_own_regular_file(const fs::path& path) {
  struct stat info {};
  return ::lstat(path.c_str(), &info) == 0 && S_ISREG(info.st_mode) && info.st_nlink == 1;
}

void move_file(const fs::path& from, const fs::path& to) {
  std::error_code error;
  fs::rename(from, to, error);
  if (error) fail(ErrorKind::machine, "{}: cannot be moved to {}: {}", from.string(), to.string(), error.message());
}

}  // namespace

void sync_file(const fs::path& path) {
  const fs::path directory = path.has_parent_path() ? path.parent_path() : fs::path(".");
  for (const auto& [target, flags] : {std::pair(path, O_RDONLY), std::pair(directory, O_RDONLY | O_DIRECTORY)}) {
    const int fd = ::open(target.c_str(), flags | O_CLOEXEC);
    const bool synced = fd >= 0 && ::fsync(fd) == 0;
    const int error = errno;
    if (fd >= 0) ::close(fd);
    if (!synced) fail(ErrorKind::machine, "{}: cannot be synced to disk: {}", target.string(), std::strerror(error));
  }
}

std::vector<std::string> RunDirectory::products(const std::string& phase) {
  std::vector<std::string> out = {phase + ".events.jsonl"};
  if (phase == "train") out.push_back("checkpoint.safetensors");
  if (phase == "pack") out.push_back("artifact.bin");
  if (phase == "eval") out.push_back("ledger.jsonl");
  return out;
}

void RunDirectory::begin_phase(const std::string& phase, int64_t number) const {
  std::vector<std::string> earlier = products(phase);
  earlier.insert(earlier.end(), {phase + ".stdout", phase + ".stderr"});
  for (const std::string& name : earlier) {
    if (!fs::exists(root_ / name)) continue;
    const fs::path kept = attempt(phase, number - 1);
    fs::create_directories(kept);
    move_file(root_ / name, kept / name);
  }
  std::error_code error;
  fs::remove_all(scratch(phase), error);
  fs::create_directories(scratch(phase), error);
  if (error) fail(ErrorKind::machine, "{}: cannot be created: {}", scratch(phase).string(), error.message());
}

std::vector<std::string> RunDirectory::end_phase(const std::string& phase) const {
  const fs::path from = scratch(phase);
  for (const std::string& name : products(phase)) {
    if (!is_own_regular_file(from / name)) continue;
    ::chmod((from / name).c_str(), 0444);
    sync_file(from / name);
    move_file(from / name, root_ / name);
    sync_file(root_ / name);
  }
  std::vector<std::string> others;
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(from, ignored)) others.push_back(entry.path().filename().string());
  fs::remove_all(from, ignored);
  return others;
}

std::string RunDirectory::missing_product(const std::string& phase) const {
  for (const std::string& name : products(phase))
    if (std::error_code error; !fs::exists(root_ / name, error)) return name;
  return "";
}

std::string new_run_id(int64_t pr, const std::string& profile) {
  const std::time_t now = std::time(nullptr);
  std::tm utc{};
  ::gmtime_r(&now, &utc);
  std::random_device random;
  return fmt::format("{:04}{:02}{:02}-{:02}{:02}{:02}-{}-{}-{:04x}", utc.tm_year + 1900, utc.tm_mon + 1, utc.tm_mday,
                     utc.tm_hour, utc.tm_min, utc.tm_sec, pr, profile, random() & 0xffff);
}

}  // namespace pgolf
