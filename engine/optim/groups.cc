#include "engine/optim/groups.h"

#include <algorithm>
#include <iterator>
#include <string_view>

#include "engine/config/tensor_names.h"

namespace pgolf {
namespace {

bool is_block_matrix(const std::string& name) {
  constexpr std::string_view kSuffixes[] = {".attn.c_q.weight",  ".attn.c_k.weight", ".attn.c_v.weight",
                                            ".attn.proj.weight", ".mlp.fc.weight",   ".mlp.proj.weight"};
  return name.starts_with("blocks.") && std::any_of(std::begin(kSuffixes), std::end(kSuffixes),
                                                    [&](std::string_view suffix) { return name.ends_with(suffix); });
}

bool is_embedding_projection(const std::string& name) { return name == kBigramProjection || name == kValueProjection; }

}  // namespace

bool is_embedding_table(const std::string& name) {
  return name == kTokenTable || name == kBigramTable || name == kValueTable;
}

ParamGroup param_group(const Param& param, const Config& config) {
  const std::string& name = param.name;
  if (name == "softcap_pos" || name == "softcap_neg") return ParamGroup::none;
  if (name == kTokenTable) return ParamGroup::tables;
  if (param.is_bank || is_block_matrix(name)) return ParamGroup::muon;
  if (config.muon.members == MuonMembers::all_2d)
    return param.master.shape.rank() == 2 ? ParamGroup::muon : ParamGroup::scalars;
  if (is_embedding_table(name)) return ParamGroup::tables;
  return is_embedding_projection(name) && !config.model.param_banks ? ParamGroup::muon : ParamGroup::scalars;
}

}  // namespace pgolf
