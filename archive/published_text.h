// The files of a published folder as they lie in the repository that was added, or on disk: what the record keeps of
// them is not enough to adopt one.
#pragma once

#include <string>
#include <vector>

#include "archive/published_folders.h"

namespace pgolf {

struct PublishedText {
  std::string name, kind, text;  // name: below the folder
};

// Its scripts, logs, texts and submission.json, by name; a script that is a wrapper as what it holds. Errors: as
// GitRepository for a repository that is gone.
std::vector<PublishedText> published_texts(const ArchiveTables& tables, const PublishedFolder& folder);
std::vector<PublishedText> published_texts(const std::filesystem::path& folder);

}  // namespace pgolf
