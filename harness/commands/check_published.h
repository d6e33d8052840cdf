// `pgolf check` of what has no submission.toml: a pull request of the archive, or a folder.
#pragma once

#include <string>
#include <vector>

#include "archive/lineage.h"
#include "harness/cli/cli.h"

namespace pgolf {

// What `name` means: the folders of an added pull request, or a folder on disk without a submission.toml; empty for
// anything else.
std::vector<PublishedFolder> published_by_name(const Globals& globals, const std::string& name);

// Prints verdicts, what to look at and the smallest fixes; returns the exit code.
int check_published(const Globals& globals, const std::vector<PublishedFolder>& folders, const Ruleset& ruleset,
                    const std::string& as_of, Reading reading);

// Where an added pull request comes from, of its first folder;
// nullopt for what is not in the archive.
std::optional<Descent> descent_by_name(const Globals& globals, const std::string& name);
Json to_json(const Descent& descent);
std::string text_of(const Descent& descent);  // a line per sentence

}  // namespace pgolf
