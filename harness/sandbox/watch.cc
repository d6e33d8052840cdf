#include "harness/sandbox/watch.h"

#include <fcntl.h>
#include <linux/openat2.h>
#include <linux/sched.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/timex.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <climits>
#include <cstdint>
#include <cstring>
#include <optional>

#include "base/error.h"
#include "base/message.h"
#include "harness/sandbox/sandbox.h"
#include "harness/sandbox/seen_path.h"

namespace pgolf {
namespace fs = std::filesystem;
namespace {

using Kind = WatchedCall::Kind;
using Open = WatchedCall::Open;

constexpr size_t kMostLibraries = 500;
constexpr size_t kMostLines = 7;  // of each kind; further ones are one line, so that no kind hides another

// Up to `size` bytes of a process's memory. The part in front of a page that cannot be read is read all the same.
size_t read_memory(pid_t pid, uint64_t address, void* out, size_t size) {
  constexpr uint64_t kPage = 4096;
  const size_t first = std::min<size_t>(size, kPage - address % kPage);
  const iovec ours{out, size};
  const std::array<iovec, 2> theirs = {
      {{reinterpret_cast<void*>(address), first}, {reinterpret_cast<void*>(address + first), size - first}}};
  const ssize_t got = ::process_vm_readv(pid, &ours, 1, theirs.data(), theirs.size(), 0);
  return got > 0 ? static_cast<size_t>(got) : 0;
}

template <class T>
std::optional<T> value_at(pid_t pid, uint64_t address) {
  T out{};
  return read_memory(pid, address, &out, sizeof out) == sizeof out ? std::optional(out) : std::nullopt;
}

std::optional<std::string> text_at(pid_t pid, uint64_t address) {
  std::string out(PATH_MAX, '\0');
  out.resize(read_memory(pid, address, out.data(), out.size()));
  const size_t end = out.find('\0');
  if (end == std::string::npos) return std::nullopt;
  out.resize(end);
  return out;
}

// The path that a call names, absolute as its caller sees it.
std::optional<fs::path> path_of(const seccomp_notif& request, const WatchedCall::Path& path) {
  const auto pid = static_cast<pid_t>(request.pid);
  const auto name = text_at(pid, request.data.args[path.name]);
  if (!name || name->empty()) return std::nullopt;  // the kernel refuses these itself
  if (name->front() == '/') return *name;
  const int directory = path.directory < 0 ? AT_FDCWD : static_cast<int>(request.data.args[path.directory]);
  std::error_code gone;
  const fs::path from = fs::read_symlink(
      directory == AT_FDCWD ? fmt::format("/proc/{}/cwd", pid) : fmt::format("/proc/{}/fd/{}", pid, directory), gone);
  return gone ? std::nullopt : std::optional(from / *name);
}

bool writes(const WatchedCall& call, const seccomp_notif& request) {
  uint64_t flags = 0;
  switch (call.open) {
    case Open::no:
    case Open::writing: return true;
    case Open::flags: flags = request.data.args[call.flags]; break;
    case Open::how:
      flags =
          value_at<open_how>(static_cast<pid_t>(request.pid), request.data.args[call.flags]).value_or(open_how{}).flags;
  }
  return (flags & O_ACCMODE) != O_RDONLY || (flags & (O_CREAT | O_TRUNC)) != 0;
}

// "libc.so.6", "libcudnn.so"
bool is_library(const fs::path& path) {
  const std::string name = path.filename().string();
  return name.ends_with(".so") || name.find(".so.") != std::string::npos;
}

std::string family_name(int family) {
  switch (family) {
    case AF_INET: return "AF_INET";
    case AF_INET6: return "AF_INET6";
    case AF_PACKET: return "AF_PACKET";
    case AF_VSOCK: return "AF_VSOCK";
  }
  return std::to_string(family);
}

}  // namespace

Watch::Watch(int listener, const WatchedPhase& phase)
    : listener_(listener),
      stop_(::eventfd(0, EFD_CLOEXEC)),
      program_(phase.program.string()),
      boundary_(phase.files),
      loopback_(phase.loopback),
      thread_([this] { answer_until_ended(); }) {}

Watch::~Watch() {
  end();
  ::close(stop_);
}

void Watch::end() {
  if (!thread_.joinable()) return;
  ::eventfd_write(stop_, 1);
  thread_.join();
  ::close(listener_);
}

std::vector<Attempt> Watch::attempts() const {
  std::vector<Attempt> out;
  for (const auto& [kind, lines] : attempts_)
    for (const auto& [what, times] : lines) out.push_back({kind, what, times});
  return out;
}

std::vector<std::string> Watch::libraries() const { return {libraries_.begin(), libraries_.end()}; }

void Watch::answer_until_ended() {
  for (;;) {
    std::array<pollfd, 2> ready = {{{listener_, POLLIN, 0}, {stop_, POLLIN, 0}}};
    if (::poll(ready.data(), ready.size(), -1) < 0) {
      if (errno == EINTR) continue;
      return;
    }
    if (ready[1].revents != 0 || (ready[0].revents & (POLLHUP | POLLERR)) != 0) return;
    if ((ready[0].revents & POLLIN) != 0) answer_one();
  }
}

void Watch::answer_one() {
  seccomp_notif request{};
  if (::ioctl(listener_, SECCOMP_IOCTL_NOTIF_RECV, &request) != 0) return;  // the caller was killed meanwhile
  seccomp_notif_resp response{};
  response.id = request.id;
  response.error = -decide(request);
  if (response.error == 0) response.flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE;
  ::ioctl(listener_, SECCOMP_IOCTL_NOTIF_SEND, &response);
}

int Watch::decide(const seccomp_notif& request) {
  const WatchedCall call = watched_call(request.data);
  if (!begun_) {
    if (call.kind == Kind::program) begun_ = path_of(request, call.paths.front()) == program_;
    return 0;
  }
  switch (call.kind) {
    case Kind::program: return look_at_program(call, request);
    case Kind::connect:
    case Kind::message:
    case Kind::messages: {
      int error = 0;
      for (const Address& address : addresses_of(call, request))
        if (const int found = look_at_address(call.name, request, address); found != 0) error = found;
      return error;
    }
    case Kind::clone: return look_at_clone(call, request);
    case Kind::path: return look_at_paths(call, request), 0;
    case Kind::socket: {
      const int family = static_cast<int>(request.data.args[0]);
      const bool internet = family == AF_INET || family == AF_INET6;
      if (!internet || !loopback_) note({"network", "socket " + family_name(family)});
      return internet ? 0 : EPERM;  // those two end in an empty namespace, not so others
    }
    case Kind::adjust_time: {
      const auto pid = static_cast<pid_t>(request.pid);
      const auto modes = value_at<unsigned>(pid, request.data.args[call.paths.front().name]);  // timex begins with them
      if (!modes || *modes == 0) return 0;
      [[fallthrough]];
    }
    case Kind::set_time: return note({"time", call.name}), EPERM;
    case Kind::kernel:
    case Kind::foreign: break;
  }
  return note({"system", call.name}), EPERM;
}

// Programs that an engine starts: itself, a codec, and what CUDA's driver runs where it finds no device. Others are
// told; they run in the sandbox too. Shells look for a program in one directory after the other.
int Watch::look_at_program(const WatchedCall& call, const seccomp_notif& request) {
  static const std::set<std::string> kUsual = {"lrzip", "modprobe", "nvidia-modprobe"};
  const auto path = path_of(request, call.paths.front());
  if (!path) return note({"system", "run a program without a name"}), 0;
  if (*path == program_ || *path == "/proc/self/exe" || !may_be_there(static_cast<pid_t>(request.pid), *path)) return 0;
  const bool usual = is_shown_to_all(*path) && kUsual.contains(path->filename().string());
  if (!usual) note({"system", as_message(fmt::format("run {}", path->string()))});
  return 0;
}

std::vector<Watch::Address> Watch::addresses_of(const WatchedCall& call, const seccomp_notif& request) const {
  const auto argument = static_cast<size_t>(call.paths.front().name);
  const uint64_t at = request.data.args[argument], behind = request.data.args[argument + 1];
  if (call.kind == Kind::connect) return {{at, behind}};
  constexpr uint64_t kMost = 1024;  // the kernel takes no more at once
  const uint64_t count = call.kind == Kind::message ? 1 : std::min(behind, kMost);
  std::vector<Address> out;
  for (uint64_t i = 0; i < count; ++i)
    if (const auto header = value_at<msghdr>(static_cast<pid_t>(request.pid), at + i * sizeof(mmsghdr)))
      out.push_back({reinterpret_cast<uint64_t>(header->msg_name), header->msg_namelen});
  return out;
}

// Abstract addresses are those of its own network. A file may be the socket of a process outside, which could hand over
// what it has open.
int Watch::look_at_address(const std::string& verb, const seccomp_notif& request, const Address& where) {
  sockaddr_un address{};
  const size_t size = std::min<uint64_t>(where.size, sizeof address);
  if (where.at == 0 || size == 0) return 0;
  read_memory(static_cast<pid_t>(request.pid), where.at, &address, size);
  const std::string name(address.sun_path, ::strnlen(address.sun_path, sizeof address.sun_path));
  if (address.sun_family != AF_UNIX || name.empty()) return 0;
  std::error_code gone;
  const fs::path path = fs::read_symlink(fmt::format("/proc/{}/cwd", request.pid), gone) / name;
  const bool attempt = boundary_.attempt(verb, path, true).has_value();
  if (!may_be_there(static_cast<pid_t>(request.pid), path)) return attempt ? ENOENT : 0;
  if (!attempt && is_what_it_says(static_cast<pid_t>(request.pid), path)) return 0;
  return note({"network", as_message(fmt::format("{} {}", verb, path.lexically_normal().string()))}), EPERM;
}

int Watch::look_at_clone(const WatchedCall& call, const seccomp_notif& request) {
  constexpr uint64_t kNamespaces =
      CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNET;
  uint64_t flags = request.data.args[call.flags];
  if (call.open == Open::how)
    flags = value_at<uint64_t>(static_cast<pid_t>(request.pid), flags).value_or(0);  // clone_args begins with them
  if ((flags & kNamespaces) == 0) return 0;
  return note({"system", call.name + " of namespaces"}), EPERM;
}

void Watch::look_at_paths(const WatchedCall& call, const seccomp_notif& request) {
  const auto pid = static_cast<pid_t>(request.pid);
  for (const auto& named : call.paths) {
    const auto path = path_of(request, named);
    // Its memory may by now be that of another process with the same number.
    if (!path || ::ioctl(listener_, SECCOMP_IOCTL_NOTIF_ID_VALID, &request.id) != 0) return;
    if (const auto attempt = boundary_.attempt(call.name, *path, writes(call, request))) note(*attempt);
    if (call.open != Open::no && is_library(*path) && libraries_.size() < kMostLibraries) {
      const fs::path library = path->lexically_normal();
      std::error_code missing;  // of the system we see the same, a link that leads nowhere too
      if (is_shown_to_all(library) ? fs::is_regular_file(library, missing) : may_be_there(pid, library))
        libraries_.insert(library.string());
    }
    if (call.target < 0) continue;
    const auto target = text_at(pid, request.data.args[call.target]);
    const auto attempt = target ? boundary_.attempt("link to", path->parent_path() / *target, false) : std::nullopt;
    if (attempt) note(*attempt);
  }
}

void Watch::note(const Attempt& attempt) {
  auto& lines = attempts_[attempt.kind];
  const bool fits = lines.contains(attempt.what) || lines.size() < kMostLines;
  ++lines[fits ? attempt.what : "other attempts of this kind"];
}

}  // namespace pgolf
