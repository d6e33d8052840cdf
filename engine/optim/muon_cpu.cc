#include <algorithm>
#include <cmath>

#include "engine/codec/float16.h"
#include "engine/core/backend.h"
#include "engine/core/parallel.h"
#include "engine/optim/muon.h"

namespace pgolf {
namespace {

constexpr int64_t kRowGrain = 64;

// body(row of the batch, its offset in the flat tensors), in parallel.
template <class Body>
void for_batch_rows(const MuonBatch& batch, Body body) {
  const int32_t* offsets = batch.offsets.as<int32_t>();
  parallel_for(batch.count * batch.rows, kRowGrain, [&](int64_t begin, int64_t end) {
    for (int64_t row = begin; row < end; ++row) body(row, offsets[row / batch.rows] + row % batch.rows * batch.cols);
  });
}

}  // namespace

template <>
void MuonKernel<Cpu>::nesterov(Context&, const MuonBatch& batch, const Tensor& grads, const Tensor& momentum, float mu,
                               bool row_normalize, bool bf16, const Tensor& x) {
  const float* g = grads.as<float>();
  float *buf = momentum.as<float>(), *out = x.as<float>();
  const auto stored = [bf16](float v) { return bf16 ? round_to_bf16(v) : v; };
  for_batch_rows(batch, [&](int64_t row, int64_t offset) {
    float* u = out + row * batch.cols;
    double squares = 0;
    for (int64_t j = 0; j < batch.cols; ++j) {
      const float gradient = stored(g[offset + j]);
      float& b = buf[offset + j];
      b = stored(mu * b + gradient);
      u[j] = stored(gradient + mu * b);
      squares += static_cast<double>(u[j]) * u[j];
    }
    if (!row_normalize) return;
    const auto norm = static_cast<float>(std::max(std::sqrt(squares), 1e-7));
    for (int64_t j = 0; j < batch.cols; ++j) u[j] = stored(u[j] / norm);
  });
}

template <>
void MuonKernel<Cpu>::center(Context&, const Tensor& x) {
  const int64_t n = x.cols();
  parallel_for(x.rows(), 1, [&](int64_t begin, int64_t end) {
    for (int64_t row = begin; row < end; ++row) {
      float* v = x.as<float>() + row * n;
      double sum = 0;
      for (int64_t i = 0; i < n; ++i) sum += v[i];
      const auto mean = static_cast<float>(sum / static_cast<double>(n));
      for (int64_t i = 0; i < n; ++i) v[i] -= mean;
    }
  });
}

template <>
void MuonKernel<Cpu>::apply(Context&, const MuonBatch& batch, const Tensor& o, float step, float keep, bool after,
                            const Tensor& params) {
  const float* update = o.as<float>();
  float* p = params.as<float>();
  for_batch_rows(batch, [&](int64_t row, int64_t offset) {
    for (int64_t j = 0; j < batch.cols; ++j) {
      float& w = p[offset + j];
      const float change = step * update[row * batch.cols + j];
      w = after ? keep * (w - change) : keep * w - change;
    }
  });
}

}  // namespace pgolf
