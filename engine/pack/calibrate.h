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

// The batches that a configuration calibrates on, of rank 0:
//   gptq_ascending (PR 849): consecutive rows from the start of the data, as of one rank alone
//   gptq (PR 2143, 2097): its shuffled rows
// Errors: those of the loader.
LoaderOptions calibration_options(const Config& config);
std::unique_ptr<BatchLoader> calibration_loader(const Config& config, std::vector<Shard> train_shards);

// By weight name; the queries', keys' and values' weights of a layer read the same input and share one entry.
class Calibration {
 public:
  // Runs quant.calibration_batches batches through the model, depth recurrence on, rows attending as a whole. Sums are
  // divided by the number of tokens (gptq_ascending) or of batches (gptq).
  // Errors: submission if a moment is not finite. `ctx` is not needed afterwards.
  Calibration(Context& ctx, const Gpt& model, const Config& config, BatchLoader& batches);

  const Moments& of(const std::string& weight) const;

 private:
  void observe(Context& ctx, const std::string& weight, const Tensor& input);
  void finish(Context& ctx, double divisor);

  struct Sum {
    Tensor hessian;  // on the device
    int64_t rows = 0;
  };
  Arena arena_;  // of the sums
  Arena host_{kCpu, Purpose::host};
  std::map<std::string, Sum> sums_;
  std::map<std::string, Moments> moments_;
};

}  // namespace pgolf
