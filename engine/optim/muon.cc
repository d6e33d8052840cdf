#include "engine/optim/muon.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <tuple>
#include <utility>

#include "engine/core/backend.h"
#include "engine/optim/pieces.h"

namespace pgolf {

double MuonBatch::scale() const {
  return std::sqrt(std::max(1.0, static_cast<double>(rows) / static_cast<double>(cols)));
}

Muon::Muon(Context& ctx, Params& params, std::vector<size_t> members, const MuonConfig& config,
           const FlatCopy& momentum, Comm& comm)
    : params_(params),
      members_(std::move(members)),
      config_(config),
      steps_(newton_schulz_steps(config.coefficients, config.ns_steps)),
      momentum_(momentum),
      comm_(comm),
      arena_(ctx.device()) {
  for (const size_t member : members_) {
    const Param& param = params_.list()[member];
    const int rank = param.master.shape.rank();
    check(rank == 2 || rank == 3, "muon: '{}' is {}, no matrix", param.name, param.master.shape.str());
    check(param.offset + param.master.numel() <= std::numeric_limits<int32_t>::max(),
          "{}: beyond 2^31 elements of flat storage", param.name);
  }
}

void Muon::step(Context& ctx, double lr, double momentum) {
  latest_ = &batches_of(ctx, with_grad(params_, members_));
  for (const MuonBatch& batch : *latest_) step_batch(ctx, batch, lr, momentum);
}

void Muon::step_batch(Context& ctx, const MuonBatch& batch, double lr, double momentum) {
  const ArenaScope scope(ctx.scratch());
  Tensor updates;  // [count, rows, cols]
  if (comm_.is_alone()) {
    updates = orthogonalised(ctx, batch, momentum);
  } else {
    updates = ctx.scratch().alloc({batch.count, batch.rows, batch.cols}, ctx.compute());
    const RankRange own = comm_.share(batch.count, comm_.process());
    if (own.size() > 0) {
      MuonBatch part = batch;
      part.count = own.size(), part.offsets = batch.offsets.slice(own.begin, own.size());
      ctx.copy(updates.slice(own.begin, own.size()), orthogonalised(ctx, part, momentum));
    }
    comm_.all_gather(ctx, [&](int p) {
      const RankRange share = comm_.share(batch.count, p);
      return updates.slice(share.begin, share.size());
    });
  }
  on_device(ctx.device(), [&](auto backend) {
    MuonKernel<decltype(backend)>::apply(ctx, batch, updates, static_cast<float>(lr * batch.scale()),
                                         static_cast<float>(1 - lr * config_.weight_decay), config_.decay_after_step,
                                         params_.flat_masters());
  });
}

// [count, rows, cols], in the scratch memory of the caller.
Tensor Muon::orthogonalised(Context& ctx, const MuonBatch& batch, double momentum) {
  const Tensor u = ctx.scratch().alloc({batch.count, batch.rows, batch.cols}, ctx.compute());
  const Tensor groups = u.view(batch.of_banks ? Shape{batch.count, batch.rows * batch.cols}
                                              : Shape{batch.count * batch.rows, batch.cols});
  on_device(ctx.device(), [&](auto backend) {
    using Kernel = MuonKernel<decltype(backend)>;
    Kernel::nesterov(ctx, batch, params_.flat_grads(), momentum_.values(), static_cast<float>(momentum),
                     config_.row_normalize, config_.state_rounding == Rounding::bf16, u);
    if (config_.centralize) Kernel::center(ctx, groups);
  });
  return newton_schulz(ctx, u, steps_);
}

void Muon::reset(Context& ctx) {
  for (const size_t member : members_) {
    const Param& param = params_.list()[member];
    ctx.fill_zero(momentum_.values().slice(param.offset, param.master.numel()));
  }
}

std::map<int64_t, int> Muon::owners() const {
  std::map<int64_t, int> out;
  if (comm_.is_alone() || !latest_) return out;
  for (const MuonBatch& batch : *latest_)
    for (int p = 0; p < comm_.processes(); ++p) {
      const RankRange share = comm_.share(batch.count, p);
      for (int i = share.begin; i < share.end; ++i) out[batch.starts[static_cast<size_t>(i)]] = p;
    }
  return out;
}

void Muon::share_momentum(Context& ctx) {
  if (comm_.is_alone() || !latest_) return;
  for (const MuonBatch& batch : *latest_) {
    const ArenaScope scope(ctx.scratch());
    const int64_t numel = batch.rows * batch.cols;
    const Tensor all = ctx.scratch().alloc({batch.count, numel}, DType::f32);
    const auto lies = [&](int64_t i) { return momentum_.values().slice(batch.starts[static_cast<size_t>(i)], numel); };
    const RankRange own = comm_.share(batch.count, comm_.process());
    for (int i = own.begin; i < own.end; ++i) ctx.copy(all[i], lies(i));
    comm_.all_gather(ctx, [&](int p) {
      const RankRange share = comm_.share(batch.count, p);
      return all.slice(share.begin, share.size());
    });
    for (int64_t i = 0; i < batch.count; ++i)
      if (!own.contains(static_cast<int>(i))) ctx.copy(lies(i), all[i]);
  }
}

const std::vector<MuonBatch>& Muon::batches_of(Context& ctx, const std::vector<size_t>& members) {
  if (const auto found = batches_.find(members); found != batches_.end()) return found->second;
  std::map<std::tuple<int64_t, int64_t, bool>, std::vector<int32_t>> offsets;
  for (const size_t member : members) {
    const Param& param = params_.list()[member];
    const Shape& shape = param.master.shape;
    const int64_t rows = shape[-2], cols = shape[-1], count = shape.numel() / (rows * cols);
    for (int64_t i = 0; i < count; ++i)
      offsets[{rows, cols, shape.rank() == 3}].push_back(static_cast<int32_t>(param.offset + i * rows * cols));
  }
  std::vector<MuonBatch> out;
  for (auto& [shape, starts] : offsets) {
    MuonBatch batch;
    batch.count = static_cast<int64_t>(starts.size());
    std::tie(batch.rows, batch.cols, batch.of_banks) = shape;
    batch.offsets = arena_.alloc({batch.count}, DType::i32);
    ctx.copy(batch.offsets, {starts.data(), batch.offsets.shape, DType::i32, kCpu});
    batch.starts = std::move(starts);
    out.push_back(batch);
  }
  return batches_.emplace(members, std::move(out)).first->second;
}

}  // namespace pgolf
