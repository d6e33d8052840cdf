// What kernels for Hopper alone use: tiles of 64 x 64 that the bulk copy engine brings (TMA), barriers in shared memory
// that count its bytes, registers that change owners, and products by a warpgroup (wgmma).
#pragma once

#include <cuda.h>

#include "engine/ops/attention_tiles.cuh"

namespace pgolf::hopper {

// Whether this pass of the compiler knows them.
#if defined(__CUDA_ARCH_FEAT_SM90_ALL)
inline constexpr bool kKnown = true;
#else
inline constexpr bool kKnown = false;
#endif

// x [B, T, heads, 64] bfloat16 as tiles of 64 positions of one head; `stride` elements from a position to the next.
// Positions from T on read as zeros.
CUtensorMap tile_map(const Tensor& x, int64_t stride);

#ifdef __CUDACC__

// Counts the arrivals of threads and the bytes of copies. It completes phase after phase; who waits names the parity.
class Barrier {
 public:
  __device__ void init(int arrivals) {
    asm volatile("mbarrier.init.shared::cta.b64 [%0], %1;" ::"r"(shared_address(&word_)), "r"(arrivals));
  }
  // One arrival, and `bytes` to wait for.
  __device__ void expect(uint32_t bytes) {
    asm volatile("mbarrier.arrive.expect_tx.shared::cta.b64 _, [%0], %1;" ::"r"(shared_address(&word_)), "r"(bytes)
                 : "memory");
  }
  __device__ void arrive() {
    asm volatile("mbarrier.arrive.shared::cta.b64 _, [%0];" ::"r"(shared_address(&word_)) : "memory");
  }
  __device__ void wait(uint32_t parity) const {
    uint32_t done = 0;
    while (done == 0)
      asm volatile("{\n.reg .pred p;\nmbarrier.try_wait.parity.shared::cta.b64 p, [%1], %2;\nselp.b32 %0, 1, 0, p;\n}\n"
                   : "=r"(done)
                   : "r"(shared_address(&word_)), "r"(parity)
                   : "memory");
  }

  // --- copies that complete on it
  __device__ void load_tile(bf16* tile, const CUtensorMap& map, int b, int position, int head) {
    asm volatile(
        "cp.async.bulk.tensor.3d.shared::cluster.global.mbarrier::complete_tx::bytes [%0], [%1, {%3, %4, %5}], [%2];" ::
            "r"(shared_address(tile)),
        "l"(&map), "r"(shared_address(&word_)), "r"(head * kTile), "r"(position), "r"(b)
        : "memory");
  }
  __device__ void load_bytes(void* to, const void* from, uint32_t bytes) {
    asm volatile("cp.async.bulk.shared::cluster.global.mbarrier::complete_tx::bytes [%0], [%1], %2, [%3];" ::"r"(
                     shared_address(to)),
                 "l"(from), "r"(bytes), "r"(shared_address(&word_))
                 : "memory");
  }

 private:
  uint64_t word_;
};

// A place in a ring: the stage, and whether the ring was gone round an odd number of times.
template <int kStages>
struct Cursor {
  int stage = 0;
  uint32_t parity = 0;
  __device__ void advance() {
    if (++stage == kStages) stage = 0, parity ^= 1;
  }
};

// Stages of shared memory that one thread fills and warps empty.
template <int kStages>
class Ring {
 public:
  // By one thread, before a barrier of the block.
  __device__ void init(int warps) {
    for (int i = 0; i < kStages; ++i) full_[i].init(1), empty_[i].init(warps);
    asm volatile("fence.mbarrier_init.release.cluster;" ::: "memory");
    asm volatile("fence.proxy.async.shared::cta;" ::: "memory");
  }
  // Waits until the stage is free, and returns what copies of `bytes` in all must complete on.
  __device__ Barrier& acquire(const Cursor<kStages>& at, uint32_t bytes) {
    empty_[at.stage].wait(at.parity ^ 1);
    full_[at.stage].expect(bytes);
    return full_[at.stage];
  }
  __device__ void await(const Cursor<kStages>& at) const { full_[at.stage].wait(at.parity); }
  // By every thread of a warp: what all of them read is read before one of them says so.
  __device__ void release(int stage) {
    __syncwarp();
    if (threadIdx.x % kWarp == 0) empty_[stage].arrive();
  }

 private:
  Barrier full_[kStages], empty_[kStages];
};

// By every thread of a warpgroup; a block has no more than it was launched with.
template <int kRegisters>
__device__ void take_registers() {
  asm volatile("setmaxnreg.inc.sync.aligned.u32 %0;" ::"n"(kRegisters));
}
template <int kRegisters>
__device__ void give_registers() {
  asm volatile("setmaxnreg.dec.sync.aligned.u32 %0;" ::"n"(kRegisters));
}

// --- products. Between begin_products() and the finish_products() that completes them, operands and results must not
// be touched.

__device__ inline void begin_products() { asm volatile("wgmma.fence.sync.aligned;" ::: "memory"); }
__device__ inline void commit_products() { asm volatile("wgmma.commit_group.sync.aligned;" ::: "memory"); }

__device__ inline void keep_order(Accumulator& acc) {
#pragma unroll
  for (int j = 0; j < 8; ++j)
#pragma unroll
    for (int c = 0; c < 4; ++c) asm volatile("" : "+f"(acc[j][c])::"memory");
}

// Until at most `kPending` committed groups of products are unfinished; `results` are those of the finished ones.
template <int kPending, class... Results>
__device__ void finish_products(Results&... results) {
  asm volatile("wgmma.wait_group.sync.aligned %0;" ::"n"(kPending) : "memory");
  (keep_order(results), ...);
}

// Address and layout of a tile: 128-byte swizzle, groups of eight rows 1024 bytes apart.
__device__ inline uint64_t tile_descriptor(const bf16* tile) {
  return (static_cast<uint64_t>(shared_address(tile) & 0x3FFFF) >> 4) | uint64_t{1} << 16 | uint64_t{1024 >> 4} << 32 |
         uint64_t{1} << 62;
}
// What the descriptor gains in 16 elements of every row, and in 16 rows.
inline constexpr int kColumnStep = 32 >> 4, kRowStep = 16 * 128 >> 4;

#define PGOLF_WGMMA_TEXT(accumulate)                                        \
  "{\n.reg .pred p;\nsetp.ne.b32 p, " accumulate                            \
  ", 0;\n"                                                                  \
  "wgmma.mma_async.sync.aligned.m64n64k16.f32.bf16.bf16 "                   \
  "{%0, %1, %2, %3, %4, %5, %6, %7, %8, %9, %10, %11, %12, %13, %14, %15, " \
  "%16, %17, %18, %19, %20, %21, %22, %23, %24, %25, %26, %27, %28, %29, %30, %31}, "
#define PGOLF_ROW(kind, j) kind(d[j][0]), kind(d[j][1]), kind(d[j][2]), kind(d[j][3])
#define PGOLF_ACCUMULATOR(kind)                                                                       \
  PGOLF_ROW(kind, 0), PGOLF_ROW(kind, 1), PGOLF_ROW(kind, 2), PGOLF_ROW(kind, 3), PGOLF_ROW(kind, 4), \
      PGOLF_ROW(kind, 5), PGOLF_ROW(kind, 6), PGOLF_ROW(kind, 7)

// 16 of the inner dimension. Where nothing is added to, the registers are outputs alone: ptxas would otherwise order
// the product after whatever wrote them last.
template <bool kAccumulate>
__device__ void multiply_transposed(Accumulator& d, uint64_t left, uint64_t tile) {
  if constexpr (kAccumulate) {
    asm volatile(PGOLF_WGMMA_TEXT("1") "%32, %33, p, 1, 1, 0, 0;\n}\n"
                 : PGOLF_ACCUMULATOR("+f")
                 : "l"(left), "l"(tile));
  } else {
    asm volatile(PGOLF_WGMMA_TEXT("0") "%32, %33, p, 1, 1, 0, 0;\n}\n"
                 : PGOLF_ACCUMULATOR("=f")
                 : "l"(left), "l"(tile));
  }
}
__device__ inline void multiply_add(Accumulator& d, const uint32_t (&a)[4], uint64_t tile) {
  asm volatile(PGOLF_WGMMA_TEXT("1") "{%32, %33, %34, %35}, %36, p, 1, 1, 1;\n}\n"
               : PGOLF_ACCUMULATOR("+f")
               : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "l"(tile));
}
#undef PGOLF_ACCUMULATOR
#undef PGOLF_ROW
#undef PGOLF_WGMMA_TEXT

// acc = left · tileᵀ, both in shared memory.
__device__ inline void times_transposed(Accumulator& acc, const bf16* left, const bf16* tile) {
  const uint64_t a = tile_descriptor(left), b = tile_descriptor(tile);
  multiply_transposed<false>(acc, a, b);
#pragma unroll
  for (int k = 1; k < 4; ++k) multiply_transposed<true>(acc, a + k * kColumnStep, b + k * kColumnStep);
}
// acc += a · tile.
__device__ inline void add_times(Accumulator& acc, const LeftOperand& a, const bf16* tile) {
  const uint64_t b = tile_descriptor(tile);
#pragma unroll
  for (int k = 0; k < 4; ++k) multiply_add(acc, a[k], b + k * kRowStep);
}

#endif  // __CUDACC__

}  // namespace pgolf::hopper
