// How fast a submission's model runs on a device, as a whole and op by op, beside what the device itself reaches.
#pragma once

#include <algorithm>
#include <string>
#include <vector>

#include "base/json.h"
#include "engine/config/config.h"
#include "engine/core/context.h"

namespace pgolf {

struct BenchOptions {
  Config config;
  std::string submission;
  Device device;
  DType compute = DType::f32;
  Determinism determinism = Determinism::repeatable;
  int64_t batch_seqs = 0;  // rows of train.seq_len tokens; 0: the submission's micro-batch
  bool ops = true;         // the table of ops
};

// What the device reaches in this run: a large matrix product in the compute type, and a copy (bytes read plus
// written).
struct DeviceRates {
  double matmul_tflops = 0, copy_gbs = 0;
};

// A phase of the whole model. `tokens` 0: it does not count in tokens.
struct PhaseTime {
  std::string name;
  double ms = 0;
  int64_t tokens = 0;
  double tokens_per_s() const { return ms > 0 ? static_cast<double>(tokens) / ms * 1e3 : 0; }
};

// One op at the model's shapes. An op is bound by arithmetic or by memory: the fraction is of the device's rate for
// that which takes it longer.
struct OpTime {
  std::string name, shape;
  int64_t calls = 0;  // in one forward and backward pass
  struct Part {
    double ms = 0, flops = 0, bytes = 0;
    double tflops() const { return flops / ms * 1e-9; }
    double gbs() const { return bytes / ms * 1e-6; }
    bool arithmetic(const DeviceRates& rates) const {
      return flops / (rates.matmul_tflops * 1e12) > bytes / (rates.copy_gbs * 1e9);
    }
    double fraction(const DeviceRates& rates) const {
      return arithmetic(rates) ? tflops() / rates.matmul_tflops : gbs() / rates.copy_gbs;
    }
  };
  Part forward, backward;  // backward.ms 0: there is none

  // A whole pass as fast as the device allows: products and attention at the rate of their shape, which was measured,
  // everything else at that of a copy, or as it was where caches made it faster.
  double roofline_ms(const DeviceRates& rates) const {
    const auto least = [&](const Part& part) {
      return part.flops > 0 ? part.ms : std::min(part.ms, part.bytes / rates.copy_gbs * 1e-6);
    };
    return static_cast<double>(calls) * (least(forward) + least(backward));
  }
};

struct BenchReport {
  std::string submission, device, device_name, compute;
  bool fast = false;
  int64_t rows = 0, seq_len = 0;
  DeviceRates rates;
  std::vector<PhaseTime> phases;
  std::vector<OpTime> ops;
  double roofline_ms() const;        // of a forward and backward pass, over the ops
  size_t memory_bytes = 0;           // activations of a step and their gradients
  size_t training_peak_bytes = 0;    // of everything, in the batch that was timed
  size_t evaluation_need_bytes = 0;  // engine/memory: at its longest group or chunk
};

// Errors: machine, if the batch does not fit.
BenchReport run_bench(const BenchOptions& options);

// Rows of engine/ops/product_table.cc for the products of a micro-batch and of a scoring batch, measured on the device.
std::string measured_products(const BenchOptions& options);

Json to_json(const BenchReport& report);  // format `pgolf.bench/1`
std::string to_text(const BenchReport& report);

// op_table.cc: every op of the model at the shapes of `rows` x `seq_len` tokens, its residual stream in `stream`.
std::vector<OpTime> time_ops(Context& ctx, const ModelConfig& model, DType stream, int64_t rows, int64_t seq_len);

}  // namespace pgolf
