#include "tests/harness/attacks.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/timex.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <functional>
#include <map>
#include <thread>

namespace pgolf {
namespace fs = std::filesystem;
void tell(const std::string& what, bool done) {
  std::printf("%s: %s\n", what.c_str(), done ? "done" : "refused");
  std::fflush(stdout);
}

namespace {

bool readable(const fs::path& path) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (fd >= 0) ::close(fd);
  return fd >= 0;
}

bool writable(const fs::path& path) {
  const int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC | O_NONBLOCK, 0644);
  if (fd >= 0) ::close(fd);
  return fd >= 0;
}

// Anything that looks like a validation shard below `root`, to a depth that a scan of a whole system can afford.
bool finds_validation(const fs::path& root, int depth) {
  std::error_code refused;
  for (fs::directory_iterator at(root, refused), end; !refused && at != end; at.increment(refused)) {
    const std::string name = at->path().filename().string();
    if (name.starts_with("fineweb_val_") && readable(at->path())) return true;
    std::error_code none;
    if (name == "proc" || name == "sys" || depth == 0 || at->is_symlink(none) || !at->is_directory(none)) continue;
    if (finds_validation(at->path(), depth - 1)) return true;
  }
  return false;
}

// `argument`: the directory of validation shards.
void read_validation(const AttackGround& g) {
  tell("by path", finds_validation(g.argument, 0));
  tell("beside the training data", finds_validation(fs::path(g.data_dir) / "val", 0));
  tell("by ..", finds_validation(fs::path(g.data_dir) / "train" / ".." / "val", 0));
  bool by_proc = false;
  for (int pid = 1; pid < 100'000 && !by_proc; ++pid)
    by_proc = finds_validation("/proc/" + std::to_string(pid) + "/root" + g.argument, 0) ||
              finds_validation("/proc/" + std::to_string(pid) + "/cwd/val", 0);
  tell("by /proc/*/root", by_proc);
  bool by_mounts = false;
  std::ifstream mounts("/proc/self/mountinfo");
  for (std::string word; mounts >> word && !by_mounts;)
    if (word.starts_with("/")) by_mounts = finds_validation(word + g.argument, 0) || finds_validation(word, 2);
  tell("by mounts", by_mounts);
  tell("by a scan", finds_validation("/", 4));
}

bool connects(int family, const sockaddr* address, socklen_t size) {
  const int fd = ::socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const bool out = fd >= 0 && ::connect(fd, address, size) == 0;
  if (fd >= 0) ::close(fd);
  return out;
}

// `argument`: PORT/NAME/PATH of listeners that the test holds: TCP, unix abstract and unix in the file system.
void use_sockets(const AttackGround& g) {
  const auto first = g.argument.find('/'), second = g.argument.find('/', first + 1);
  sockaddr_in tcp{};
  tcp.sin_family = AF_INET, tcp.sin_port = htons(static_cast<uint16_t>(std::stoi(g.argument.substr(0, first))));
  tcp.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  tell("TCP to the loopback", connects(AF_INET, reinterpret_cast<sockaddr*>(&tcp), sizeof tcp));
  const auto unix_address = [](const std::string& name) {
    sockaddr_un out{};
    out.sun_family = AF_UNIX;
    std::memcpy(out.sun_path, name.data(), std::min(name.size(), sizeof out.sun_path));
    return out;
  };
  const std::string name = std::string(1, '\0') + g.argument.substr(first + 1, second - first - 1);
  const sockaddr_un abstract = unix_address(name), file = unix_address(g.argument.substr(second));
  tell("abstract socket", connects(AF_UNIX, reinterpret_cast<const sockaddr*>(&abstract),
                                   static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + name.size())));
  tell("unix socket", connects(AF_UNIX, reinterpret_cast<const sockaddr*>(&file), sizeof file));
  const int udp = ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  sockaddr_in dns{};
  dns.sin_family = AF_INET, dns.sin_port = htons(53);
  ::inet_pton(AF_INET, "192.0.2.1", &dns.sin_addr);  // TEST-NET-1: only a route is looked for
  tell("a route to a name server", udp >= 0 && ::connect(udp, reinterpret_cast<sockaddr*>(&dns), sizeof dns) == 0);
}

// `argument`: the test's directory, which holds the workspace. In a sandbox the paths there lead into its own /tmp, so
// what came of those attempts is seen from outside.
void write_outside(const AttackGround& g) {
  for (const fs::path& path :
       {fs::path(g.run_dir) / "../beside", fs::path(g.argument) / "beside", fs::path(g.argument) / "home/runs.db"})
    std::ofstream(path, std::ios::app) << "was here";
  for (const fs::path& path :
       {fs::path(g.run_dir) / "../pinned.json", fs::path("/beside"), fs::path("/usr/beside"), fs::path("/etc/beside"),
        fs::path("/sys/power/state"), fs::path("/proc/sys/kernel/core_pattern"), fs::path("/proc/sysrq-trigger")})
    tell("write " + path.lexically_normal().string(), writable(path));
}

// `argument`: the process of the test.
void reach_processes(const AttackGround& g) {
  const pid_t pid = std::stoi(g.argument);
  tell("signal the test", ::kill(pid, 0) == 0);
  tell("trace the test", ::ptrace(PTRACE_ATTACH, pid, nullptr, nullptr) == 0);
  int seen = 0;
  for (const auto& entry : fs::directory_iterator("/proc"))
    if (entry.path().filename().string().find_first_not_of("0123456789") == std::string::npos) ++seen;
  tell("see more than its own processes", seen > 4);
  tell("signal all", ::getpid() > 20 && ::kill(::getppid(), 0) == 0);
}

void look_at_itself(const AttackGround&) {
  int inherited = 0;
  for (int fd = 3; fd < 256; ++fd) inherited += ::fcntl(fd, F_GETFD) != -1;
  std::printf("inherited descriptors: %d\n", inherited);
  std::string adjustment;
  std::ifstream("/proc/self/oom_score_adj") >> adjustment;
  std::printf("oom_score_adj: %s\n", adjustment.c_str());
  for (const char* name : {"PGOLF_HOME", "SSH_AUTH_SOCK", "AWS_SECRET_ACCESS_KEY"})
    tell(std::string("read ") + name, std::getenv(name) != nullptr);
}

// Claims to have started when its work is done, to have taken no time, and hours that lie in the past.
void forge_time(const AttackGround& g) {
  std::ofstream out(fs::path(g.run_dir) / (g.phase + ".events.jsonl"));
  std::this_thread::sleep_for(std::chrono::milliseconds(600));
  out << R"({"format":"pgolf.events/1","phase":"train","config_sha256":"","build":"x"})"
      << "\n"
      << R"({"event":"phase_start","t_ms":-7200000,"name":"train"})"
      << "\n"
      << R"({"event":"step","t_ms":1,"step":1,"train_loss":1,"lr_scale":1,"elapsed_ms":0.001,"tokens":1,)"
      << R"("tok_per_s":1e12,"switches":[]})"
      << "\n"
      << R"({"event":"phase_end","t_ms":-7199999,"name":"train","elapsed_ms":0.001})"
      << "\n"
      << std::flush;
  std::ofstream(fs::path(g.run_dir) / "checkpoint.safetensors") << "x";
}

void put_links(const AttackGround& g) {
  const fs::path dir = g.run_dir;
  ::mkfifo((dir / (g.phase + ".events.jsonl")).c_str(), 0644);
  for (const char* name : {"artifact.bin", "checkpoint.safetensors", "ledger.jsonl"})
    fs::create_symlink("/etc/passwd", dir / name);
  ::mkfifo((dir / "fifo").c_str(), 0644);
  fs::create_directory_symlink("/", dir / "root");
}

void terminal_escapes(const AttackGround& g) {
  std::ofstream out(fs::path(g.run_dir) / (g.phase + ".events.jsonl"));
  out << R"({"format":"pgolf.events/1","phase":"train","config_sha256":"","build":"x"})"
      << "\n"
      << R"({"event":"phase_start","t_ms":1,"name":"\u001b]0;owned\u0007\u001b[2Jtrain\u009b31m"})"
      << "\n"
      << std::flush;
  std::ofstream(fs::path(g.run_dir) / "\x1b[31mred\nline") << "x";
  std::fprintf(stderr, "pgolf-engine: \x1b[2J\x1b]0;owned\x07 all is well\r\npgolf: run is done\n");
  std::this_thread::sleep_for(std::chrono::milliseconds(200));
}

// Moves the clock to where it already is: whether the system would let it, without harm where it would.
void set_clocks(const AttackGround&) {
  timespec now{};
  ::clock_gettime(CLOCK_REALTIME, &now);
  tell("set the clock", ::clock_settime(CLOCK_REALTIME, &now) == 0);
  const timeval same{now.tv_sec, now.tv_nsec / 1000};
  tell("set the time of day", ::syscall(SYS_settimeofday, &same, nullptr) == 0);
  timex look{};
  std::printf("read the clock's state: %s\n", ::adjtimex(&look) >= 0 ? "yes" : "no");
  timex slow{};
  slow.modes = ADJ_FREQUENCY, slow.freq = look.freq;
  tell("slow the clock", ::adjtimex(&slow) >= 0);
}

// What would get by a watch of whole names and one family of sockets. `argument`: the data directory.
void go_round(const AttackGround& g) {
  const fs::path val = fs::path(g.argument) / "val/fineweb_val_000000.bin";
  const int root = ::open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
  tell("by a descriptor", ::openat(root, val.relative_path().c_str(), O_RDONLY | O_CLOEXEC) >= 0);
  tell("by its own root", readable("/proc/self/root" + val.string()));
  tell("by the current directory", readable(val.lexically_relative(g.run_dir)));
  const fs::path link = fs::path(g.run_dir) / "link";
  ::symlink(val.lexically_relative(g.run_dir).c_str(), link.c_str());
  tell("by a link", readable(link));
  tell("by VSOCK", ::socket(AF_VSOCK, SOCK_STREAM | SOCK_CLOEXEC, 0) >= 0);
  tell("by PACKET", ::socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0) >= 0);
  tell("by io_uring", ::syscall(SYS_io_uring_setup, 8, nullptr) >= 0);
  tell("by namespaces", ::unshare(CLONE_NEWUSER) == 0);
  const long child = ::syscall(SYS_clone, CLONE_NEWUSER | SIGCHLD, nullptr, nullptr, nullptr, nullptr);
  if (child == 0) ::_exit(0);
  tell("by namespaces of a child", child > 0);
  tell("by a hostile name", readable(val.string() + "/<script>\x1b[2J" + std::string(230, 'x')));
}

// Two thousand names that are not its own, then one attempt at data. `argument`: the data directory.
void flood(const AttackGround& g) {
  for (int i = 0; i < 2000; ++i) writable("/usr/" + std::to_string(i));
  tell("read validation data", readable(fs::path(g.argument) / "val"));
}

// Swaps what it was given for something else.
void swap_inputs(const AttackGround& g) {
  const fs::path artifact = fs::path(g.run_dir) / "../artifact.bin";
  tell("write the artifact", writable(artifact));
  tell("remove the artifact", ::unlink(artifact.c_str()) == 0);
  tell("replace the artifact", ::symlink("/etc/passwd", (fs::path(g.run_dir) / "../artifact.bin").c_str()) == 0);
}

struct Attack {
  void (*run)(const AttackGround&);
  bool then_work;
};

}  // namespace

bool attack(const std::string& name, const AttackGround& ground, bool& then_work) {
  static const std::map<std::string, Attack> attacks{
      {"read_validation", {read_validation, true}},
      {"use_sockets", {use_sockets, true}},
      {"write_outside", {write_outside, true}},
      {"reach_processes", {reach_processes, true}},
      {"look_at_itself", {look_at_itself, true}},
      {"forge_time", {forge_time, false}},
      {"put_links", {put_links, false}},
      {"terminal_escapes", {terminal_escapes, false}},
      {"endless_events", {excess::endless_events, false}},
      {"endless_errors", {excess::endless_errors, false}},
      {"giant_file", {excess::giant_file, false}},
      {"many_files", {excess::many_files, false}},
      {"daemon", {excess::daemon, true}},
      {"fork_bomb", {excess::fork_bomb, true}},
      {"set_clocks", {set_clocks, true}},
      {"go_round", {go_round, true}},
      {"crowd", {excess::crowd, false}},
      {"flood", {flood, true}},
      {"hold_memory", {excess::hold_memory, true}},
      {"swap_inputs", {swap_inputs, true}},
      {"fill_disk", {excess::fill_disk, true}},
      {"run_programs", {kernel::run_programs, true}},
      {"connect_to_file", {kernel::connect_to_file, true}},
      {"call_the_kernel", {kernel::call_the_kernel, true}},
      {"hide_memory", {kernel::hide_memory, true}},
      {"look_for_texts", {kernel::look_for_texts, true}},
  };
  const auto found = attacks.find(name);
  if (found == attacks.end()) return false;
  found->second.run(ground);
  then_work = found->second.then_work;
  return true;
}

}  // namespace pgolf
