// A program of somebody else's that may hang, run for a bounded time.
#pragma once

#include <string>
#include <vector>

namespace pgolf {

struct Answer {
  int exit_code = 0;  // 127: it could not be started
  bool timed_out = false;
  std::string out, err;
  bool ok() const { return !timed_out && exit_code == 0; }
};

// Its output is kept up to 16 MiB. After `seconds` it and what it started are killed.
Answer run_bounded(const std::vector<std::string>& argv, double seconds);

}  // namespace pgolf
