#include "harness/sandbox/system_calls.h"

#include <linux/audit.h>
#include <linux/filter.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstddef>

namespace pgolf {
namespace {

using Kind = WatchedCall::Kind;
using Open = WatchedCall::Open;

#if defined(__x86_64__)
constexpr unsigned kArchitecture = AUDIT_ARCH_X86_64, kMostCalls = 0x40000000;  // from there on: the x32 numbers
#elif defined(__aarch64__)
constexpr unsigned kArchitecture = AUDIT_ARCH_AARCH64, kMostCalls = 0x40000000;
#else
#error "the watch of system calls does not know this architecture"
#endif

constexpr unsigned kMemfdSecret = 447;   // of Linux 5.14
constexpr unsigned kOpenTreeAttr = 467;  // of Linux 6.15, the same on all architectures

struct Entry {
  unsigned number;
  WatchedCall call;
};

WatchedCall kernel(const char* name) { return {Kind::kernel, name}; }
WatchedCall change(const char* name, std::vector<WatchedCall::Path> paths) { return {Kind::path, name, paths}; }

// Left out on purpose: init_module and finit_module, since CUDA's driver runs modprobe where it finds no device, and
// whatever only looks (stat, access, readlink).
const std::vector<Entry> kCalls = {
#ifdef SYS_open  // architectures younger than the *at calls lack these
    {SYS_open, {Kind::path, "open", {{-1, 0}}, Open::flags, 1}},
    {SYS_creat, {Kind::path, "open", {{-1, 0}}, Open::writing}},
    {SYS_unlink, change("remove", {{-1, 0}})},
    {SYS_rmdir, change("remove", {{-1, 0}})},
    {SYS_rename, change("rename", {{-1, 0}, {-1, 1}})},
    {SYS_link, change("link", {{-1, 0}, {-1, 1}})},
    {SYS_symlink, {Kind::path, "link", {{-1, 1}}, Open::no, -1, 0}},
    {SYS_mkdir, change("make", {{-1, 0}})},
    {SYS_mknod, change("make", {{-1, 0}})},
    {SYS_chmod, change("chmod", {{-1, 0}})},
#endif
    {SYS_openat, {Kind::path, "open", {{0, 1}}, Open::flags, 2}},
    {SYS_openat2, {Kind::path, "open", {{0, 1}}, Open::how, 2}},
    {SYS_unlinkat, change("remove", {{0, 1}})},
#ifdef SYS_renameat
    {SYS_renameat, change("rename", {{0, 1}, {2, 3}})},
#endif
    {SYS_renameat2, change("rename", {{0, 1}, {2, 3}})},
    {SYS_linkat, change("link", {{0, 1}, {2, 3}})},
    {SYS_symlinkat, {Kind::path, "link", {{1, 2}}, Open::no, -1, 0}},
    {SYS_mkdirat, change("make", {{0, 1}})},
    {SYS_mknodat, change("make", {{0, 1}})},
    {SYS_fchmodat, change("chmod", {{0, 1}})},
    {SYS_truncate, change("truncate", {{-1, 0}})},
    {SYS_execve, {Kind::program, "run", {{-1, 0}}}},
    {SYS_execveat, {Kind::program, "run", {{0, 1}}}},
    {SYS_socket, {Kind::socket, "socket"}},
    {SYS_connect, {Kind::connect, "connect", {{-1, 1}}}},
    {SYS_sendto, {Kind::connect, "send to", {{-1, 4}}}},
    {SYS_sendmsg, {Kind::message, "send to", {{-1, 1}}}},
    {SYS_sendmmsg, {Kind::messages, "send to", {{-1, 1}}}},
    {SYS_clone, {Kind::clone, "clone", {}, Open::flags, 0}},
    {SYS_clone3, {Kind::clone, "clone", {}, Open::how, 0}},
    {SYS_settimeofday, {Kind::set_time, "settimeofday"}},
    {SYS_clock_settime, {Kind::set_time, "clock_settime"}},
    {SYS_adjtimex, {Kind::adjust_time, "adjtimex", {{-1, 0}}}},
    {SYS_clock_adjtime, {Kind::adjust_time, "clock_adjtime", {{-1, 1}}}},
    {SYS_ptrace, kernel("ptrace")},
    {SYS_process_vm_readv, kernel("process_vm_readv")},
    {SYS_process_vm_writev, kernel("process_vm_writev")},
    {SYS_mount, kernel("mount")},
    {SYS_umount2, kernel("umount2")},
    {SYS_move_mount, kernel("move_mount")},
    {SYS_open_tree, kernel("open_tree")},
    {kOpenTreeAttr, kernel("open_tree_attr")},
    {SYS_mount_setattr, kernel("mount_setattr")},
    {SYS_fsopen, kernel("fsopen")},
    {SYS_fspick, kernel("fspick")},
    {SYS_pivot_root, kernel("pivot_root")},
    {SYS_chroot, kernel("chroot")},
    {SYS_unshare, kernel("unshare")},
    {SYS_setns, kernel("setns")},
    {SYS_open_by_handle_at, kernel("open_by_handle_at")},
    {SYS_io_uring_setup, kernel("io_uring_setup")},  // its opens and sockets would not be seen
    {SYS_pidfd_getfd, kernel("pidfd_getfd")},
    {SYS_perf_event_open, kernel("perf_event_open")},
    {SYS_fanotify_init, kernel("fanotify_init")},
    {SYS_userfaultfd, kernel("userfaultfd")},
    {SYS_shmget, kernel("shmget")},  // memory that no process and no file system shows
    {SYS_msgget, kernel("msgget")},
    {SYS_semget, kernel("semget")},
    {kMemfdSecret, kernel("memfd_secret")},
    {SYS_setsockopt, kernel("enlarge a socket")},
    {SYS_bpf, kernel("bpf")},
    {SYS_keyctl, kernel("keyctl")},
    {SYS_add_key, kernel("add_key")},
    {SYS_request_key, kernel("request_key")},
    {SYS_kexec_load, kernel("kexec_load")},
    {SYS_kexec_file_load, kernel("kexec_file_load")},
    {SYS_delete_module, kernel("delete_module")},
    {SYS_reboot, kernel("reboot")},
    {SYS_swapon, kernel("swapon")},
    {SYS_acct, kernel("acct")},
};

sock_filter load_word(size_t offset) { return BPF_STMT(BPF_LD | BPF_W | BPF_ABS, static_cast<unsigned>(offset)); }
sock_filter answer(unsigned action) { return BPF_STMT(BPF_RET | BPF_K, action); }

}  // namespace

// A jump says how many instructions it skips, so its target is filled in once the place of the question is known.
std::vector<sock_filter> watch_filter() {
  std::vector<sock_filter> out;
  std::vector<size_t> asking;  // jumps that lead to the question if what they compare is so
  const auto ask_if = [&](unsigned short comparison, unsigned value) {
    asking.push_back(out.size());
    out.push_back(BPF_JUMP(static_cast<unsigned short>(BPF_JMP | BPF_K | comparison), value, 0, 0));
  };
  out.push_back(load_word(offsetof(seccomp_data, arch)));
  out.push_back(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, kArchitecture, 1, 0));
  ask_if(BPF_JGE, 0);
  out.push_back(load_word(offsetof(seccomp_data, nr)));
  ask_if(BPF_JGE, kMostCalls);
  for (const Entry& entry : kCalls)
    if (entry.number != SYS_socket && entry.number != SYS_sendto && entry.number != SYS_setsockopt)
      ask_if(BPF_JEQ, entry.number);
  out.push_back(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_setsockopt, 0, 8));  // what lies in a socket is nobody's memory
  out.push_back(load_word(offsetof(seccomp_data, args[1])));
  out.push_back(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SOL_SOCKET, 0, 5));
  out.push_back(load_word(offsetof(seccomp_data, args[2])));
  for (const unsigned option : {SO_SNDBUF, SO_RCVBUF, SO_SNDBUFFORCE, SO_RCVBUFFORCE}) ask_if(BPF_JEQ, option);
  out.push_back(answer(SECCOMP_RET_ALLOW));
  out.push_back(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_sendto, 0, 5));
  for (const size_t half : {0, 4}) {  // without an address it only writes to a connection
    out.push_back(load_word(offsetof(seccomp_data, args[4]) + half));
    ask_if(BPF_JGT, 0);
  }
  out.push_back(answer(SECCOMP_RET_ALLOW));
  out.push_back(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_socket, 1, 0));
  out.push_back(answer(SECCOMP_RET_ALLOW));
  out.push_back(load_word(offsetof(seccomp_data, args)));  // the low half: both architectures are little-endian
  out.push_back(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, AF_UNIX, 2, 0));
  out.push_back(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, AF_NETLINK, 1, 0));
  out.push_back(answer(SECCOMP_RET_USER_NOTIF));
  out.push_back(answer(SECCOMP_RET_ALLOW));
  for (const size_t jump : asking) out[jump].jt = static_cast<unsigned char>(out.size() - 2 - jump - 1);
  return out;
}

int install_filter(const std::vector<sock_filter>& filter) {
  const sock_fprog program{static_cast<unsigned short>(filter.size()), const_cast<sock_filter*>(filter.data())};
  // Without the second flag a signal to a process that waits would make it ask twice; kernels that know it can also
  // let a call go on.
  constexpr unsigned kFlags = SECCOMP_FILTER_FLAG_NEW_LISTENER | SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV;
  if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return -1;
  return static_cast<int>(::syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, kFlags, &program));
}

WatchedCall watched_call(const seccomp_data& call) {
  if (call.arch == kArchitecture)
    for (const Entry& entry : kCalls)
      if (entry.number == static_cast<unsigned>(call.nr)) return entry.call;
  return {Kind::foreign, "a system call of another architecture"};
}

}  // namespace pgolf
