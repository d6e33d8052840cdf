#include "harness/run/workspace.h"

#include <fcntl.h>
#include <fmt/ranges.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <random>

#include "base/error.h"
#include "base/file.h"
#include "base/message.h"
#include "base/names.h"
#include "db/rows.h"
#include "harness/process/file_lock.h"
#include "harness/run/own_files.h"

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

// The bytes alone, in a file of ours: what a file system keeps beside them (attributes, times, the inode) would be
// bytes that nobody counts.
void copy_bytes(const fs::path& from, const fs::path& to) {
  copy_file_atomic(from, to);
  ::chmod(to.c_str(), 0444);
  const timespec fixed[2] = {{0, 0}, {0, 0}};
  ::utimensat(AT_FDCWD, to.c_str(), fixed, 0);
}

}  // namespace

void sync_file(const fs::path& path) {
  const fs::path directory = path.has_parent_path() ? path.parent_path() : fs::path(".");
  for (const auto& [target, flags] : {std::pair(path, O_RDONLY), std::pair(directory, O_RDONLY | O_DIRECTORY)}) {
    const int fd = ::open(target.c_str(), flags | O_CLOEXEC | O_NONBLOCK);
    const bool synced = fd >= 0 && ::fsync(fd) == 0;
    const int error = errno;
    if (fd >= 0) ::close(fd);
    if (!synced) fail(ErrorKind::machine, "{}: cannot be synced to disk: {}", target.string(), std::strerror(error));
  }
}

fs::path RunDirectory::below(const std::string& phase, const std::string& rest) const {
  if (!is_phase_name(phase)) fail(ErrorKind::database, "'{:.80}' is no phase of a run", as_message(phase));
  return root_ / (phase + rest);
}

fs::path RunDirectory::attempt(const std::string& phase, int64_t number) const {
  if (!is_phase_name(phase)) fail(ErrorKind::database, "'{:.80}' is no phase of a run", as_message(phase));
  return root_ / "attempts" / fmt::format("{}-{}", phase, number);
}

fs::path RunDirectory::state(int64_t step) const { return states() / fmt::format("step-{:07}.safetensors", step); }

std::vector<int64_t> RunDirectory::saved_steps() const {
  std::vector<int64_t> out;
  std::error_code gone;
  for (fs::directory_iterator at(states(), gone), end; !gone && at != end; at.increment(gone)) {
    const std::string name = at->path().filename().string();
    const int64_t step = name.starts_with("step-") ? std::strtoll(name.c_str() + 5, nullptr, 10) : 0;
    if (step > 0 && at->path() == state(step) && is_own_regular_file(at->path())) out.push_back(step);
  }
  std::sort(out.begin(), out.end());
  return out;
}

// The leaves and states alone, whatever else lies there.
void RunDirectory::take_states(const fs::path& from) const {
  if (!is_own_directory(from)) return;
  const RunDirectory there(from.parent_path());
  std::vector<fs::path> files = {there.leaves()};
  for (const int64_t step : there.saved_steps()) files.push_back(there.state(step));
  fs::create_directory(states());
  for (const fs::path& file : files) {
    if (!is_own_regular_file(file)) continue;
    ::chmod(file.c_str(), 0444);
    sync_file(file);
    move_file(file, states() / file.filename());
  }
  sync_file(states());
  remove_tree(from);
}

bool RunDirectory::is_own() const { return is_own_directory(root_); }

RunDirectory Workspace::run(const std::string& id) const {
  if (!is_run_name(id)) fail(ErrorKind::database, "'{:.80}' is no identifier of a run", as_message(id));
  return RunDirectory(home / id);
}

bool Workspace::is_worked_on(const std::string& run) const { return FileLock::is_held(this->run(run).lock()); }

std::vector<StrayRun> stray_runs(const Workspace& workspace, const std::vector<std::string>& recorded) {
  std::vector<StrayRun> out;
  std::error_code gone;
  for (fs::directory_iterator at(workspace.home, gone), end; !gone && at != end; at.increment(gone)) {
    const std::string id = at->path().filename().string();
    if (!is_run_name(id) || std::find(recorded.begin(), recorded.end(), id) != recorded.end()) continue;
    if (!is_own_directory(at->path()) || workspace.is_worked_on(id)) continue;
    const RunDirectory directory = workspace.run(id);
    std::error_code missing;
    if (!is_run_id(id) && !fs::exists(directory.pinned(), missing)) continue;  // an imported run may have any name
    out.push_back({id, std::any_of(kPhases.begin(), kPhases.end(), [&](std::string_view phase) {
                     return fs::exists(directory.output(std::string(phase), "stderr"), missing) ||
                            fs::exists(directory.events(std::string(phase)), missing);
                   })});
  }
  std::sort(out.begin(), out.end(), [](const StrayRun& a, const StrayRun& b) { return a.id < b.id; });
  return out;
}

void fail_no_record(const Workspace& workspace) {
  std::vector<std::string> strays;
  for (const StrayRun& stray : stray_runs(workspace, {})) strays.push_back(stray.id);
  std::error_code missing;
  const std::string file = workspace.database().string();
  const std::string state = fs::exists(file, missing) ? "is empty" : "is gone";
  if (strays.empty()) fail(ErrorKind::not_found, "{} has no runs yet", workspace.home.string());
  fail(ErrorKind::database, "{}: {}, but the directories of {} are there; restore a copy of the file", file, state,
       names_text(strays));
}

std::string names_text(const std::vector<std::string>& names) {
  constexpr size_t kMost = 3;
  const size_t shown = std::min(names.size(), kMost);
  std::string out = fmt::format("{}", fmt::join(names.begin(), names.begin() + static_cast<long>(shown), ", "));
  return names.size() > shown ? out + fmt::format(" and {} more", names.size() - shown) : out;
}

bool is_run_id(std::string_view id) {
  constexpr size_t kStamp = 16;  // "20260321-080000-"
  if (id.size() <= kStamp || id.size() > 80) return false;
  for (size_t i = 0; i < kStamp; ++i)
    if (i == 8 || i == 15 ? id[i] != '-' : id[i] < '0' || id[i] > '9') return false;
  return id.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-_") == std::string_view::npos;
}

std::vector<std::string> RunDirectory::products(const std::string& phase) {
  std::vector<std::string> out = {phase + ".events.jsonl"};
  if (phase == kTrainPhase) out.push_back("checkpoint.safetensors");
  if (phase == kPackPhase) out.push_back("artifact.bin");
  if (phase == kEvalPhase) out.push_back("ledger.jsonl");
  return out;
}

void RunDirectory::begin_phase(const std::string& phase, int64_t number) const {
  for (const fs::path& own : {root_, root_ / "attempts"})
    if (fs::is_symlink(fs::symlink_status(own)))
      fail(ErrorKind::usage, "{}: a symbolic link; a run works in a directory of its own", own.string());
  std::vector<std::string> earlier = products(phase);
  earlier.insert(earlier.end(), {phase + ".stdout", phase + ".stderr"});
  if (phase == kTrainPhase) earlier.emplace_back(kStates);
  for (const std::string& name : earlier) {
    if (!fs::exists(fs::symlink_status(root_ / name))) continue;
    const fs::path kept = attempt(phase, number - 1);
    std::error_code is_a_link;  // told below
    fs::create_directories(kept, is_a_link);
    if (!is_own_directory(kept)) fail(ErrorKind::usage, "{}: no directory of the run's own; remove it", kept.string());
    move_file(root_ / name, kept / name);
  }
  std::error_code error;
  if (!remove_tree(scratch(phase)))
    fail(ErrorKind::machine, "{}: cannot be removed; an earlier attempt left it so: remove it",
         scratch(phase).string());
  if (!fs::create_directories(scratch(phase), error))
    fail(ErrorKind::machine, "{}: cannot be created: {}", scratch(phase).string(), error.message());
}

std::vector<std::string> RunDirectory::end_phase(const std::string& phase) const {
  const fs::path from = scratch(phase);
  std::error_code ignored;
  if (!is_own()) return {};
  if (!is_own_directory(from)) return fs::remove(from, ignored), std::vector<std::string>();
  for (const std::string& name : products(phase)) {
    if (!is_own_regular_file(from / name)) continue;
    if (name == artifact().filename()) {
      copy_bytes(from / name, root_ / name);
    } else {
      ::chmod((from / name).c_str(), 0444);
      sync_file(from / name);
      move_file(from / name, root_ / name);
    }
    sync_file(root_ / name);
  }
  if (phase == kTrainPhase) take_states(from / kStates);
  std::vector<std::string> others;
  for (const auto& entry : fs::directory_iterator(from, ignored)) others.push_back(entry.path().filename().string());
  remove_tree(from);
  return others;
}

void RunDirectory::renew_artifact() const {
  copy_bytes(artifact(), artifact());
  sync_file(artifact());
}

std::string RunDirectory::missing_product(const std::string& phase) const {
  for (const std::string& name : products(phase))
    if (std::error_code error; !fs::exists(root_ / name, error)) return name;
  return "";
}

std::string new_run_id(const std::string& submission, const std::string& profile) {
  const std::time_t now = std::time(nullptr);
  std::tm utc{};
  ::gmtime_r(&now, &utc);
  std::random_device random;
  return fmt::format("{:04}{:02}{:02}-{:02}{:02}{:02}-{:.40}-{:.16}-{:04x}", utc.tm_year + 1900, utc.tm_mon + 1,
                     utc.tm_mday, utc.tm_hour, utc.tm_min, utc.tm_sec, submission, profile, random() & 0xffff);
}

}  // namespace pgolf
