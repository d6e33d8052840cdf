#include "harness/sandbox/shown_system.h"

#include <elf.h>
#include <link.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <set>
#include <sstream>
#include <string_view>

#include "base/error.h"
#include "base/file.h"
#include "base/is_below.h"

namespace pgolf {
namespace fs = std::filesystem;
namespace {

constexpr std::array kPrograms = {"/usr/bin", "/usr/sbin", "/usr/local/bin", "/usr/local/sbin",
                                  "/usr/lib64"};                              // the last: the loader by its own name
constexpr std::array kLinks = {"/bin", "/sbin", "/lib", "/lib64", "/lib32"};  // of a merged /usr
// The loader's settings, and the entropy, GPU and topology files that programs open.
constexpr std::array kMachine = {"/etc/alternatives", "/etc/ld.so.cache", "/etc/ld.so.conf", "/etc/ld.so.conf.d",
                                 "/etc/localtime",    "/sys/bus",         "/sys/class",      "/sys/dev",
                                 "/sys/devices",      "/sys/module"};
// Where libraries may lie that LD_LIBRARY_PATH names or that are our own.
constexpr std::array kRoots = {"/usr", "/lib", "/lib64", "/opt", "/nix"};
constexpr char kCuda[] = "/usr/local/cuda/lib64";  // cuBLAS is looked for there too (engine/core)

bool is_rooted(const fs::path& path) {
  return std::any_of(kRoots.begin(), kRoots.end(),
                     [&](const char* root) { return path != root && is_below(path, root); });
}

// An ELF file of programs like this one.
bool is_library(const fs::path& file) {
  constexpr unsigned char kClass = sizeof(void*) == 8 ? ELFCLASS64 : ELFCLASS32;
  std::array<char, EI_NIDENT> start{};
  try {
    InputFile in(file);
    return in.read(start.data(), start.size()) && std::string_view(start.data(), SELFMAG) == ELFMAG &&
           static_cast<unsigned char>(start[EI_CLASS]) == kClass;
  } catch (const Error&) {
    return false;  // nor can a phase read it
  }
}

// Names in the loader's cache (ldconfig(8)): texts that end with a zero.
std::vector<std::string> cached_libraries() {
  constexpr char kCache[] = "/etc/ld.so.cache";
  constexpr int64_t kMostBytes = 64 << 20;
  std::vector<std::string> out;
  std::error_code missing;
  if (!fs::exists(kCache, missing)) return out;
  InputFile in(kCache, kMostBytes);
  for (std::string text; std::getline(in, text, '\0');)
    if (text.starts_with('/') && text.find(".so") != std::string::npos) out.push_back(text);
  return out;
}

using Directories = std::set<std::string>;

// Where a library lies, where the link lies that it is found by, and, if that is shown by nothing else, the name by
// which the loader calls that directory.
void add_directories(Directories& out, const fs::path& library) {
  std::error_code gone;
  const fs::path named = library.parent_path(), real = fs::canonical(library, gone), found = fs::canonical(named, gone);
  if (gone || !is_library(real)) return;
  for (const fs::path& directory : {real.parent_path(), found})
    if (is_rooted(directory)) out.insert(directory.string());
  const bool is_shown = std::any_of(out.begin(), out.end(), [&](const auto& shown) { return is_below(named, shown); });
  const bool by_link = std::any_of(kLinks.begin(), kLinks.end(), [&](const char* name) {
    std::error_code none;
    return is_below(named, name) && fs::is_symlink(name, none);
  });
  if (is_rooted(named) && !is_shown && !by_link) out.insert(named.string());
}

// By the loader's cache, and by what this program has loaded.
const Directories& loader_directories() {
  static const Directories all = [] {
    Directories out;
    const auto add = [](dl_phdr_info* library, size_t, void* to) {
      if (*library->dlpi_name == '/') add_directories(*static_cast<Directories*>(to), library->dlpi_name);
      return 0;
    };
    ::dl_iterate_phdr(add, &out);
    for (const std::string& library : cached_libraries()) add_directories(out, library);
    std::error_code none;
    for (fs::directory_iterator at(kCuda, none), end; !none && at != end; at.increment(none))
      if (at->path().filename().string().starts_with("libcublasLt.so.")) add_directories(out, at->path());
    return out;
  }();
  return all;
}

// Shown with all that lies in them: those that LD_LIBRARY_PATH names, programs, the machine's files.
Directories whole_directories() {
  Directories out(kPrograms.begin(), kPrograms.end());
  out.insert(kMachine.begin(), kMachine.end());
  std::error_code missing;
  for (const char* name : kLinks)
    if (std::string_view(name).ends_with("bin") && !fs::is_symlink(name, missing)) out.insert(name);
  for (const std::string& named : library_path())
    if (const fs::path directory = fs::canonical(named, missing); !missing && is_rooted(directory))
      out.insert(directory.string());
  std::erase_if(out, [&](const std::string& path) { return !fs::exists(path, missing); });
  return out;
}

// Directories in `directory` that lead to none of `shown`.
void cover_others(std::vector<std::string>& out, const fs::path& directory, const Directories& shown) {
  std::error_code gone;
  for (fs::directory_iterator at(directory, gone), end; !gone && at != end; at.increment(gone)) {
    std::error_code ignored;
    if (!fs::is_directory(at->symlink_status(ignored)) || shown.contains(at->path().string())) continue;
    const bool leads_on =
        std::any_of(shown.begin(), shown.end(), [&](const std::string& s) { return is_below(s, at->path()); });
    if (leads_on)
      cover_others(out, at->path(), shown);
    else
      out.push_back(at->path().string());
  }
}

}  // namespace

std::vector<std::string> directories_of(std::string_view path) {
  std::vector<std::string> out;
  std::istringstream in{std::string(path)};
  for (std::string directory; std::getline(in, directory, ':');)
    if (!directory.empty()) out.push_back(directory);
  return out;
}

std::vector<std::string> library_path() {
  const char* value = std::getenv("LD_LIBRARY_PATH");
  return directories_of(value ? value : "");
}

ShownSystem shown_system() {
  const Directories &loader = loader_directories(), whole = whole_directories();
  Directories shown = loader;
  shown.insert(whole.begin(), whole.end());
  ShownSystem out;
  out.shown.assign(shown.begin(), shown.end());  // parents before what lies in them
  for (const std::string& directory : loader)
    if (!whole.contains(directory)) cover_others(out.covered, directory, shown);
  std::error_code missing;
  for (const char* name : kLinks)
    if (const fs::path target = fs::read_symlink(name, missing); !missing)
      out.links.emplace_back(name, target.string());
  return out;
}

bool is_in_system(const fs::path& path) {
  std::error_code gone;
  const fs::path real = fs::weakly_canonical(path, gone);
  const Directories whole = whole_directories();
  return loader_directories().contains(real.string()) || loader_directories().contains(real.parent_path().string()) ||
         std::any_of(whole.begin(), whole.end(), [&](const auto& shown) { return is_below(real, shown); });
}

std::string hidden_library_directory() {
  std::string out;
  const auto look = [](dl_phdr_info* library, size_t, void* found) {
    const fs::path path = library->dlpi_name;
    if (path.is_absolute() && !is_in_system(path)) *static_cast<std::string*>(found) = path.parent_path().string();
    return 0;
  };
  ::dl_iterate_phdr(look, &out);
  return out;
}

}  // namespace pgolf
