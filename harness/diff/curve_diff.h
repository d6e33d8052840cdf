// How far the losses of a run are from those that the submission's own training printed: `pgolf diff RUN claims:849`.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/json.h"
#include "db/store.h"
#include "resolve/published_log.h"

namespace pgolf {

// One printed step beside the run.
struct CurvePair {
  int64_t published_step = 0, run_step = 0;
  double published = 0, run = 0;  // rank 0's loss, nats per token

  double relative() const;  // |run - published| / published
};

struct CurveFit {
  std::string run, log;
  int64_t seed = 0;
  std::optional<int64_t> resampled_from, resampled_to;  // compared at equal fractions of the training then
  std::vector<CurvePair> pairs;

  const CurvePair* greatest() const;            // by relative difference
  const CurvePair* first_beyond(double) const;  // null if none is
  // Two runs of an original differ by up to 1 % to step 20 and 2 % later (docs/judging.md).
  bool lies_on() const;
};

// `curve` is the run's rank0_loss; a schedule of `published.stop_step` steps was resampled to `run_steps` if those are
// given and differ. Errors: usage if no printed step is one of the run's.
CurveFit fit_curve(const std::string& run, const std::vector<CurvePoint>& curve, const PublishedTraining& published,
                   std::optional<int64_t> run_steps);

Json curve_fit_to_json(const CurveFit& fit);  // pgolf.curve-fit/1
std::string curve_fit_to_text(const CurveFit& fit);

}  // namespace pgolf
