// The directory that stands for adopted shards: a manifest, the tokenizer, links to the shards and perhaps the text of
// the validation documents.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "engine/data/adopt.h"
#include "engine/data/tokenizer.h"

namespace pgolf {

struct ShardLink {
  std::string file;  // in the directory
  std::filesystem::path target;
};

// Makes `target`, or, if it stands for the same shards already, points its links to where they lie now. Completes the
// report's manifest and adds the check of the text. Errors: those of StagingDirectory; usage if `target` holds
// something else or there are fewer documents than validation documents; submission if their text is not that of the
// shards, which leaves nothing behind.
void write_adopted(AdoptReport& report, const AdoptOptions& options, const Tokenizer& tokenizer,
                   const std::filesystem::path& target, const std::vector<ShardLink>& links);

}  // namespace pgolf
