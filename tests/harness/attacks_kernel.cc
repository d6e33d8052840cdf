// Attacks by what the kernel offers: other programs, sockets that lie in the file system, memory that belongs to no
// process, calls that few know.
#include <fcntl.h>
#include <linux/sched.h>
#include <sched.h>
#include <signal.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/msg.h>
#include <sys/sem.h>
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
#include <sstream>
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
  const std::string by_number = "/proc/self/fd/77", link = (fs::path(g.run_dir) / "link").string();
  ::dup2(memory, 77), ::chdir("/bin"), ::symlink(by_number.c_str(), link.c_str());
  for (const auto& [way, path] : {std::pair("a number", by_number),
                                  {"a link", link},
                                  {"its root", "/proc/self/root/bin/true"},
                                  {"its directory", "/proc/self/cwd/true"}})
    std::printf("by %s: %d\n", way, in_child([&, path = path] { ::execve(path.c_str(), argv, nothing()); }));
  ::chdir(g.run_dir.c_str()), fs::remove(link);
  std::printf("not there: %d\n", in_child([&] { ::execve("/usr/local/bin/nowhere", argv, nothing()); }));
  fs::remove(mine);
}

namespace {

// Letters that need no connection, by each call that takes an address; without one, on a pair of its own, as a control.
void send_to(sockaddr_un there) {
  const int fd = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  char byte = 'x';
  iovec data{&byte, 1};
  mmsghdr two[2] = {};
  for (mmsghdr& m : two) m.msg_hdr.msg_iov = &data, m.msg_hdr.msg_iovlen = 1;
  int own[2];
  ::socketpair(AF_UNIX, SOCK_DGRAM, 0, own);
  const bool sent = ::send(own[0], &byte, 1, 0) == 1 && ::sendmsg(own[0], &two[0].msg_hdr, 0) == 1 &&
                    ::sendmmsg(own[0], two, 2, 0) == 2;
  std::printf("letters of its own: %s\n", sent ? "yes" : "no");
  two[1].msg_hdr.msg_name = &there, two[1].msg_hdr.msg_namelen = sizeof there;
  tell("sendto", ::sendto(fd, &byte, 1, 0, reinterpret_cast<const sockaddr*>(&there), sizeof there) == 1);
  tell("sendmsg", ::sendmsg(fd, &two[1].msg_hdr, 0) == 1);
  tell("sendmmsg", ::sendmmsg(own[0], two, 2, 0) == 2);
}

}  // namespace

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
  const auto address = [](const std::string& path) {
    sockaddr_un out{};
    out.sun_family = AF_UNIX;
    std::strncpy(out.sun_path, path.c_str(), sizeof out.sun_path - 1);
    return out;
  };
  tell("by its path", connects(there, sizeof there));
  const fs::path file = g.argument, link = fs::path(g.run_dir) / "link";
  ::chdir(file.parent_path().c_str()), ::symlink(file.c_str(), link.c_str());
  for (const std::string& way : {file.filename().string(), "/proc/self/cwd/" + file.filename().string(), link.string()})
    tell(("by " + way).c_str(), connects(address(way), sizeof there));
  ::chdir(g.run_dir.c_str()), fs::remove(link);
  send_to(address(g.argument + ".letters"));
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
  refused("msgget", ::msgget(IPC_PRIVATE, 0600));
  refused("semget", ::semget(IPC_PRIVATE, 1, 0600));
  refused("a descriptor beyond 4096", ::dup2(STDIN_FILENO, 5000));
  refused("shmget", ::shmget(IPC_PRIVATE, 4096, 0600));
  for (const unsigned flags : {0U, static_cast<unsigned>(O_CLOEXEC)}) refused("memfd_secret", ::syscall(447, flags));
  const int socket = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0), megabytes = 64 << 20;
  for (const int option : {SO_SNDBUF, SO_RCVBUF, SO_SNDBUFFORCE, SO_RCVBUFFORCE})
    refused("a larger socket", ::setsockopt(socket, SOL_SOCKET, option, &megabytes, sizeof megabytes));
  (void)!::open("/proc/1/mem", O_RDWR | O_CLOEXEC);
}

// `argument`: KIND/MEGABYTES; memory of a file that nobody maps, held until somebody ends it.
void hide_memory(const AttackGround& g) {
  const auto slash = g.argument.find('/');
  const std::string kind = g.argument.substr(0, slash);
  const size_t megabytes = std::stoul(g.argument.substr(slash + 1)), bytes = megabytes << 20;
  int fd = -1;
  if (kind == "mapping" || kind == "crowd") {  // pages that nobody has resident, beside some that eight have
    void* hidden = ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    std::memset(hidden, 'x', bytes), ::madvise(hidden, bytes, MADV_DONTNEED);
    const size_t part = bytes / 8;
    void* shared = ::mmap(nullptr, part, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    for (int i = 0; kind == "crowd" && i < 8; ++i)
      if (::fork() == 0) std::memset(shared, 'x', part), std::this_thread::sleep_for(std::chrono::seconds(120));
    return std::this_thread::sleep_for(std::chrono::seconds(120));
  }
  if (kind == "sockets") {  // full ones, that nobody reads
    const std::vector<char> letter(64 << 10, 'x');
    for (size_t held = 0; held < bytes;) {
      int pair[2];
      if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair) != 0) break;
      for (const int end : pair)
        for (ssize_t sent; (sent = ::write(end, letter.data(), letter.size())) > 0;) held += static_cast<size_t>(sent);
    }
    return std::this_thread::sleep_for(std::chrono::seconds(120));
  }
  if (kind == "empty" || kind == "directories") {  // each of them is an inode
    for (size_t i = 0; i < bytes / 1024; ++i) {
      const std::string name = "/tmp/" + std::to_string(i);
      if (kind == "empty") ::close(::open(name.c_str(), O_CREAT | O_CLOEXEC, 0600));
      if (kind == "directories") ::mkdir(name.c_str(), 0700);
    }
    return std::this_thread::sleep_for(std::chrono::seconds(120));
  }
  if (kind == "memfd") fd = static_cast<int>(::syscall(SYS_memfd_create, "hidden", 0));
  if (kind == "tmp") fd = ::open("/tmp/hidden", O_RDWR | O_CREAT, 0600);
  if (kind == "shm") fd = ::open("/dev/shm/hidden", O_RDWR | O_CREAT, 0600);
  const std::vector<char> block(1 << 20, 'x');
  for (size_t i = 0; i < megabytes; ++i)
    if (::write(fd, block.data(), block.size()) < 0) std::perror("write");
  std::this_thread::sleep_for(std::chrono::seconds(120));
}

// `argument`: directories of the system, separated by colons, each by several names; then all that can be seen, for
// files whose names say that they are text. Libraries and programs are the control.
void look_for_texts(const AttackGround& g) {
  std::istringstream named(g.argument);
  for (std::string directory; std::getline(named, directory, ':');)
    for (const std::string& way : {directory, "/proc/self/root" + directory, "/usr/bin/../.." + directory}) {
      std::error_code gone;
      tell(way, fs::exists(way, gone) && !fs::is_empty(way, gone) && !gone);
    }
  size_t texts = 0, libraries = 0;
  for (const char* root : {"/usr", "/opt", "/nix", "/home", "/root", "/srv", "/var", "/etc"}) {
    std::error_code gone;
    constexpr auto kOn = fs::directory_options::skip_permission_denied;
    for (fs::recursive_directory_iterator at(root, kOn, gone), end; !gone && at != end; at.increment(gone)) {
      std::error_code ignored;
      const fs::path kind = at->path().extension(), name = at->path().filename();
      for (const char* text : {".txt", ".pod", ".pm", ".py", ".h", ".html", ".md", ".gz", ".json", ".tcl"})
        if (kind == text && at->is_regular_file(ignored) && at->path().parent_path().filename() != "bin")
          ++texts, std::printf("%s\n", at->path().c_str());
      libraries += name.string().starts_with("libm.so.");
    }
  }
  tell("texts", texts > 0);
  std::printf("libraries: %s\nprograms: %s\n", libraries > 0 ? "yes" : "no", fs::exists("/usr/bin/env") ? "yes" : "no");
}

}  // namespace pgolf::kernel
