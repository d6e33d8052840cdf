#include <cstdlib>

#include "engine/core/cuda.h"
#include "engine/dist/nccl.h"
#include "engine/dist/team.h"

namespace pgolf {
namespace {

// What a user's environment must not change: only sends and receives are used, so that neither the library's version
// nor an algorithm of its choice touches a bit.
void fix_environment() {
  ::setenv("NCCL_NVLS_ENABLE", "0", 1);     // multicast can put a host's GPUs out of service
  ::setenv("NCCL_SOCKET_IFNAME", "lo", 1);  // the sandbox has no other, and one machine needs none
  ::setenv("NCCL_IB_DISABLE", "1", 1);
}

class NcclExchange final : public Exchange {
 public:
  NcclExchange(Comm& comm, Device device) {
    fix_environment();
    cuda_check(cudaSetDevice(device.cuda_index), "selecting the GPU");
    ncclUniqueId id{};
    if (comm.is_first()) nccl_check(nccl().GetUniqueId(&id), "starting");
    id = comm.broadcast_value(id);
    nccl_check(nccl().CommInitRank(&nccl_, comm.processes(), id, comm.process()), "connecting the GPUs");
  }
  ~NcclExchange() override { nccl().CommDestroy(nccl_); }

  std::string link() const override { return "NCCL " + nccl_version(); }

  void run(Context& ctx, const std::vector<Parcel>& sends, const std::vector<Parcel>& receives) override {
    const cudaStream_t queue = work_queue(ctx);
    nccl_check(nccl().GroupStart(), "an exchange");
    for (const Parcel& parcel : sends)
      nccl_check(nccl().Send(parcel.tensor.data, bytes(parcel), kNcclBytes, parcel.peer, nccl_, queue), "sending");
    for (const Parcel& parcel : receives)
      nccl_check(nccl().Recv(parcel.tensor.data, bytes(parcel), kNcclBytes, parcel.peer, nccl_, queue), "receiving");
    nccl_check(nccl().GroupEnd(), "an exchange");
  }

 private:
  static size_t bytes(const Parcel& parcel) { return static_cast<size_t>(parcel.tensor.bytes()); }

  ncclComm_t nccl_ = nullptr;
};

}  // namespace

std::unique_ptr<Exchange> NcclTeam::make_exchange(Comm& comm, Device device) {
  return std::make_unique<NcclExchange>(comm, device);
}

}  // namespace pgolf
