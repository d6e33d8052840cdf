// The processes of a phase on one machine: forked from one, they share pipes for host bytes, a page on which each shows
// that it lives, and memory (CPU) or NCCL (GPUs) for tensors.
#pragma once

#include <atomic>
#include <chrono>
#include <memory>

#include "engine/dist/comm.h"

namespace pgolf {

// What one process shows the one that started it.
struct Pulse {
  std::atomic<int64_t> beats{0};
  std::atomic<bool> waiting{false};  // for other processes
};

class Team {
 public:
  // Makes what the processes share. To be done before they are forked. Errors: machine.
  explicit Team(int processes);
  ~Team();
  Team(const Team&) = delete;
  Team& operator=(const Team&) = delete;

  int processes() const { return processes_; }
  const Pulse& pulse(int process) const { return pulses_[process]; }

  // In process number `process`, after the fork: how it talks to the others. For `device` a GPU the tensors go by NCCL.
  std::unique_ptr<Comm> join(int process, Device device);
  // In the one that forked them all: its ends of the pipes are closed, so that theirs tell when a process is gone.
  void leave();

 private:
  friend class TeamComm;
  struct Pipe {
    int read = -1, write = -1;
  };
  int processes_;
  Pulse* pulses_ = nullptr;                  // [processes] shared
  std::vector<Pipe> to_first_, from_first_;  // by process
  int memory_ = -1;                          // a file in memory for tensors on the CPU
};

// How tensors travel, made by a process that has joined.
class Exchange {
 public:
  virtual ~Exchange() = default;
  virtual std::string link() const = 0;
  virtual void run(Context& ctx, const std::vector<Parcel>& sends, const std::vector<Parcel>& receives) = 0;
};
std::unique_ptr<Exchange> make_memory_exchange(Comm& comm, int memory);

// Over NCCL (exchange_cuda.cc), in a build with CUDA.
struct NcclTeam {
  static std::unique_ptr<Exchange> make_exchange(Comm& comm, Device device);  // Errors: machine
};

}  // namespace pgolf
