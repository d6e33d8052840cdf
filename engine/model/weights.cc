// Linear weights as a pass uses them: as they are, or as their codes will restore them (QAT).
#include "engine/config/tensor_names.h"
#include "engine/model/gpt.h"
#include "engine/ops/crown_q.h"
#include "engine/ops/fake_quant.h"
#include "engine/ops/linear.h"
#include "engine/ops/scale_rows.h"
#include "engine/ops/stack_rows.h"

namespace pgolf {
namespace {

FakeQuant fake_quant_form(const QatState& qat) {
  return {.clip = qat.config.clip,
          .quantile = qat.config.quantile,
          .soft_alpha = qat.config.soft_round ? static_cast<float>(qat.soft_round_alpha) : 0.0F};
}

}  // namespace

// Banks are never fake-quantised: PR 754 has the code for it and does not call it.
Var Gpt::matrix(const State& state, int64_t layer, MatrixKind kind, const Var& onto) const {
  const Pass& pass = state.pass;
  const bool rounds = pass.qat != nullptr && pass.qat->config.scope == QatScope::all_linears;
  const Var weight = rounds
                         ? fake_quant(state.ctx, params_.master(matrix_name(layer, kind)), fake_quant_form(*pass.qat))
                         : params_.matrix(layer, kind);
  return onto.value.defined() ? scale_rows(state.ctx, weight, branch_gain(layer, kind)) : weight;
}

Var Gpt::project(const State& state, int64_t layer, MatrixKind kind, const Var& x, const Var& onto) const {
  if (state.pass.observer != nullptr) (*state.pass.observer)(matrix_name(layer, kind), x.value);
  return linear(state.ctx, x, matrix(state, layer, kind, onto), onto);
}

Var Gpt::project_heads(const State& state, int64_t layer, const Var& x) const {
  std::vector<Var> matrices;
  for (const MatrixKind kind : {MatrixKind::c_q, MatrixKind::c_k, MatrixKind::c_v}) {
    if (state.pass.observer != nullptr) (*state.pass.observer)(matrix_name(layer, kind), x.value);
    matrices.push_back(matrix(state, layer, kind));
  }
  return linear(state.ctx, x, stack_rows(state.ctx, matrices));
}

Var Gpt::project_small(Context& ctx, const Pass& pass, const char* name, const Var& x) const {
  if (pass.observer != nullptr) (*pass.observer)(name, x.value);
  const bool rounded = pass.qat != nullptr && pass.qat->config.scope != QatScope::none;
  return linear(ctx, x,
                rounded ? fake_quant(ctx, params_.master(name), fake_quant_form(*pass.qat)) : params_.weight(name));
}

// loss + (lambda / 12) sum over linears of mean(w² delta²). Source: CROWN-Q, PR 849.
Var Gpt::add_crown_q_penalty(Context& ctx, const Pass& pass, const Var& loss) const {
  if (pass.qat == nullptr || pass.qat->config.crown_q_lambda == 0) return loss;
  std::vector<Var> linears;
  for (int64_t layer = 0; layer < config_.num_layers; ++layer)
    for (const MatrixKind kind : kMatrixKinds) linears.push_back(params_.master(matrix_name(layer, kind)));
  for (const char* name : {kBigramProjection, kValueProjection})
    if (params_.contains(name)) linears.push_back(params_.master(name));
  return add_crown_q(ctx, loss, linears, pass.qat->config.clip,
                     static_cast<float>(pass.qat->config.crown_q_lambda / 12.0));
}

}  // namespace pgolf
