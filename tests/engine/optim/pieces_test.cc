// Pieces of flat storage that is larger than 32 bits count: no memory behind the offsets is touched.
#include "engine/optim/pieces.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <stdexcept>
#include <vector>

#include "engine/optim/pieces_cpu.h"

namespace pgolf {
namespace {

using Table = std::vector<int32_t>;

TEST(Pieces, OffsetsAreCountedInUnits) {
  Table table;
  add_pieces(table, 128, 5000);
  EXPECT_EQ(table, (Table{2, 4096, 66, 904}));
  add_pieces(table, (int64_t{1} << 33) + 64, 64);
  EXPECT_EQ(table, (Table{2, 4096, 66, 904, (1 << 27) + 1, 64}));
  EXPECT_THROW(add_pieces(table, 100, 8), std::logic_error);
  EXPECT_THROW(add_pieces(table, int64_t{1} << 37, 8), std::logic_error);
}

// The adapters of one group of documents are 632 million elements as run; of four times the rank they pass 2^31.
TEST(Pieces, EveryElementBeyond31BitsIsVisitedOnce) {
  const int64_t begin = (int64_t{1} << 31) - 4096, numel = 10'001;
  Table table;
  add_pieces(table, begin, numel);
  const Tensor pieces{table.data(), {static_cast<int64_t>(table.size()) / 2, 2}, DType::i32};
  std::vector<int> visits(static_cast<size_t>(numel));
  for_pieces(pieces, [&](int64_t i) {  // few enough pieces for one thread
    ASSERT_TRUE(i >= begin && i < begin + numel) << i;
    ++visits[static_cast<size_t>(i - begin)];
  });
  EXPECT_EQ(std::ranges::count(visits, 1), numel);
}

}  // namespace
}  // namespace pgolf
