// NCCL, opened when the first GPU has somebody to talk to. Its C interface is declared here: it has not changed since
// 2.7 (2020), CUDA 12's toolkits come without the header, and so nothing is needed to build. Source: NVIDIA/nccl,
// src/nccl.h.in.
#pragma once

#include <cuda_runtime.h>

#include <string>

namespace pgolf {

struct ncclComm;
using ncclComm_t = ncclComm*;
struct ncclUniqueId {
  char internal[128];
};
inline constexpr int kNcclSuccess = 0;
inline constexpr int kNcclBytes = 1;  // ncclUint8

inline constexpr int kOldestNccl = 21900;  // 2.19.0

struct NcclFunctions {
  int version = 0;  // 22809: 2.28.9
  int (*GetUniqueId)(ncclUniqueId*) = nullptr;
  int (*CommInitRank)(ncclComm_t*, int processes, ncclUniqueId, int process) = nullptr;
  int (*CommDestroy)(ncclComm_t) = nullptr;
  int (*GroupStart)() = nullptr;
  int (*GroupEnd)() = nullptr;
  int (*Send)(const void*, size_t count, int type, int peer, ncclComm_t, cudaStream_t) = nullptr;
  int (*Recv)(void*, size_t count, int type, int peer, ncclComm_t, cudaStream_t) = nullptr;
  const char* (*GetErrorString)(int) = nullptr;
  const char* (*GetLastError)(ncclComm_t) = nullptr;
};

// Errors: machine, if the library is missing or too old.
const NcclFunctions& nccl();
std::string nccl_version();  // "2.28.9"

void nccl_check(int status, const char* doing);

}  // namespace pgolf
