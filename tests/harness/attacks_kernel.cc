// Attacks by what the kernel offers: other programs, sockets that lie in the file system, memory that belongs to no
// process, calls that few know.
#include <fcntl.h>
#include <linux/sched.h>
#include <sched.h>
#include <signal.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/shm.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstddef>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

#include "tests/harness/attacks.h"

namespace pgolf::kernel {
namespace fs = std::filesystem;
namespace {

// The exit code of a child that does `body`.
template <class Body>
int in_child(Body&& body) {
  const pid_t child = ::fork();
  if (child == 0) {
    body();
    ::_exit(127);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128;
}

const char* const kNothing[] = {nullptr};
char* const* nothing() { return const_cast<char* const*>(kNothing); }

void copy_to(int fd, const char* program) {
  std::ifstream in(program, std::ios::binary);
  const std::string bytes{std::istreambuf_iterator<char>(in), {}};
  (void)!::write(fd, bytes.data(), bytes.size());
}

}  // namespace

// Another program: by its name, by a copy of its own, and by a descriptor that no name leads to.
void run_programs(const AttackGround& g) {
  char name[] = "/bin/true";
  char* argv[] = {name, nullptr};
  std::printf("by name: %d\n", in_child([&] { ::execve(name, argv, nothing()); }));
  const std::string mine = (fs::path(g.run_dir) / "lrzip").string();
  const int file = ::open(mine.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0755);
  copy_to(file, name), ::close(file);
  std::printf("by a copy: %d\n", in_child([&] { ::execve(mine.c_str(), argv, nothing()); }));
  const int memory = static_cast<int>(::syscall(SYS_memfd_create, "x", 0));
  copy_to(memory, name);
  std::printf("by a descriptor: %d\n",
              in_child([&] { ::syscall(SYS_execveat, memory, "", argv, nothing(), AT_EMPTY_PATH); }));
  std::printf("not there: %d\n", in_child([&] { ::execve("/usr/local/bin/nowhere", argv, nothing()); }));
  fs::remove(mine);
}

// `argument`: a socket's path that the sandbox shows. An abstract one of its own is the control.
void connect_to_file(const AttackGround& g) {
  sockaddr_un there{}, own{};
  there.sun_family = own.sun_family = AF_UNIX;
  std::strncpy(there.sun_path, g.argument.c_str(), sizeof there.sun_path - 1);
  std::memcpy(own.sun_path + 1, "own", 3);
  const socklen_t own_size = offsetof(sockaddr_un, sun_path) + 4;
  const auto connects = [](const sockaddr_un& address, socklen_t size) {
    const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const bool out = ::connect(fd, reinterpret_cast<const sockaddr*>(&address), size) == 0;
    return ::close(fd), out;
  };
  tell("by its path", connects(there, sizeof there));
  ::chdir("/opt");
  sockaddr_un relative = there;
  std::strncpy(relative.sun_path, g.argument.c_str() + std::strlen("/opt/"), sizeof relative.sun_path - 1);
  tell("by a relative path", connects(relative, sizeof relative));
  ::chdir(g.run_dir.c_str());
  const int listener = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  ::bind(listener, reinterpret_cast<const sockaddr*>(&own), own_size), ::listen(listener, 1);
  std::printf("its own: %s\n", connects(own, own_size) ? "yes" : "no");
}

void call_the_kernel(const AttackGround&) {
  const auto refused = [](const char* what, long result) { tell(what, result >= 0); };
  clone_args args{};
  args.flags = CLONE_NEWUSER | CLONE_NEWNS, args.exit_signal = SIGCHLD;
  const long child = ::syscall(SYS_clone3, &args, sizeof args);
  if (child == 0) ::_exit(0);
  refused("namespaces by clone3", child);
  std::thread([] {}).join();  // the control: a thread, made by the same call
  char zeros[256] = {};
  zeros[4] = 64;  // perf_event_attr.size
  refused("perf_event_open", ::syscall(SYS_perf_event_open, zeros, 0, -1, -1, 0));
  refused("fanotify_init", ::syscall(SYS_fanotify_init, 0, O_RDONLY));
  refused("userfaultfd", ::syscall(SYS_userfaultfd, O_CLOEXEC | 1));
  refused("pidfd_getfd", ::syscall(SYS_pidfd_getfd, 0, 0, 0));
  refused("fspick", ::syscall(SYS_fspick, AT_FDCWD, "/", 0));
  refused("mount_setattr", ::syscall(SYS_mount_setattr, AT_FDCWD, "/", 0, zeros, 32));
  refused("open_tree_attr", ::syscall(467, AT_FDCWD, "/", 0, zeros, 32));
  refused("bpf", ::syscall(SYS_bpf, 0, zeros, sizeof zeros));
  refused("shmget", ::shmget(IPC_PRIVATE, 4096, 0600));
  (void)!::open("/proc/1/mem", O_RDWR | O_CLOEXEC);
}

// `argument`: KIND/MEGABYTES; memory of a file that nobody maps, held until somebody ends it.
void hide_memory(const AttackGround& g) {
  const auto slash = g.argument.find('/');
  const std::string kind = g.argument.substr(0, slash);
  int fd = -1;
  if (kind == "memfd") fd = static_cast<int>(::syscall(SYS_memfd_create, "hidden", 0));
  if (kind == "tmp") fd = ::open("/tmp/hidden", O_RDWR | O_CREAT, 0600);
  if (kind == "shm") fd = ::open("/dev/shm/hidden", O_RDWR | O_CREAT, 0600);
  const std::vector<char> block(1 << 20, 'x');
  for (int i = 0; i < std::stoi(g.argument.substr(slash + 1)); ++i)
    if (::write(fd, block.data(), block.size()) < 0) std::perror("write");
  std::this_thread::sleep_for(std::chrono::seconds(120));
}

}  // namespace pgolf::kernel
