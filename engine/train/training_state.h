// Everything that a training goes on from after a step, with the loader's place, which the number of the step tells:
// what steps are hashed from (step_hash.h), and the file of it. Format `pgolf.state/1` (docs/audit.md).
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "engine/optim/average.h"
#include "engine/optim/optimizer.h"

namespace pgolf {

class TrainingState {
 public:
  TrainingState(Params& params, Optimizer& optimizer, Averages& averages)
      : params_(params), optimizer_(optimizer), averages_(averages) {}

  const Params& params() const { return params_; }
  // "first", "second", "weight", and "ema", "swa" where they are kept: in the order in which a step makes them.
  std::vector<FlatState> tensors() const;
  std::map<int64_t, int> owners() const { return optimizer_.owners(); }
  // What is counted, as a line of JSON: {"adam":[40,40,0],"step":40,"swa":3}
  std::string counters(int64_t step) const;

  // In the first process; all of them take part. `state`: the hash of it, in hex.
  void save(Context& ctx, Comm& comm, const std::filesystem::path& path, const std::string& config_sha256, int64_t step,
            const std::string& state);

  struct Loaded {
    int64_t step = 0;
    std::string state;  // what the hash of it must be
  };
  // Errors: submission, in one line, for a file that is damaged, newer or of another configuration; not_found.
  Loaded load(Context& ctx, const std::filesystem::path& path, const std::string& config_sha256);

 private:
  int64_t set_counters(const std::string& text, const std::string& origin);

  Params& params_;
  Optimizer& optimizer_;
  Averages& averages_;
};

}  // namespace pgolf
