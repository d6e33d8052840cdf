#include "engine/core/backend.h"
#include "engine/core/cuda.h"
#include "engine/core/device_info.h"

namespace pgolf {

void cuda_check(cudaError_t status, const char* doing) {
  if (status == cudaSuccess) return;
  cudaGetLastError();  // so that the next check does not report this one again
  fail(ErrorKind::machine, "CUDA failed at {}: {} ({}); `pgolf doctor` checks the installation", doing,
       cudaGetErrorString(status), cudaGetErrorName(status));
}

Stream::Stream(Device device) : device_(device) {
  require_usable(device);
  cuda_check(cudaSetDevice(device.cuda_index), "selecting the GPU");
  cuda_check(cudaStreamCreateWithFlags(&work_, cudaStreamNonBlocking), "creating a stream");
  cuda_check(cudaStreamCreateWithFlags(&transfers_, cudaStreamNonBlocking), "creating a stream");
  cuda_check(cudaDeviceGetAttribute(&num_multiprocessors_, cudaDevAttrMultiProcessorCount, device.cuda_index),
             "reading the GPU's properties");
}

Stream::~Stream() {
  cudaSetDevice(device_.cuda_index);
  cudaStreamSynchronize(work_);
  states_.clear();
  cudaStreamDestroy(transfers_);
  cudaStreamDestroy(work_);
}

Stream* Cuda::create_stream(Device device) { return new Stream(device); }

void Cuda::destroy_stream(Stream* stream) { delete stream; }

void Cuda::synchronize(Stream* stream) { cuda_check(cudaStreamSynchronize(stream->work()), "waiting for the GPU"); }

}  // namespace pgolf
