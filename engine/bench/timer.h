// Times of work on a context's device: from events in its queue, on the CPU from the host's clock.
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "engine/core/context.h"

namespace pgolf {

class Timer {
 public:
  virtual ~Timer() = default;
  // A point in the queue: after all work so far. Does not wait.
  virtual void mark() = 0;
  // Milliseconds between consecutive marks since the last call. Waits for them.
  virtual std::vector<double> intervals() = 0;
};

std::unique_ptr<Timer> make_timer(Context& ctx);

// Of an odd or even number of values, not none.
double median(std::vector<double> values);

// How often something is run before it is timed, and how often it is timed.
struct Repeats {
  int warm_up = 3, timed = 11;
};

// Medians over repetitions of the parts of `run`, which marks the timer once between two parts: with `parts` = 2 it is
// called as run(mark) { first(); mark(); second(); }. The queue is never drained between repetitions.
std::vector<double> median_parts(Context& ctx, const Repeats& repeats, size_t parts,
                                 const std::function<void(const std::function<void()>& mark)>& run);

// One part.
double median_time(Context& ctx, const Repeats& repeats, const std::function<void()>& run);

template <class Backend>
struct TimerBackend {
  static std::unique_ptr<Timer> make(Context& ctx);
};

}  // namespace pgolf
