#include "tests/support/op_check.h"

#include "base/error.h"

namespace pgolf {
namespace {

using Role = OpInput::Role;

OpInput normal(std::string name, Role role, Shape shape, double mean, double spread) {
  return {.name = std::move(name), .role = role, .shape = shape, .mean = mean, .spread = spread};
}

}  // namespace

OpInput activation(std::string name, Shape shape, double spread) {
  return normal(std::move(name), Role::activation, shape, 0, spread);
}
OpInput stream(std::string name, Shape shape) { return normal(std::move(name), Role::stream, shape, 0, 1); }
OpInput weight(std::string name, Shape shape, double spread) {
  return normal(std::move(name), Role::weight, shape, 0, spread);
}
OpInput parameter(std::string name, Shape shape, double mean, double spread) {
  return normal(std::move(name), Role::parameter, shape, mean, spread);
}
OpInput constant(std::string name, Shape shape, double mean, double spread) {
  return normal(std::move(name), Role::constant, shape, mean, spread);
}
OpInput integers(std::string name, Shape shape, int64_t below) {
  return {.name = std::move(name), .role = Role::integers, .shape = shape, .below = below};
}
OpInput integers(std::string name, std::vector<int32_t> values) {
  const Shape shape{static_cast<int64_t>(values.size())};
  return {.name = std::move(name), .role = Role::integers, .shape = shape, .values = std::move(values)};
}

size_t RefTensor::offset(std::initializer_list<int64_t> index) const {
  check(static_cast<int>(index.size()) == shape.rank(), "{} indices into {}", index.size(), shape);
  int64_t at = 0;
  int dim = 0;
  for (const int64_t i : index) {
    check(i >= 0 && i < shape[dim], "index {} of dimension {} of {}", i, dim, shape);
    at = at * shape[dim++] + i;
  }
  return static_cast<size_t>(at);
}

}  // namespace pgolf
