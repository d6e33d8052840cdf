#include "harness/sandbox/boundary.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/is_below.h"
#include "base/message.h"

namespace pgolf {
namespace fs = std::filesystem;
namespace {

// The path as it is written and, where links lead it elsewhere, the path it leads to.
void add_names(std::vector<fs::path>& out, const fs::path& path) {
  out.push_back(fs::absolute(path).lexically_normal());
  std::error_code missing;
  if (fs::path real = fs::canonical(path, missing); !missing && real != out.back()) out.push_back(std::move(real));
}

bool is_number(const std::string& name) {
  return !name.empty() && name.find_first_not_of("0123456789") == std::string::npos;
}

// "/proc/17" of "/proc/17/root/data/val": a process's own files. Nothing for other paths.
std::optional<fs::path> process_directory(const fs::path& path) {
  auto part = path.begin();
  if (std::distance(part, path.end()) < 3 || *std::next(part) != "proc") return std::nullopt;
  const std::string name = std::next(part, 2)->string();
  return name == "self" || name == "thread-self" || is_number(name) ? std::optional(fs::path("/proc") / name)
                                                                    : std::nullopt;
}

// Without "." and "..", and without the way round by /proc/PID/root.
fs::path plain(const fs::path& path) {
  fs::path out = path.lexically_normal();
  for (auto process = process_directory(out); process && is_below(out, *process / "root");
       process = process_directory(out))
    out = ("/" / out.lexically_relative(*process / "root")).lexically_normal();
  return out;
}

// Which half of prepared data a path below a hidden directory leads into, by the names that they have everywhere
// (docs/data.md): HOME/data holds those of other runs too.
const char* kind_of(const fs::path& below) {
  for (const fs::path& part : below)
    for (const char* half : {"val", "train"})
      if (part == half || part.string().starts_with(std::string("fineweb_") + half + "_")) return half;
  return "";
}

}  // namespace

Boundary::Boundary(const SandboxFiles& files) : writable_(fs::absolute(files.writable).lexically_normal()) {
  for (const fs::path& path : files.readable) add_names(readable_, path);
  for (const fs::path& path : files.hidden) add_names(hidden_, path);
}

// The directories on the way to what a phase is given are there, empty but for it.
bool Boundary::is_given(const fs::path& path, bool writes) const {
  if (is_below(path, writable_) || is_below(writable_, path)) return true;
  return std::any_of(readable_.begin(), readable_.end(), [&](const fs::path& given) {
    return is_below(given, path) ? given != path || !writes : !writes && is_below(path, given);
  });
}

std::optional<Attempt> Boundary::attempt(const std::string& verb, const fs::path& path, bool writes) const {
  const fs::path target = plain(path);
  if (is_given(target, writes)) return std::nullopt;
  const std::string what =
      as_message(fmt::format("{} {}{}", verb, target.string(), writes && verb == "open" ? " to write" : ""));
  for (const fs::path& hidden : hidden_)
    if (is_below(target, hidden)) {
      const std::string kind = kind_of(target.lexically_relative(hidden));
      return Attempt{!kind.empty() ? kind : writes ? "write" : "file", what};
    }
  constexpr std::array kOwn = {"/tmp", "/dev"};
  const bool own = std::any_of(kOwn.begin(), kOwn.end(), [&](const char* root) { return is_below(target, root); });
  const bool own_proc = process_directory(target) && target.filename() != "mem";  // another's memory lies there too
  if (!writes || own || own_proc) return std::nullopt;
  return Attempt{"write", what};
}

}  // namespace pgolf
