// `extends`: a submission that is another one with changes, in ten lines.
#pragma once

#include <filesystem>

#include "resolve/submission.h"

namespace pgolf {

// What `own` says, over what `base` computes: configuration, profiles, seeds, track, training data and what its code
// counts. Nothing personal is inherited: no title, author, date, pull request, claim, difference, technique or log.
Submission extended(Submission own, const Submission& base);

// The directory that `extends` of the submission in `directory` means: a path below or beside it if there is a '/' in
// it, else a folder beside it, else what `root` has under that name. Errors: usage, naming the file, if there is none.
std::filesystem::path base_directory(const Submission& own, const std::filesystem::path& root);

}  // namespace pgolf
