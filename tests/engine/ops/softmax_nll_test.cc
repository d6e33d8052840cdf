#include "engine/ops/softmax_nll.h"

#include <algorithm>
#include <cmath>

#include "engine/ops/cast.h"
#include "tests/support/op_check.h"

namespace pgolf {
namespace {

// Softmax of a row of z / τ.
std::vector<double> softmax(const RefTensor& z, int64_t row, double tau) {
  std::vector<double> p;
  double sum = 0;
  for (int64_t j = 0; j < z.shape[1]; ++j) {
    p.push_back(std::exp(z(row, j) / tau));
    sum += p.back();
  }
  for (double& x : p) x /= sum;
  return p;
}

double temperature_of(const RefTensor& z, int64_t row, double temperature) {
  if (temperature == 1) return 1;
  double entropy = 0;
  for (const double p : softmax(z, row, 1)) entropy -= p * std::log(p + 1e-10);
  const double certainty = 1 - entropy / std::log(static_cast<double>(z.shape[1]));
  return std::clamp(1 - (1 - temperature) * certainty, 0.9, 1.05);
}

OpCase tempered_case(std::string name, int64_t N, int64_t V, float temperature, double spread) {
  return {.name = std::move(name),
          .inputs = {constant("z", {N, V}, 0, spread), integers("targets", {N}, V)},
          .run =
              [=](Context& ctx, Inputs in) {
                const SoftmaxNll out =
                    softmax_nll(ctx, cast(ctx, in[0], ctx.compute()).value, in[1].value, temperature);
                return std::vector<Var>{out.nll, out.entropy};
              },
          .reference =
              [=](RefInputs in) {
                RefTensor nll({N}), entropy({N});
                for (int64_t i = 0; i < N; ++i) {
                  const auto q = softmax(in[0], i, temperature_of(in[0], i, temperature));
                  nll(i) = -std::log(q[static_cast<size_t>(in[1](i))]);
                  for (const double x : q) entropy(i) -= x * std::log(x);
                }
                return std::vector{nll, entropy};
              }};
}

INSTANTIATE_TEST_SUITE_P(SoftmaxNll, OpTest,
                         testing::Values(tempered_case("plain", 5, 33, 1.0F, 3),
                                         tempered_case("tempered", 7, 64, 0.98F, 2),
                                         tempered_case("clipped_below", 3, 128, 0.5F, 6),
                                         tempered_case("clipped_above", 3, 128, 1.4F, 6),
                                         tempered_case("many_rows", 130, 1024, 0.98F, 4)),
                         op_case_name);

}  // namespace
}  // namespace pgolf
