#include "engine/core/backend.h"
#include "engine/ops/cpu_rows.h"
#include "engine/ops/xsa.h"

namespace pgolf {
namespace {

// 1 / max(|v|, kXsaMinNorm)
float inverse_norm(const float* v, int64_t d) { return 1.0F / std::max(std::sqrt(dot(v, v, d)), kXsaMinNorm); }

}  // namespace

template <>
void XsaKernel<Cpu>::forward(Context&, const Tensor& y, const Tensor& v, const Tensor& z) {
  const int64_t H = y.shape[2], G = v.shape[2], d = y.shape[3];
  for_rows(y.rows() / H, [&, y = y.as<float>(), v = Rows(v), z = z.as<float>()](int64_t row) {
    for (int64_t h = 0; h < H; ++h) {
      const float *yh = y + (row * H + h) * d, *vg = v[row * G + h / (H / G)];
      const float inverse = inverse_norm(vg, d), along = dot(yh, vg, d) * inverse * inverse;
      for (int64_t j = 0; j < d; ++j) z[(row * H + h) * d + j] = yh[j] - along * vg[j];
    }
  });
}

namespace {

// dy of one head.
void head_gradient(const float* dz, const float* v, float inverse, int64_t d, float* dy, bool add) {
  const float along = dot(dz, v, d) * inverse * inverse;
  for (int64_t j = 0; j < d; ++j) contribute(dy[j], dz[j] - along * v[j], add);
}

// dv of one group of `heads`; `e` is room for d numbers.
void value_gradient(const float* dz, const float* y, const float* v, float inverse, int64_t heads, int64_t d, float* e,
                    float* dv, bool add) {
  std::fill_n(e, d, 0.0F);
  for (int64_t h = 0; h < heads; ++h) {
    const float *dzh = dz + h * d, *yh = y + h * d;
    const float y_along = dot(yh, v, d) * inverse, dz_along = dot(dzh, v, d) * inverse;
    for (int64_t j = 0; j < d; ++j) e[j] -= y_along * dzh[j] + dz_along * yh[j];
  }
  const bool unit = inverse < 1.0F / kXsaMinNorm;  // else v was divided by a constant
  const float along = unit ? dot(e, v, d) * inverse * inverse : 0.0F;
  for (int64_t j = 0; j < d; ++j) contribute(dv[j], (e[j] - along * v[j]) * inverse, add);
}

}  // namespace

template <>
void XsaKernel<Cpu>::backward(Context&, const Tensor& dz, const Tensor& y, const Tensor& v, GradTarget dy,
                              GradTarget dv) {
  const int64_t H = y.shape[2], G = v.shape[2], d = y.shape[3], R = H / G;
  const float *up = dz.as<float>(), *py = y.as<float>();
  const Rows values(v), gradients(dv.tensor);
  parallel_for(v.rows(), kRowGrain, [&](int64_t begin, int64_t end) {
    std::vector<float> e(static_cast<size_t>(d));
    for (int64_t row = begin; row < end; ++row) {  // of v: a position's group; its heads are rows row · R .. of y
      const float* vg = values[row];
      const float inverse = inverse_norm(vg, d);
      for (int64_t h = row * R; dy.wanted() && h < (row + 1) * R; ++h)
        head_gradient(up + h * d, vg, inverse, d, dy.tensor.as<float>() + h * d, dy.add);
      if (dv.wanted())
        value_gradient(up + row * R * d, py + row * R * d, vg, inverse, R, d, e.data(), gradients[row], dv.add);
    }
  });
}

}  // namespace pgolf
