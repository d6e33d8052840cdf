#include "engine/optim/adam.h"

#include <cmath>
#include <map>
#include <utility>

#include "engine/core/backend.h"

namespace pgolf {

Adam::Adam(Context& ctx, Params& params, std::vector<size_t> members, const AdamOptions& options, const FlatCopy& first,
           const FlatCopy& second)
    : params_(params),
      members_(std::move(members)),
      options_(options),
      first_(first),
      second_(second),
      steps_(params.list().size()),
      pieces_(ctx, params) {}

void Adam::step(Context& ctx, double lr) {
  std::map<int64_t, std::vector<size_t>> by_t;  // in practice one entry: members have had equally many updates
  for (const size_t member : with_grad(params_, members_)) by_t[++steps_[member]].push_back(member);
  for (const auto& [t, members] : by_t) {
    const auto exponent = static_cast<double>(t);
    AdamStep s{};
    s.step_size = static_cast<float>(lr / (1 - std::pow(options_.beta1, exponent)));
    s.keep = static_cast<float>(1 - lr * options_.weight_decay);
    s.beta2 = static_cast<float>(options_.beta2);
    s.one_minus_beta1 = static_cast<float>(1 - options_.beta1);
    s.one_minus_beta2 = static_cast<float>(1 - options_.beta2);
    s.inv_root = static_cast<float>(1 / std::sqrt(1 - std::pow(options_.beta2, exponent)));
    s.eps = static_cast<float>(options_.eps);
    s.bf16 = options_.bf16;
    const Tensor& pieces = pieces_.of(ctx, members);
    on_device(ctx.device(), [&](auto backend) {
      AdamKernel<decltype(backend)>::step(ctx, pieces, s, params_.flat_masters(), params_.flat_grads(), first_.values(),
                                          second_.values());
    });
  }
}

void Adam::reset(Context& ctx) {
  for (const size_t member : members_) {
    const Param& param = params_.list()[member];
    ctx.fill_zero(first_.values().slice(param.offset, param.master.numel()));
    ctx.fill_zero(second_.values().slice(param.offset, param.master.numel()));
    steps_[member] = 0;
  }
}

}  // namespace pgolf
