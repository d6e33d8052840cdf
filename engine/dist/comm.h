// What the processes of one phase tell each other. A submission's ranks are spread over them: process p of P plays the
// ranks [p W/P, (p+1) W/P) of W, one after the other. One process plays all of them, and is the definition: any other
// number gives the same bits (docs/dist.md).
//
// Every call is made by all processes, in one order. A process whose peers are gone does not come back from it: it ends
// with kPeerLost, and whoever started it knows why (launch.h).
#pragma once

#include <algorithm>
#include <bit>
#include <cstdint>
#include <functional>
#include <string>
#include <type_traits>
#include <vector>

#include "engine/core/context.h"

namespace pgolf {

// Ranks [begin, end) of a submission's world.
struct RankRange {
  int begin = 0, end = 1;
  int size() const { return end - begin; }
  bool contains(int rank) const { return begin <= rank && rank < end; }
};

// A tensor that goes to, or comes from, process `peer`.
struct Parcel {
  int peer = 0;
  Tensor tensor;
};

class Comm {
 public:
  virtual ~Comm() = default;
  virtual int process() const { return 0; }
  virtual int processes() const { return 1; }
  bool is_alone() const { return processes() == 1; }
  bool is_first() const { return process() == 0; }
  RankRange ranks(int64_t world) const { return share(world, process()); }
  // Part of `count` things that is a process's: contiguous, cut at count * p / P.
  RankRange share(int64_t count, int process) const;

  // Fills every parcel of `receives` with the one that its peer sends here; two processes exchange at most one parcel
  // each way. Contiguous tensors on the context's device. Ordered on its stream.
  virtual void exchange(Context& ctx, const std::vector<Parcel>& sends, const std::vector<Parcel>& receives);

  // part(p) is what process p has: afterwards all have the parts of all. Parts may be empty.
  void all_gather(Context& ctx, const std::function<Tensor(int process)>& part);

  // Host bytes: those of the first process, everywhere.
  virtual std::string broadcast(std::string bytes) { return bytes; }
  // Host bytes: those of all processes, in their order, at the first one; elsewhere nothing.
  virtual std::vector<std::string> gather(std::string bytes) { return {std::move(bytes)}; }
  virtual std::string link() const { return ""; }  // how tensors travel: "NCCL 2.28.9"
  // This process has moved on: who watches for hung ones sees it. exchange(), broadcast() and gather() call it.
  virtual void beat() {}

  void barrier();
  // Values of all processes, in their order, at the first one.
  template <class T>
  std::vector<T> gather_values(const std::vector<T>& own) {
    static_assert(std::is_trivially_copyable_v<T>);
    if (is_alone()) return own;
    std::vector<T> all;
    for (const std::string& part : gather({reinterpret_cast<const char*>(own.data()), own.size() * sizeof(T)})) {
      const size_t at = all.size();
      all.resize(at + part.size() / sizeof(T));
      std::copy_n(part.data(), part.size(), reinterpret_cast<char*>(all.data() + at));
    }
    return all;
  }
  template <class T>
  T broadcast_value(T value) {
    static_assert(std::is_trivially_copyable_v<T>);
    if (is_alone()) return value;
    std::string bytes(reinterpret_cast<const char*>(&value), sizeof value);
    bytes = broadcast(std::move(bytes));
    std::copy_n(bytes.data(), sizeof value, reinterpret_cast<char*>(&value));
    return value;
  }
};

// The communication of a phase in one process.
Comm& solo();

inline constexpr int kMostProcesses = 64;
inline constexpr int kPeerLost = 71;  // exit status of a process that ended because another did

// How many processes P can share a world of W ranks, ascending: 1, and each P that divides W into parts of a power of
// two, so that what one process sums is a branch of the tree that all sum (engine/optim/rank_mean.h).
std::vector<int64_t> possible_processes(int64_t world);

// Errors: usage, naming the numbers that work.
void check_processes(int64_t processes, int64_t world);

}  // namespace pgolf
