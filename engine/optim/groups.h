// Which optimizer updates which tensor. Source: docs/techniques.md, parameters and optimizers.
#pragma once

#include <string>

#include "engine/config/config.h"
#include "engine/model/params.h"

namespace pgolf {

enum class ParamGroup { muon, tables, scalars, none };

bool is_embedding_table(const std::string& name);

// muon: with MuonMembers::all_2d every 2-D tensor but the token embedding; with block_matrices the matrices of blocks,
// banked or not, and, where there are no banks, the projections of the bigram and value embeddings.
// tables: embedding tables that are not Muon's. none: the asymmetric softcaps of PR 2097, which nothing trains.
ParamGroup param_group(const Param& param, const Config& config);

}  // namespace pgolf
