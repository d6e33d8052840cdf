// The prepared data of a run: a directory that is named, or documents that are prepared on first use.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>

#include "engine/config/pinned.h"
#include "engine/data/manifest.h"
#include "harness/run/workspace.h"
#include "resolve/extent.h"

namespace pgolf {

struct DataRequest {
  std::filesystem::path data;       // --data: a prepared directory
  std::filesystem::path docs;       // --docs: JSON lines
  std::filesystem::path tokenizer;  // with docs; empty: one is trained with the configuration's vocabulary
  int64_t val_docs = 0;             // with docs; 0: a twentieth of the documents, at most 50,000
  bool demo = false;                // without data and docs: the demo's text
};

// Loads or prepares the data under HOME/data and checks that they fit `config`.
// Errors: usage if nothing is named, or vocabulary or CaseOps do not fit the configuration, saying what to set; those
// of prepare_data, load_manifest and check_files.
DataManifest obtain_data(const DataRequest& request, const Config& config, const Workspace& workspace);

// Asked before a run begins or goes on: a phase that misses a file ends as if by a fault of the submission's, and the
// run with it. Without `training` only what an evaluation reads. Errors: not_found for a file that is not there,
// submission for one of another size.
void check_files(const DataManifest& data, bool training);

// Says before training that, or whether it is not known that, the data are as many as the submission's.
void note_extent(const DataExtent& extent, const DataManifest& data);

PinnedData pinned_data(const DataManifest& manifest);

}  // namespace pgolf
