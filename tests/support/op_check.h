// One declaration of an op's case feeds every check of ops: values and gradients against a formula in float64, bits
// against the number of threads, repetition and memory reuse, gradients against accumulation and repeated inputs, and a
// CUDA backend against the CPU.
//
//   INSTANTIATE_TEST_SUITE_P(RmsNorm, OpTest, testing::ValuesIn(cases()), op_case_name);
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <span>
#include <string>
#include <vector>

#include "engine/core/context.h"

namespace pgolf {

// How an input is made and what it is to the op.
struct OpInput {
  enum class Role {
    activation,  // compute type, gradient in its type
    stream,      // float32 or the compute type (both are tried), gradient in its type
    weight,      // compute type, gradient in float32
    parameter,   // float32, gradient in float32
    constant,    // float32, no gradient
    integers,    // i32
  };
  std::string name;
  Role role;
  Shape shape;
  double mean = 0, spread = 1;       // of normal values
  int64_t below = 0;                 // integers: uniform in [0, below)
  std::vector<int32_t> values = {};  // integers: these

  bool differentiable() const { return role != Role::constant && role != Role::integers; }
};

OpInput activation(std::string name, Shape shape, double spread = 1);
OpInput stream(std::string name, Shape shape);
OpInput weight(std::string name, Shape shape, double spread = 1);
OpInput parameter(std::string name, Shape shape, double mean = 0, double spread = 1);
OpInput constant(std::string name, Shape shape, double mean = 0, double spread = 1);
OpInput integers(std::string name, Shape shape, int64_t below);
OpInput integers(std::string name, std::vector<int32_t> values);

// A tensor of the float64 formula.
struct RefTensor {
  Shape shape;
  std::vector<double> data;

  explicit RefTensor(Shape s) : shape(s), data(static_cast<size_t>(s.numel())) {}
  template <class... Index>
  double& operator()(Index... index) {
    return data[offset({static_cast<int64_t>(index)...})];
  }
  template <class... Index>
  double operator()(Index... index) const {
    return data[offset({static_cast<int64_t>(index)...})];
  }

 private:
  size_t offset(std::initializer_list<int64_t> index) const;
};

using Inputs = std::span<const Var>;
using RefInputs = std::span<const RefTensor>;
using Reference = std::function<std::vector<RefTensor>(RefInputs)>;

struct OpCase {
  std::string name;  // letters and digits
  std::vector<OpInput> inputs;
  std::function<std::vector<Var>(Context&, Inputs)> run;  // the outputs to be compared
  Reference reference;
  // What the gradient is the derivative of, where that is not `reference` (straight-through estimators).
  Reference surrogate = nullptr;
  double tolerance = 1e-5;       // by relative_error of each output and gradient, float32
  double bf16_tolerance = 2e-2;  // the same where the compute type is bf16
  uint64_t seed = 1;
};

// The values that the checks of a case start from.
std::vector<RefTensor> reference_inputs(const OpCase& op);

void PrintTo(const OpCase& op, std::ostream* out);
std::string op_case_name(const testing::TestParamInfo<OpCase>& info);

class OpTest : public testing::TestWithParam<OpCase> {
 protected:
  void SetUp() override;
  void TearDown() override;  // the number of threads as it was

 private:
  int threads_ = 0;
};

}  // namespace pgolf
