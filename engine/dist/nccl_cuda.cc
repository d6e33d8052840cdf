#include <fmt/format.h>

#include "base/error.h"
#include "engine/core/shared_library.h"
#include "engine/dist/nccl.h"

namespace pgolf {
namespace {

constexpr char kRemedy[] =
    "install NCCL 2.19 or newer (./pgolf does where it finds GPUs), name its folder in LD_LIBRARY_PATH, or use one GPU";

std::string version_text(int version) {
  return fmt::format("{}.{}.{}", version / 10000, version / 100 % 100, version % 100);
}

}  // namespace

const NcclFunctions& nccl() {
  static const NcclFunctions functions = [] {
    const SharedLibrary library("libnccl.so.2", kRemedy);
    NcclFunctions f;
    int (*get_version)(int*) = nullptr;
    library.bind(get_version, "ncclGetVersion");
    get_version(&f.version);
    if (f.version < kOldestNccl)
      fail(ErrorKind::machine, "NCCL {} is older than {}; {}", version_text(f.version), version_text(kOldestNccl),
           kRemedy);
    library.bind(f.GetUniqueId, "ncclGetUniqueId");
    library.bind(f.CommInitRank, "ncclCommInitRank");
    library.bind(f.CommDestroy, "ncclCommDestroy");
    library.bind(f.GroupStart, "ncclGroupStart");
    library.bind(f.GroupEnd, "ncclGroupEnd");
    library.bind(f.Send, "ncclSend");
    library.bind(f.Recv, "ncclRecv");
    library.bind(f.GetErrorString, "ncclGetErrorString");
    library.bind(f.GetLastError, "ncclGetLastError");
    return f;
  }();
  return functions;
}

std::string nccl_version() { return version_text(nccl().version); }

void nccl_check(int status, const char* doing) {
  if (status == kNcclSuccess) return;
  fail(ErrorKind::machine, "NCCL failed at {}: {} ({}); `pgolf doctor` checks the installation", doing,
       nccl().GetErrorString(status), nccl().GetLastError(nullptr));
}

}  // namespace pgolf
