#include "harness/diff/diff.h"

#include "base/error.h"
#include "db/run_clock.h"
#include "harness/cli/cli.h"
#include "harness/commands/registry.h"
#include "harness/diff/curve_diff.h"

namespace pgolf {
namespace {

constexpr std::string_view kClaims = "claims:";

Store existing_record(const Globals& globals) {
  auto store = look_at_record(globals);
  if (!store) fail_no_record(globals.workspace());
  return std::move(*store);
}

int diff_two(const Globals& globals, const std::string& a, const std::string& b) {
  const Store store = existing_record(globals);
  const RunDiff found = diff_runs(store, store.load_run(store.find_run(a)), store.load_run(store.find_run(b)));
  print_result(globals, diff_to_json(found), diff_to_text(found));
  return found.same() ? 0 : static_cast<int>(ErrorKind::verdict);
}

// "849" or "849@42": a submission, and the seed whose log is meant.
struct ClaimedCurve {
  std::string submission;
  std::optional<int64_t> seed;
};

ClaimedCurve claimed_curve(const std::string& text) {
  const auto at = text.find('@');
  ClaimedCurve out{text.substr(0, at), {}};
  if (at == std::string::npos) return out;
  const std::string seed = text.substr(at + 1);
  char* end = nullptr;
  out.seed = std::strtoll(seed.c_str(), &end, 10);
  if (seed.empty() || *end != '\0')
    fail(ErrorKind::usage, "{}{}: '{}' is no seed, as in claims:754@42", kClaims, text, seed);
  return out;
}

// The log of the seed asked for; else of the run's own, or the first.
const PublishedTraining& training_beside(const std::vector<PublishedTraining>& trainings, const ClaimedCurve& claimed,
                                         int64_t run_seed, const std::string& submission) {
  const bool own = std::any_of(trainings.begin(), trainings.end(), [&](const auto& t) { return t.seed == run_seed; });
  const int64_t fallback = own || trainings.empty() ? run_seed : trainings.front().seed;
  return published_training(trainings, claimed.seed.value_or(fallback), submission);
}

int diff_claims(const Globals& globals, const std::string& name, const std::string& claims) {
  const ClaimedCurve claimed = claimed_curve(claims);
  const Submission submission = open_submission(globals.submissions, claimed.submission);
  const std::vector<PublishedTraining> trainings = load_published(submission);
  const Store store = existing_record(globals);
  const RunRecord record = store.load_run(store.find_run(name));
  const std::vector<CurvePoint> curve = store.load_curve(record.run.id, "rank0_loss");
  if (curve.empty())
    fail(ErrorKind::usage, "run {} has no loss of rank 0: it did not train, or by an older pgolf", record.run.id);
  const auto clock = published_clock(record.environment);
  const CurveFit fit =
      fit_curve(record.run.id, curve, training_beside(trainings, claimed, record.pinned.seed, submission.id),
                clock ? std::optional(clock->run_steps) : std::nullopt);
  print_result(globals, curve_fit_to_json(fit), curve_fit_to_text(fit));
  return fit.lies_on() ? 0 : static_cast<int>(ErrorKind::verdict);
}

int diff(const Globals& globals, const std::string& a, const std::string& b) {
  if (a.starts_with(kClaims)) fail(ErrorKind::usage, "diff {} {}: the run comes first", a, b);
  return b.starts_with(kClaims) ? diff_claims(globals, a, b.substr(kClaims.size())) : diff_two(globals, a, b);
}

}  // namespace

void add_diff(Cli& cli) {
  const auto a = std::make_shared<std::string>(), b = std::make_shared<std::string>();
  CLI::App* verb =
      cli.verb("diff",
               "What differs between two runs: configuration, data, environment, curves, result, artifact; or "
               "between a run's losses and those of a published log",
               "pgolf diff last claims:849");
  verb->add_option("a", *a, "a run's identifier, a unique part of it, or 'last'")->required();
  verb->add_option("b", *b, "another, or claims:849, claims:754@SEED: the log of that submission's training")
      ->required();
  verb->callback([&cli, a, b] { cli.action = [&cli, a, b] { return diff(cli.globals, *a, *b); }; });
}

}  // namespace pgolf
