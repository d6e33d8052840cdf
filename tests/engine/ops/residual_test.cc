#include "engine/ops/residual.h"

#include <cmath>

#include "tests/support/on_columns.h"

namespace pgolf {
namespace {

// scale · rms_norm of every row.
RefTensor normed(RefTensor x, double scale) {
  const auto D = static_cast<size_t>(x.shape[-1]);
  for (size_t row = 0; row < x.data.size(); row += D) {
    double squares = 0;
    for (size_t j = row; j < row + D; ++j) squares += x.data[j] * x.data[j];
    for (size_t j = row; j < row + D; ++j) x.data[j] *= scale / std::sqrt(squares / static_cast<double>(D) + 0x1p-23);
  }
  return x;
}

// x ⊙ a + y ⊙ b with factors per column.
RefTensor combined(const RefTensor& x, const double* a, const RefTensor& y, const double* b) {
  RefTensor out(x.shape);
  const auto D = static_cast<size_t>(x.shape[-1]);
  for (size_t i = 0; i < out.data.size(); ++i) out.data[i] = a[i % D] * x.data[i] + b[i % D] * y.data[i];
  return out;
}

OpCase add_scaled_case(std::string name, Shape shape, Shape gain) {
  return {.name = std::move(name),
          .inputs = {stream("x", shape), parameter("gain", gain), activation("f", shape)},
          .run = [](Context& ctx, Inputs in) { return std::vector{add_scaled(ctx, in[0], in[1], in[2])}; },
          .reference =
              [](RefInputs in) {
                RefTensor y = in[0];
                const auto G = in[1].data.size();
                for (size_t i = 0; i < y.data.size(); ++i) y.data[i] += in[1].data[i % G] * in[2].data[i];
                return std::vector{y};
              }};
}

OpCase mix_norm_case(std::string name, Shape shape, float scale, bool stream_used, bool norm_used) {
  return {.name = std::move(name),
          .inputs = {stream("x", shape), stream("x0", shape), parameter("mix", {2, shape[-1]})},
          .run =
              [=](Context& ctx, Inputs in) {
                const Normed y = mix_norm(ctx, in[0], in[1], in[2], scale);
                if (!norm_used) return std::vector{y.stream};
                return stream_used ? std::vector{y.stream, y.norm} : std::vector{y.norm};
              },
          .reference =
              [=](RefInputs in) {
                const double* mix = in[2].data.data();
                const RefTensor y = combined(in[0], mix, in[1], mix + shape[-1]);
                if (!norm_used) return std::vector{y};
                return stream_used ? std::vector{y, normed(y, scale)} : std::vector{normed(y, scale)};
              }};
}

INSTANTIATE_TEST_SUITE_P(Residual, OpTest,
                         testing::Values(add_scaled_case("gain_per_column", {2, 70, 9}, {9}),
                                         add_scaled_case("one_gain", {2, 3, 9}, {}),
                                         on_columns(add_scaled_case("one_gain", {2, 30, 16}, {}), 0),
                                         on_columns(add_scaled_case("odd", {2, 3, 9}, {9}), 0),
                                         mix_norm_case("mix_norm", {2, 70, 16}, 0.7F, true, true),
                                         mix_norm_case("stream_used", {2, 3, 8}, 0.5F, true, false),
                                         mix_norm_case("norm_used", {2, 3, 8}, 0.5F, false, true)),
                         op_case_name);

}  // namespace
}  // namespace pgolf
