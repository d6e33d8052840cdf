// Progress of long work: a live line with rate and ETA on a terminal, a plain line every few seconds elsewhere.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

namespace pgolf {

enum class ProgressMode { automatic, plain, off };
// Set once by the command line; `automatic` is a live line if standard error is a terminal, plain lines otherwise.
void set_progress_mode(ProgressMode mode);

// What is left of work that has done `done` of `total` in `elapsed` seconds and ends by itself after `most_seconds` (0:
// never), whatever it has done by then. Needs done > 0.
double seconds_left(double elapsed, int64_t done, int64_t total, double most_seconds);

// Progress p("train", 400, "steps"); p.update(done, "loss 3.21"); p.finish();  Writes to standard error only.
class Progress {
 public:
  Progress(std::string label, int64_t total, std::string unit, double most_seconds = 0);
  ~Progress();
  void update(int64_t done, std::string_view note = {});
  void finish(std::string_view note = {});

 private:
  using Clock = std::chrono::steady_clock;
  std::string line(int64_t done, std::string_view note) const;
  void show(const std::string& text, bool last);

  std::string label_, unit_;
  int64_t total_, done_ = 0;
  double most_seconds_;
  Clock::time_point start_, shown_;
  bool live_, finished_ = false;
};

}  // namespace pgolf
