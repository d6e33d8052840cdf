// The tensors of a model: float32 masters, their gradients, and copies in the compute type for matrix products.
//
// Each of the three lies in one allocation with the same layout (tensors in table order, each starting at a multiple of
// 64 elements, zeros between them), so that zeroing, norms, averages and refreshes are single passes.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/codec/safetensors.h"
#include "engine/config/param_table.h"
#include "engine/core/context.h"

namespace pgolf {

// The matrices of a block, wherever they are stored.
enum class MatrixKind { c_q, c_k, c_v, attn_proj, mlp_fc, mlp_proj };
inline constexpr MatrixKind kMatrixKinds[] = {MatrixKind::c_q,       MatrixKind::c_k,    MatrixKind::c_v,
                                              MatrixKind::attn_proj, MatrixKind::mlp_fc, MatrixKind::mlp_proj};
std::string matrix_name(int64_t layer, MatrixKind kind);  // "blocks.3.attn.c_q.weight"

// Banks (PR 754, 2097) hold the matrices of one or two kinds: qo_bank has Q of layer i at i and the output matrix at
// num_layers + i, kv_bank K at i and V at num_layers + i.
struct BankPlace {
  const char* bank;
  int64_t index;
};
BankPlace bank_place(int64_t layer, MatrixKind kind, int64_t num_layers);

struct Param {
  std::string name;
  Tensor master, grad;        // float32
  Tensor copy;                // in the compute type; the master itself where that is float32
  std::span<GradSlot> slots;  // one; of a bank, one per matrix
  int64_t offset = 0;         // elements from the start of the flat tensors
  bool is_bank = false;
  bool frozen = false;

  bool has_grad() const;  // something was contributed since zero_grads(); what was not is zero
};

class Params {
 public:
  // On the context's device, copies in its compute type; all values and gradients are zero.
  Params(Context& ctx, const ModelConfig& config);
  // Any list of tensors, for example adapters. A bank is a tensor of rank 3 whose name ends in "_bank".
  Params(Context& ctx, const std::vector<ParamSpec>& specs, Purpose purpose = Purpose::weights);
  Params(const Params&) = delete;
  Params& operator=(const Params&) = delete;

  const std::vector<Param>& list() const { return list_; }
  bool contains(std::string_view name) const { return index_.contains(name); }
  const Param& get(std::string_view name) const;  // a name that does not exist is a broken invariant
  int64_t num_elements() const;                   // of all tensors, without padding

  // What a model reads. Frozen tensors come without a gradient; banks are differentiated through their matrices alone.
  Var master(std::string_view name) const;  // float32: gains, scales, gates
  Var weight(std::string_view name) const;  // compute type: matrices and embedding tables
  Var bank_slice(std::string_view bank, int64_t i) const;
  Var matrix(int64_t layer, MatrixKind kind) const;  // [out, in], compute type, from its bank or of its own
  Tensor master_matrix(int64_t layer, MatrixKind kind) const;

  // Every tensor by its name outside banks (docs/techniques.md 2.1): what quantisers and their checkpoints name.
  struct Named {
    std::string name;
    Tensor value;
  };
  std::vector<Named> unbanked() const;

  // Whether a tensor takes part in differentiation and updates; all do at first.
  void set_frozen(const std::function<bool(const std::string& name)>& frozen);

  // All gradients are zero and count as absent; the next contribution to each stores.
  void zero_grads(Context& ctx);
  // Brings the copies up to date with the masters; to be called after whatever changed these.
  void refresh(Context& ctx);

  // The flat storage; of num_flat() elements with padding.
  int64_t num_flat() const { return num_flat_; }
  const Tensor& flat_masters() const { return masters_; }
  const Tensor& flat_grads() const { return grads_; }

  // Reads every tensor as `prefix` + name and refreshes. Errors: submission, naming the file and the tensor, for one
  // that is missing, has another shape or is not floating point, or is under the prefix but not in the model.
  void load(Context& ctx, const SafetensorsFile& file, std::string_view prefix = "");
  // Masters, or other values in their layout (an average). Errors: those of base/file.h.
  void save(Context& ctx, const std::filesystem::path& path, const std::map<std::string, std::string>& metadata = {},
            const Tensor& flat_values = {}) const;

 private:
  void lay_out(const std::vector<ParamSpec>& specs);
  Var slice_var(const Param& param, int64_t i) const;

  int64_t num_layers_ = 0;  // 0: not a model
  bool banked_ = false;
  Arena arena_, grad_arena_;
  Tensor masters_, grads_, copies_;
  int64_t num_flat_ = 0;
  std::vector<Param> list_;
  std::map<std::string, size_t, std::less<>> index_;
  std::unique_ptr<GradSlot[]> slots_;
};

// Values that go on from step to step, in the layout of a Params.
struct FlatState {
  std::string kind;             // "weight", "first": in front of the names of its tensors
  Tensor values;                // flat
  std::vector<size_t> members;  // of params.list(), that it has
};

// A copy of all values of a Params in its layout, on its device: the memory of averages and of what is restored later.
class FlatCopy {
 public:
  FlatCopy(Context& ctx, const Params& params, Purpose purpose = Purpose::moments);  // zeros
  const Tensor& values() const { return values_; }
  void take(Context& ctx, const Tensor& flat) { ctx.copy(values_, flat); }
  void give(Context& ctx, const Tensor& flat) const { ctx.copy(flat, values_); }

 private:
  Arena arena_;
  Tensor values_;
};

}  // namespace pgolf
