#include "engine/dist/comm.h"

#include <fmt/ranges.h>

#include <algorithm>

#include "base/error.h"

namespace pgolf {

RankRange Comm::share(int64_t count, int process) const {
  return {static_cast<int>(count * process / processes()), static_cast<int>(count * (process + 1) / processes())};
}

void Comm::exchange(Context&, const std::vector<Parcel>& sends, const std::vector<Parcel>& receives) {
  check(sends.empty() && receives.empty(), "exchange: there is one process");
}

void Comm::all_gather(Context& ctx, const std::function<Tensor(int process)>& part) {
  const Tensor own = part(process());
  std::vector<Parcel> sends, receives;
  for (int p = 0; p < processes(); ++p) {
    if (p == process()) continue;
    if (own.numel() > 0) sends.push_back({p, own});
    if (const Tensor other = part(p); other.numel() > 0) receives.push_back({p, other});
  }
  exchange(ctx, sends, receives);
}

void Comm::barrier() {
  if (is_alone()) return;
  gather({});
  broadcast({});
}

Comm& solo() {
  static Comm alone;
  return alone;
}

std::vector<int64_t> possible_processes(int64_t world) {
  std::vector<int64_t> possible = {1};
  for (int64_t p = 2; p <= world; ++p)
    if (world % p == 0 && std::has_single_bit(static_cast<uint64_t>(world / p))) possible.push_back(p);
  return possible;
}

void check_processes(int64_t processes, int64_t world) {
  const std::vector<int64_t> possible = possible_processes(world);
  if (std::find(possible.begin(), possible.end(), processes) == possible.end())
    fail(ErrorKind::usage, "{} processes cannot share the {} of this submission; possible are {}", processes,
         world == 1 ? "one rank" : fmt::format("{} ranks", world), fmt::join(possible, ", "));
}

}  // namespace pgolf
