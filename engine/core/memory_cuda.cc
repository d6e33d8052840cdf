#include "engine/core/backend.h"
#include "engine/core/cuda.h"

namespace pgolf {

void* Cuda::allocate(Device device, size_t bytes) {
  cuda_check(cudaSetDevice(device.cuda_index), "selecting the GPU");
  void* data = nullptr;
  const cudaError_t status = cudaMalloc(&data, bytes);
  if (status == cudaErrorMemoryAllocation) {
    cudaGetLastError();
    size_t free = 0, total = 0;
    cudaMemGetInfo(&free, &total);
    fail(ErrorKind::machine,
         "out of memory on GPU {}: {} MiB asked for, {} of {} MiB free; use a smaller micro-batch, or end what else "
         "uses "
         "the GPU (nvidia-smi lists it)",
         device.cuda_index, bytes >> 20, free >> 20, total >> 20);
  }
  cuda_check(status, "allocating memory");
  return data;
}

void Cuda::release(Device device, void* data) {
  cudaSetDevice(device.cuda_index);
  cudaFree(data);  // errors of earlier work come back here too; they have been or will be told where they matter
}

// A copy from pageable host memory has left it when the call returns, so only copies to the host must be waited for.
void Cuda::copy(void* to, Device to_device, const void* from, Device from_device, size_t bytes, Stream* stream) {
  cuda_check(cudaSetDevice(stream->device().cuda_index), "selecting the GPU");
  cuda_check(cudaMemcpyAsync(to, from, bytes, cudaMemcpyDefault, stream->work()), "copying memory");
  if (to_device.is_cpu()) synchronize(stream);
}

void Cuda::fill_zero(void* data, Device device, size_t bytes, Stream* stream) {
  cuda_check(cudaSetDevice(device.cuda_index), "selecting the GPU");
  cuda_check(cudaMemsetAsync(data, 0, bytes, stream->work()), "clearing memory");
}

}  // namespace pgolf
