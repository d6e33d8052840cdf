// A watch over a phase's system calls: what it tries that it may not.
//
// The sandbox refuses; the watch tells. It answers each call that the filter asks about (system_calls.h): let go on,
// or, where no engine needs it, refused. What comes before the engine's program is started is the sandbox being set up.
// A path is read while its caller waits, so another of its threads could still exchange it: that hides an attempt and
// lets it reach nothing.
#pragma once

#include <linux/seccomp.h>
#include <sys/types.h>

#include <filesystem>
#include <map>
#include <set>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "harness/sandbox/boundary.h"
#include "harness/sandbox/system_calls.h"

namespace pgolf {

struct WatchedPhase {
  std::filesystem::path program;  // the engine, as the sandbox starts it
  SandboxFiles files;
  bool loopback = false;  // its processes connect GPUs through the namespace's own network, which has no other
};

class Watch {
 public:
  // Answers on a thread of its own from now on. Takes the listener.
  Watch(int listener, const WatchedPhase& phase);
  ~Watch();
  Watch(const Watch&) = delete;
  Watch& operator=(const Watch&) = delete;

  // Ends the watch; for when none of the phase's processes is left. Later calls that ask fail.
  void end();
  // After end(). Whether it saw the engine start: if not, it could not read what it was asked about.
  bool watched() const { return begun_; }
  std::vector<Attempt> attempts() const;
  std::vector<std::string> libraries() const;  // shared objects that were there when they were opened

 private:
  void answer_until_ended();
  void answer_one();
  int decide(const seccomp_notif& request);  // the error to refuse with; 0: let it go on
  int look_at_program(const WatchedCall& call, const seccomp_notif& request);
  struct Address {
    uint64_t at = 0, size = 0;  // in the caller's memory
  };
  std::vector<Address> addresses_of(const WatchedCall& call, const seccomp_notif& request) const;
  int look_at_address(const std::string& verb, const seccomp_notif& request, const Address& address);
  int look_at_clone(const WatchedCall& call, const seccomp_notif& request);
  void look_at_paths(const WatchedCall& call, const seccomp_notif& request);
  void note(const Attempt& attempt);

  int listener_, stop_;
  std::string program_;
  Boundary boundary_;
  bool loopback_;
  bool begun_ = false;
  std::set<std::string> libraries_;
  std::map<std::string, std::map<std::string, int64_t>> attempts_;  // by kind and what
  std::thread thread_;
};

}  // namespace pgolf
