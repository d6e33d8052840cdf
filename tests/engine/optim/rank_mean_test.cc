// The mean over ranks: the tree that the header gives, the same bits for every number of processes.
#include "engine/optim/rank_mean.h"

#include <gtest/gtest.h>
#include <sys/mman.h>

#include <cstring>

#include "engine/dist/launch.h"
#include "tests/engine/optim/optim_util.h"

namespace pgolf {
namespace {

const std::vector<ParamSpec> kSpecs = {{"a", {37, 5}}, {"b", {3}}, {"c", {200}}};

// Of element i in rank r: of very different sizes, so that another order gives other bits.
float gradient(int rank, int64_t i) {
  const auto x = static_cast<uint32_t>(i * 2654435761U + static_cast<uint32_t>(rank) * 40503U);
  return static_cast<float>(x % 1000 + 1) * std::ldexp(1.0F, static_cast<int>(x / 1000 % 20) - 10) * (x % 2 ? 1 : -1);
}

float tree(int begin, int end, int64_t i) {  // of 2^k ranks
  if (end - begin == 1) return gradient(begin, i);
  const int middle = (begin + end) / 2;
  return tree(begin, middle, i) + tree(middle, end, i);
}

// What `processes` processes come to. Tensor "b" has a gradient on the last rank alone, "c" on none.
std::vector<float> mean_over(int world, int processes) {
  Context local(kCpu);
  const int64_t n = Params(local, kSpecs).num_flat();
  auto* shared = static_cast<float*>(::mmap(nullptr, static_cast<size_t>(processes * (n + 3)) * sizeof(float),
                                            PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0));
  const auto body = [&](Comm& comm) {
    Context ctx(kCpu);
    Params params(ctx, kSpecs);
    RankMean mean(ctx, params, comm, world);
    params.zero_grads(ctx);
    for (int step = 0; step < 2; ++step) {  // nothing of a step is left for the next
      params.zero_grads(ctx);
      for (int rank = comm.ranks(world).begin; rank < comm.ranks(world).end; ++rank) {
        for (const Param& param : params.list()) {
          if (param.name == "c" || (param.name == "b" && rank + 1 < world)) continue;
          for (int64_t i = 0; i < param.grad.numel(); ++i) param.grad.as<float>()[i] = gradient(rank, param.offset + i);
          param.slots[0].written = true;
        }
        mean.add(ctx);
      }
      mean.finish(ctx, world);
    }
    float* out = shared + comm.process() * (n + 3);
    std::memcpy(out, params.flat_grads().as<float>(), static_cast<size_t>(n) * sizeof(float));
    for (size_t p = 0; p < 3; ++p) out[n + static_cast<int64_t>(p)] = params.list()[p].has_grad() ? 1 : 0;
  };
  EXPECT_EQ(launch(
                processes, [](int) { return kCpu; }, body),
            0);
  std::vector<float> out(shared, shared + n + 3);
  for (int p = 1; p < processes; ++p)
    EXPECT_EQ(std::memcmp(shared, shared + p * (n + 3), static_cast<size_t>(n + 3) * sizeof(float)), 0) << p;
  ::munmap(shared, static_cast<size_t>(processes * (n + 3)) * sizeof(float));
  return out;
}

TEST(RankMeanTest, IsTheTreeOfItsHeader) {
  Context ctx(kCpu);
  const Params params(ctx, kSpecs);
  const std::vector<float> mean = mean_over(8, 1);
  const Param& a = params.list()[0];
  for (int64_t i = 0; i < a.grad.numel(); ++i)
    ASSERT_EQ(mean[static_cast<size_t>(a.offset + i)], tree(0, 8, a.offset + i) / 8) << i;
  EXPECT_EQ(mean[static_cast<size_t>(params.list()[1].offset)], gradient(7, params.list()[1].offset) / 8);
  EXPECT_EQ(std::vector<float>(mean.end() - 3, mean.end()), (std::vector<float>{1, 1, 0}));
}

// Two ranks by hand: 1 + 2^-9 rounds to 1 and 1 + 3 * 2^-9 to 1 + 2^-7 (8 bits of a bfloat16, ties to even), so the
// mean is that of the rounded ones, 1 + 2^-8, which rounds to 1 again. "b" is left as it is.
TEST(RankMeanTest, RoundsWhatItIsToldTo) {
  Context ctx(kCpu);
  Params params(ctx, kSpecs);
  RankMean mean(ctx, params, solo(), 2, {0});
  params.zero_grads(ctx);
  for (const float eps : {0x1p-9F, 3 * 0x1p-9F}) {
    for (const size_t i : {0, 1}) {
      params.list()[i].grad.as<float>()[0] = 1 + eps;
      params.list()[i].slots[0].written = true;
    }
    mean.add(ctx);
  }
  mean.finish(ctx, 2);
  EXPECT_EQ(params.list()[0].grad.as<float>()[0], 1.0F);
  EXPECT_EQ(params.list()[1].grad.as<float>()[0], 1 + 2 * 0x1p-9F);
}

TEST(RankMeanTest, IsTheSameForEveryNumberOfProcesses) {
  for (const auto& [world, more] :
       {std::pair{1, std::vector<int>{}}, {2, {2}}, {4, {2, 4}}, {8, {2, 4, 8}}, {6, {3, 6}}, {12, {3, 6}}}) {
    const std::vector<float> alone = mean_over(world, 1);
    for (const int processes : more)
      EXPECT_EQ(std::memcmp(mean_over(world, processes).data(), alone.data(), alone.size() * sizeof(float)), 0)
          << processes << " processes for " << world << " ranks";
  }
}

}  // namespace
}  // namespace pgolf
