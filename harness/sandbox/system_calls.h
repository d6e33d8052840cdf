// The system calls of a phase that are watched, and the filter by which the kernel asks before it carries them out.
//
// seccomp(2) with user notification: the caller waits while whoever holds the listener answers. Every other call passes
// the filter at the cost of a few comparisons.
#pragma once

#include <linux/filter.h>
#include <linux/seccomp.h>

#include <string>
#include <vector>

namespace pgolf {

struct WatchedCall {
  enum class Kind {
    path,      // opens a file or changes a directory's entry; each of `paths`
    program,   // starts a program
    socket,    // of another family than AF_UNIX and AF_NETLINK
    connect,   // to an address, which may be none: the length is the argument behind
    message,   // the same; the path is that of a msghdr
    messages,  // the same; of as many mmsghdr as the argument behind says
    clone,     // makes a process; `flags` as those of an open. With namespaces of its own, nothing that an engine needs
    kernel,    // nothing that an engine needs
    set_time,  // the same
    adjust_time,  // the same if it changes something; its path is the address of a timex
    foreign,      // by the numbers of another architecture
  };
  struct Path {
    int directory;  // argument with the descriptor that a relative path begins at; -1: the current directory
    int name;       // argument with the path's address
  };
  enum class Open { no, flags, how, writing };  // what says whether an open writes; `no`: no open

  Kind kind;
  std::string name;
  std::vector<Path> paths = {};
  Open open = Open::no;
  int flags = -1;   // argument with the flags, or with the address of an open_how
  int target = -1;  // argument with the address of what a symbolic link will lead to
};

// What a call is that the filter asked about.
WatchedCall watched_call(const seccomp_data& call);

std::vector<sock_filter> watch_filter();

// For a child between fork and exec: from here on, watched calls of this process and of all that it starts wait for an
// answer. Returns the listener; -1 where the kernel has none (before 5.19) or forbids it.
int install_filter(const std::vector<sock_filter>& filter);

}  // namespace pgolf
