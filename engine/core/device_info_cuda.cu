#include <dlfcn.h>

#include <algorithm>
#include <fstream>

#include "engine/core/backend.h"
#include "engine/core/cublas.h"
#include "engine/core/cuda.h"
#include "engine/core/device_info.h"
#include "engine/core/shared_library.h"

namespace pgolf {
namespace {

// Compiled for what every kernel of the engine is compiled for: a GPU that cannot run it can run none of them.
__global__ void probe_kernel() {}

std::string cuda_version(int version) { return fmt::format("{}.{}", version / 1000, version % 1000 / 10); }

// "NVRM version: NVIDIA UNIX x86_64 Kernel Module  580.159.04  ..." -> the first word made of digits and dots.
std::string loaded_driver() {
  std::ifstream file("/proc/driver/nvidia/version");
  for (std::string word; file >> word;) {
    const bool version = word.find_first_not_of("0123456789.") == std::string::npos;
    if (version && std::count(word.begin(), word.end(), '.') >= 1) return word;
  }
  return {};
}

LibraryInfo probe_library(const char* name, const std::string& file, bool required,
                          const std::function<std::string(void* handle)>& version) {
  LibraryInfo library{name, {}, {}, required};
  if (void* handle = SharedLibrary::try_open(file, library.problem)) {
    library.version = version(handle);
    library.problem = library.version.empty() ? file + " does not tell its version" : "";
  }
  return library;
}

// version = major * 10000 + minor * 100 + patch
std::string decimal_version(size_t version) {
  return fmt::format("{}.{}.{}", version / 10000, version / 100 % 100, version % 100);
}

std::string version_by_return(void* handle, const char* symbol) {
  const auto get = reinterpret_cast<size_t (*)()>(dlsym(handle, symbol));
  return get == nullptr ? "" : decimal_version(get());
}

std::string nccl_version(void* handle) {
  const auto get = reinterpret_cast<int (*)(int*)>(dlsym(handle, "ncclGetVersion"));
  int version = 0;
  return get == nullptr || get(&version) != 0 ? "" : decimal_version(static_cast<size_t>(version));
}

GpuInfo probe_gpu(int index) {
  GpuInfo gpu;
  gpu.index = index;
  cudaDeviceProp properties{};
  cudaError_t status = cudaGetDeviceProperties(&properties, index);
  if (status == cudaSuccess) {
    gpu.name = properties.name;
    gpu.major = properties.major, gpu.minor = properties.minor;
    gpu.multiprocessors = properties.multiProcessorCount;
    status = cudaSetDevice(index);
  }
  if (status == cudaSuccess) status = cudaMemGetInfo(&gpu.free_bytes, &gpu.total_bytes);
  cudaFuncAttributes attributes{};
  if (status == cudaSuccess) status = cudaFuncGetAttributes(&attributes, probe_kernel);
  if (status == cudaErrorNoKernelImageForDevice || status == cudaErrorInvalidDeviceFunction) {
    gpu.problem = fmt::format(
        "{} has compute capability {}.{}, for which this build holds no code; 8.0 or newer works with the default "
        "CMAKE_CUDA_ARCHITECTURES",
        gpu.name, gpu.major, gpu.minor);
  } else if (status != cudaSuccess) {
    gpu.problem =
        fmt::format("GPU {} does not answer: {}; nvidia-smi shows its state", index, cudaGetErrorString(status));
  }
  cudaGetLastError();
  return gpu;
}

std::vector<GpuLink> probe_links(const std::vector<GpuInfo>& gpus) {
  std::vector<GpuLink> links;
  for (const GpuInfo& a : gpus)
    for (const GpuInfo& b : gpus) {
      if (a.index >= b.index || !a.problem.empty() || !b.problem.empty()) continue;
      int there = 0, back = 0;
      cudaDeviceCanAccessPeer(&there, a.index, b.index);
      cudaDeviceCanAccessPeer(&back, b.index, a.index);
      links.push_back({a.index, b.index, there != 0 && back != 0});
    }
  return links;
}

std::string problem_of(cudaError_t status, const DeviceInfo& info) {
  switch (status) {
    case cudaSuccess: return "";
    case cudaErrorInsufficientDriver:
      if (info.driver_cuda.empty())
        return "no NVIDIA driver is loaded; install one for CUDA " + info.runtime +
               " or newer, and inside a container pass the GPU through (--gpus all)";
      return fmt::format(
          "the NVIDIA driver{} supports CUDA {}, but this build needs {}; install a newer driver, or rebuild with an "
          "older CUDA toolkit",
          info.driver.empty() ? "" : " " + info.driver, info.driver_cuda, info.runtime);
    case cudaErrorNoDevice:
      return "the NVIDIA driver is loaded but shows no GPU; see nvidia-smi and CUDA_VISIBLE_DEVICES";
    default:
      return fmt::format("the NVIDIA driver does not start: {} ({}); see nvidia-smi", cudaGetErrorString(status),
                         cudaGetErrorName(status));
  }
}

}  // namespace

void Cuda::probe(DeviceInfo& info) {
  info.runtime = cuda_version(CUDART_VERSION);
  info.driver = loaded_driver();
  int driver_cuda = 0;
  if (cudaDriverGetVersion(&driver_cuda) == cudaSuccess && driver_cuda > 0)
    info.driver_cuda = cuda_version(driver_cuda);
  int count = 0;
  info.problem = problem_of(cudaGetDeviceCount(&count), info);
  cudaGetLastError();
  for (int i = 0; i < count; ++i) info.gpus.push_back(probe_gpu(i));
  info.links = probe_links(info.gpus);
  info.libraries.push_back(probe_library("cuBLASLt", kCublasLibrary, true,
                                         [](void* handle) { return version_by_return(handle, "cublasLtGetVersion"); }));
  info.libraries.push_back(probe_library("NCCL", "libnccl.so.2", false, nccl_version));
  for (const LibraryInfo& library : info.libraries)
    for (GpuInfo& gpu : info.gpus)
      if (library.required && library.version.empty() && gpu.problem.empty())
        gpu.problem = fmt::format("{} could not be opened ({}); {}", library.name, library.problem, kCublasRemedy);
  if (info.problem.empty() && std::ranges::none_of(info.gpus, [](const GpuInfo& gpu) { return gpu.problem.empty(); }))
    info.problem = info.gpus.front().problem;
}

}  // namespace pgolf
