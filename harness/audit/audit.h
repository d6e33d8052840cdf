// `pgolf audit`: our engine scores the artifact of a run again, from a copy of it alone, in a fresh directory and the
// sandbox, on data of ours, and trains steps that are drawn again (docs/audit.md).
#pragma once

#include <filesystem>
#include <string>

#include "db/store.h"
#include "harness/audit/steps.h"
#include "harness/judging/audit_files.h"
#include "harness/run/run.h"

namespace pgolf {

// Scores it and leaves HOME/audits/RUN, whose hash the record keeps; an audit from before is replaced. Of `options`
// device, threads, processes, sandbox and limits count; `data` "" is where the run's data are found by their manifest.
// Errors: usage for a run without a result, one that is worked on, and other data; not_found where its data are not
// here; submission for an artifact or data that are not what was recorded, and where the artifact cannot be scored or
// steps cannot be trained; those of check_steps;
// machine, limit and Interrupted as of a run. Nothing is left behind by any of them.
AuditNote audit_run(Store& store, const Workspace& workspace, const std::string& run, const RunOptions& options,
                    const std::filesystem::path& data, const StepDraw& draw);

}  // namespace pgolf
