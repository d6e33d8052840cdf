// A submission and a configuration as rows of the record.
#pragma once

#include "db/rows.h"
#include "engine/config/pinned.h"
#include "resolve/submission.h"

namespace pgolf {

// The submission's document holds what reports show: headline, techniques, claims, differences,
// published curves. Errors: those of load_published.
SubmissionRow submission_row(const Submission& submission);
PinnedRow pinned_row(const Pinned& pinned);

}  // namespace pgolf
