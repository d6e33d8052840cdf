// The clock of a submission's own training, as its log printed it, as the schedule of a run on any hardware:
// `pgolf reproduce N --clock published`.
#pragma once

#include "engine/config/pinned.h"
#include "engine/evidence/schedule.h"
#include "resolve/published_log.h"

namespace pgolf {

// The training clock of the original after each of its steps, ms: linear between the lines of its log (from zero before
// the first), and between what follows from them: a rate that is printed without a time, and the step at which the log
// says that recurrence, QAT or an average came on, which `as_run` ties to a time or a rate. Errors: submission if the
// log is not of a whole training of `as_run`, or if a switch does not come out at the step that the log names.
std::vector<double> published_times(const PublishedTraining& training, const Config& as_run);

// The schedule of `pinned` on that clock: the published steps, or as many as train.iterations says where that is not
// the submission's own number; the times are then those at the same fractions of the training. Errors: usage if
// `pinned` has another time limit than `as_run`.
Schedule published_schedule(const PublishedTraining& training, const Config& as_run, const Pinned& pinned);
// By the log of the seed of `pinned`. Errors: also those of load_published and published_training.
Schedule published_schedule(const Submission& submission, const Pinned& pinned);

// What a run of `pinned` by the machine's clock has to expect on one GPU of this name ("": on the CPU), where that is
// not the hardware of the claims; one line that names the published clock, or "" where there is nothing to tell.
std::string other_hardware(const Submission& submission, const Pinned& pinned, const std::string& gpu);

}  // namespace pgolf
