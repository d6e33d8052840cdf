// Dispatch between the backends without an #ifdef: a build without CUDA never instantiates the CUDA branch.
//
//   struct RmsNorm<Cpu>, RmsNorm<Cuda>: explicit specialisations in rms_norm_cpu.cc and rms_norm_cuda.cu.
//   on_device(x.device, [&](auto backend) { RmsNorm<decltype(backend)>::forward(...); });
#pragma once

#include <memory>
#include <type_traits>
#include <utility>

#include "base/error.h"
#include "build_config.h"
#include "engine/core/tensor.h"

namespace pgolf {

class Context;
class Prefetch;
class Stream;
struct DeviceInfo;

struct Cpu {};

// Defined in the *_cuda.cu of this room; the declarations are harmless without CUDA.
struct Cuda {
  static void* allocate(Device device, size_t bytes);
  static void release(Device device, void* data);
  static void copy(void* to, Device to_device, const void* from, Device from_device, size_t bytes, Stream* stream);
  static void fill_zero(void* data, Device device, size_t bytes, Stream* stream);
  static Stream* create_stream(Device device);
  static void destroy_stream(Stream* stream);
  static void synchronize(Stream* stream);
  static std::unique_ptr<Prefetch> make_prefetch(Context& ctx, int64_t capacity);
  static void probe(DeviceInfo& info);
};

template <class F>
auto with_cuda(F&& f) {
  if constexpr (kWithCuda) {
    return f(Cuda{});
  } else {
    fail(ErrorKind::machine,
         "this build has no CUDA backend; use --device cpu, or rebuild where a CUDA toolkit is installed");
    return decltype(f(Cuda{}))();
  }
}

// On the meta device f is not called.
template <class F>
decltype(auto) on_device(Device device, F&& f) {
  using Result = decltype(f(Cpu{}));
  if (device.is_meta()) {
    if constexpr (std::is_void_v<Result>) return;
    check(false, "the meta device computes nothing");
  }
  if (device.is_cpu()) return f(Cpu{});
  return with_cuda(std::forward<F>(f));
}

}  // namespace pgolf
