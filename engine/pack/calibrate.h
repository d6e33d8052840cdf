// Second moments of what each linear weight multiplies, measured on training text: the Hessians of GPTQ.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "engine/data/loader.h"
#include "engine/model/gpt.h"

namespace pgolf {

struct Moments {
  Tensor hessian;                     // [K, K] f32 on the CPU: sum over inputs of x xᵀ, divided as the script does
  std::vector<float> activation_rms;  // [K]: root mean square of each input
};

// By weight name; the queries', keys' and values' weights of a layer read the same input and share one entry.
class Calibration {
 public:
  // Runs quant.calibration_batches batches through the model, depth recurrence on, rows attending as a whole.
  //   gptq_ascending (PR 849): consecutive rows from the start of the data; divided by the number of tokens
  //   gptq (PR 2143, 2097): rank 0's shuffled rows; divided by the number of batches
  // Errors: those of the loader; submission if a moment is not finite.
  // `ctx` is not needed afterwards.
  Calibration(Context& ctx, const Gpt& model, const Config& config, std::vector<Shard> train_shards);

  const Moments& of(const std::string& weight) const;

 private:
  void observe(Context& ctx, const std::string& weight, const Tensor& input);
  void finish(Context& ctx, double divisor);

  struct Sum {
    Tensor hessian;  // on the device
    int64_t rows = 0;
  };
  Arena arena_;  // of the sums
  Arena host_{kCpu};
  std::map<std::string, Sum> sums_;
  std::map<std::string, Moments> moments_;
};

}  // namespace pgolf
