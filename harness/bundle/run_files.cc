#include "harness/bundle/run_files.h"

#include <sys/stat.h>

#include <algorithm>

#include "base/error.h"
#include "base/file.h"
#include "db/rows.h"
#include "harness/run/own_files.h"

namespace pgolf {
namespace fs = std::filesystem;
namespace {

// What the phases of a run leave, which an attempt before has too.
bool is_run_file(const std::string& name) {
  if (name == "schedule.json") return true;
  return std::any_of(kPhases.begin(), kPhases.end(), [&](std::string_view phase) {
    const auto products = RunDirectory::products(std::string(phase));
    return name == std::string(phase) + ".stdout" || name == std::string(phase) + ".stderr" ||
           std::find(products.begin(), products.end(), name) != products.end();
  });
}

bool is_plain_file(const fs::path& path) {
  struct stat info {};
  return ::lstat(path.c_str(), &info) == 0 && S_ISREG(info.st_mode);
}

}  // namespace

bool stays_home(const std::string& name) {
  return name == "lock" || name == "checkpoint.safetensors" || name.starts_with("report.") ||
         name.starts_with("imported.") || name == "pinned.json";
}

void add_run_files(BundleContents& out, const RunDirectory& run) {
  check_own(run);
  const fs::path& directory = run.root();
  std::error_code error;
  std::uintmax_t total = 0;
  const auto most = static_cast<std::uintmax_t>(BundleLimits{}.unpacked_bytes);
  for (fs::recursive_directory_iterator it(directory, error), end; !error && it != end; it.increment(error)) {
    const std::string name = it->path().filename().string(),
                      path = std::string(kRunFiles) + it->path().lexically_relative(directory).generic_string();
    if (!is_plain_file(it->path()) || stays_home(name) || !is_run_file(name) || !is_bundle_path(path)) continue;
    total += it->file_size();
    if (total > most)
      fail(ErrorKind::limit, "{}: with it the run has more than {} bytes, the most that a bundle holds",
           it->path().string(), most);
    out.files[path] = read_text(it->path());
  }
  if (error) fail(ErrorKind::not_found, "{}: cannot be read: {}", directory.string(), error.message());
}

}  // namespace pgolf
