#include "engine/optim/sgd.h"

#include "engine/core/backend.h"
#include "engine/optim/groups.h"

namespace pgolf {

Sgd::Sgd(Context& ctx, Params& params, double momentum, bool bf16_tables)
    : params_(params), mu_(momentum), momentum_(ctx, params), pieces_(ctx, params) {
  for (size_t i = 0; i < params.list().size(); ++i)
    (bf16_tables && is_embedding_table(params.list()[i].name) ? rounded_ : plain_).push_back(i);
}

void Sgd::step(Context& ctx, double lr) {
  for (const bool bf16 : {false, true}) {
    const std::vector<size_t> members = with_grad(params_, bf16 ? rounded_ : plain_);
    if (members.empty()) continue;
    const Tensor& pieces = pieces_.of(ctx, members);
    on_device(ctx.device(), [&](auto backend) {
      SgdKernel<decltype(backend)>::step(ctx, pieces, static_cast<float>(lr), static_cast<float>(mu_), bf16,
                                         params_.flat_masters(), params_.flat_grads(), momentum_.values());
    });
  }
}

}  // namespace pgolf
