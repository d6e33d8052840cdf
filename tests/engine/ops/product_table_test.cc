#include "engine/ops/product_table.h"

#include <gtest/gtest.h>

namespace pgolf {
namespace {

constexpr ProductShape kHead{98304, 8192, 512, false, true, false, DType::bf16, DType::bf16};

TEST(ProductTable, HoldsForOneGpuModelAndLibrary) {
  EXPECT_EQ(product_choice("NVIDIA H200", 130100, kHead), 6);
  EXPECT_EQ(product_choice("NVIDIA H100", 130100, kHead), 0);
  EXPECT_EQ(product_choice("NVIDIA H200", 130200, kHead), 0);
  ProductShape other = kHead;
  other.m += 1;
  EXPECT_EQ(product_choice("NVIDIA H200", 130100, other), 0);
}

TEST(ProductTable, PrintsARowAsItStandsThere) {
  EXPECT_EQ(product_row(kHead, 6), "  {{98304, 8192, 512, N, T, store, bf16, bf16}, 6},");
  EXPECT_EQ(product_row({64, 32, 16, true, false, true, DType::bf16, DType::f32}, 1),
            "  {{64, 32, 16, T, N, add, bf16, f32}, 1},");
}

}  // namespace
}  // namespace pgolf
