#include "engine/ops/embedding.h"

#include "tests/support/op_check.h"

namespace pgolf {
namespace {

OpCase embedding_case(std::string name, Shape ids, int64_t V, int64_t D) {
  return {.name = std::move(name),
          .inputs = {parameter("table", {V, D}), integers("ids", ids, V)},
          .run = [](Context& ctx, Inputs in) { return std::vector{embedding(ctx, in[1].value, in[0], DType::f32)}; },
          .reference =
              [=](RefInputs in) {
                std::vector<int64_t> dims;
                for (int i = 0; i < ids.rank(); ++i) dims.push_back(ids[i]);
                dims.push_back(D);
                RefTensor y{Shape(dims)};
                for (size_t i = 0; i < in[1].data.size(); ++i)
                  for (int64_t j = 0; j < D; ++j)
                    y.data[i * static_cast<size_t>(D) + static_cast<size_t>(j)] =
                        in[0](static_cast<int64_t>(in[1].data[i]), j);
                return std::vector{y};
              }};
}

INSTANTIATE_TEST_SUITE_P(Embedding, OpTest,
                         testing::Values(embedding_case("row", {5}, 3, 7), embedding_case("batch", {2, 90}, 40, 70),
                                         embedding_case("one_token", {3, 40}, 1, 8)),
                         op_case_name);

}  // namespace
}  // namespace pgolf
