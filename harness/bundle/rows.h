// The rows of a run as a bundle carries them: run.json, format `pgolf.bundle-run/1`, and the submission beside it. Of a
// run that was withdrawn `pgolf.bundle-run/2`, so that no reader that knows nothing of that takes it for one that
// counts. Metrics, curves and verdicts are not among them: they follow from the files of the run.
#pragma once

#include <string>
#include <string_view>

#include "base/json.h"
#include "db/rows.h"

namespace pgolf {

inline constexpr char kBundleRowsFormat[] = "pgolf.bundle-run/1", kWithdrawnRowsFormat[] = "pgolf.bundle-run/2";

Json rows_to_json(const RunRecord& record);
// Everything but `pinned`, `submission` and what is not carried. Errors: submission, naming `origin` and the member.
RunRecord rows_from_json(const Json& json, std::string_view origin);

// Dates are the bundle's word: none is later than `now`, none earlier than the one that it follows, the run's own than
// `parent`.
void clamp_dates(RunRecord& record, const std::string& parent, const std::string& now);

Json submission_to_json(const SubmissionRow& row);
SubmissionRow submission_from_json(const Json& json, std::string_view origin);

}  // namespace pgolf
