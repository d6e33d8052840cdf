#include "harness/run/published_clock.h"

#include <charconv>
#include <cmath>
#include <functional>

#include "base/error.h"
#include "engine/schedule/clock.h"
#include "resolve/resolve.h"

namespace pgolf {
namespace {

using Holds = std::function<bool(const StepPlan&)>;

// The first time at which `holds` of the step after `done` steps; it goes on holding.
double first_time(const Config& config, double done, const Holds& holds) {
  double low = 0, high = training_limit_ms(config.train);
  for (int i = 0; i < 60; ++i) {
    const double middle = (low + high) / 2;
    (holds(plan_step(config, done, middle)) ? high : low) = middle;
  }
  return high;
}

// Times at steps done, in between too: where the clock is known.
class Knots {
 public:
  void put(double done, double ms) { known_.insert_or_assign(done, ms); }

  // A time that is inferred: only where it lies between its neighbours'.
  void infer(double done, double ms) {
    const auto after = known_.lower_bound(done);
    if (after == known_.begin() || after == known_.end() || after->first == done) return;
    if (std::prev(after)->second < ms && ms < after->second) known_.emplace(done, ms);
  }

  double at(double done) const {
    const auto after = known_.lower_bound(done);
    if (after->first == done) return after->second;
    const auto& [d0, t0] = *std::prev(after);
    return t0 + (after->second - t0) * (done - d0) / (after->first - d0);
  }

 private:
  std::map<double, double> known_{{0, 0}};
};

// The scripts print the loss of a step, and the time, before they wait for the device; the reading that decides the
// next step follows. By how much, where a validation prints that reading too; else 0.
double reading_lag(const std::vector<PublishedRow>& rows) {
  double sum = 0, pairs = 0;
  for (size_t i = 1; i < rows.size(); ++i) {
    const PublishedRow &before = rows[i - 1], &row = rows[i];
    const bool pair = before.step == row.step && before.train_loss && !row.train_loss;
    if (pair && before.elapsed_ms && row.elapsed_ms) sum += *row.elapsed_ms - *before.elapsed_ms, ++pairs;
  }
  return pairs > 0 ? sum / pairs : 0;
}

struct Switch {
  const char* name;
  int64_t first;  // steps done before the first step that runs with it
  Holds holds;
};

// What the log names a step of and `config` decides by the clock.
std::vector<Switch> switches_in(const PublishedTraining& training, const Config& config) {
  std::vector<Switch> out;
  const auto add = [&](const char* name, int64_t before, bool decided, Holds holds) {
    const auto it = training.switches.find(name);
    if (decided && it != training.switches.end()) out.push_back({name, it->second - before, std::move(holds)});
  };
  const double below = config.average.swa_below_scale;
  add("looping", 0, config.model.num_loops > 0, [](const StepPlan& p) { return p.looping; });
  add("qat", 0, config.qat.scope != QatScope::none || config.qat.crown_q_lambda > 0,
      [](const StepPlan& p) { return p.qat || p.crown_q; });
  add("swa", 1, config.average.swa != SwaKind::none && config.average.swa_every == 1,
      [below](const StepPlan& p) { return p.lr_scale < below; });
  return out;
}

void check_whole(const PublishedTraining& t, const TrainConfig& train) {
  const double limit_ms = training_limit_ms(train);
  if (limit_ms <= 0)
    fail(ErrorKind::usage,
         "{}: the submission trains for a number of steps, not for a time, so there is no clock to follow", t.log);
  if (t.stop_ms < limit_ms && t.stop_step < train.iterations)
    fail(ErrorKind::submission,
         "{}: stops at step {} after {} ms, within the limit of {} ms: not the log of a whole training of this "
         "configuration",
         t.log, t.stop_step, t.stop_ms, limit_ms);
}

void check_switches(const PublishedTraining& t, const Config& config, const std::vector<double>& after_ms) {
  for (const Switch& s : switches_in(t, config)) {
    StepPlan plan;
    int64_t first = 0;
    for (; first < t.stop_step; ++first) {
      plan = plan_step(config, static_cast<double>(first), first == 0 ? 0 : after_ms[static_cast<size_t>(first - 1)],
                       plan);
      if (s.holds(plan)) break;
    }
    if (first != s.first)
      fail(ErrorKind::submission,
           "{}: says that {} comes on after {} steps; by its times and submission.toml that is after {}", t.log, s.name,
           s.first, first);
  }
}

Knots knots_of(const PublishedTraining& t, const Config& config) {
  Knots out;
  out.put(static_cast<double>(t.stop_step), t.stop_ms);
  const double lag = reading_lag(t.rows);
  for (const PublishedRow& row : t.rows)
    if (row.elapsed_ms && row.step > 0 && row.step < t.stop_step)
      out.put(static_cast<double>(row.step), *row.elapsed_ms + (row.train_loss ? lag : 0));
  for (const Switch& s : switches_in(t, config)) {
    const double between = static_cast<double>(s.first) - 0.5;  // it was off one step before
    out.infer(between, first_time(config, between, s.holds));
  }
  const double least = plan_step(config, static_cast<double>(t.stop_step), training_limit_ms(config.train)).lr_scale;
  for (const PublishedRow& row : t.rows) {
    const double done = static_cast<double>(row.step - 1), scale = row.lr_scale.value_or(1);
    if (scale < 1 && scale > least)
      out.infer(done, first_time(config, done, [&](const StepPlan& p) { return p.lr_scale <= scale; }));
  }
  return out;
}

// The latest at which a further step begins.
double last_reading(const TrainConfig& train) { return std::nextafter(training_limit_ms(train), 0.0); }

// Times after each of `steps` steps, at the same fractions of the training as the published ones.
std::vector<double> resampled(const std::vector<double>& published, int64_t steps, double last_ms) {
  std::vector<double> out;
  for (int64_t done = 1; done < steps; ++done) {
    const double at = static_cast<double>(published.size()) * static_cast<double>(done) / static_cast<double>(steps);
    const auto whole = static_cast<size_t>(at);
    const double below = whole == 0 ? 0 : published[whole - 1];
    out.push_back(std::min(below + (published[whole] - below) * (at - static_cast<double>(whole)), last_ms));
  }
  out.push_back(published.back());
  return out;
}

// Nothing where the log does not say how long test-time training took: the clock decides then.
std::optional<EvalSchedule> published_eval(const PublishedTraining& t, const TttConfig& ttt) {
  if (ttt.time_limit_seconds > 0 && !t.ttt) return std::nullopt;
  if (ttt.time_limit_seconds > 0 && t.ttt->limit_met)
    fail(ErrorKind::submission,
         "{}: test-time training met its limit of {} s, and the log does not say after which chunk; it cannot be "
         "followed",
         t.log, ttt.time_limit_seconds);
  return EvalSchedule{};
}

}  // namespace

std::vector<double> published_times(const PublishedTraining& training, const Config& as_run) {
  check_whole(training, as_run.train);
  const Knots knots = knots_of(training, as_run);
  const double last_ms = last_reading(as_run.train);
  std::vector<double> out;
  for (int64_t done = 1; done < training.stop_step; ++done)
    out.push_back(std::min(knots.at(static_cast<double>(done)), last_ms));
  out.push_back(training.stop_ms);
  check_switches(training, as_run, out);
  return out;
}

Schedule published_schedule(const PublishedTraining& training, const Config& as_run, const Pinned& pinned) {
  const TrainConfig& train = pinned.config.train;
  if (training_limit_ms(train) != training_limit_ms(as_run.train))
    fail(
        ErrorKind::usage,
        "--clock published: the log is of a training of {} ms, the configuration of {}; leave the time limit as it is, "
        "--steps shortens the schedule",
        training_limit_ms(as_run.train), training_limit_ms(train));
  const int64_t steps = train.iterations == as_run.train.iterations ? training.stop_step : train.iterations;
  const std::vector<double> after_ms = resampled(published_times(training, as_run), steps, last_reading(as_run.train));
  Schedule out{.replay_of = "", .config_sha256 = pinned_sha256(pinned), .train = {}, .eval = {}};
  out.published = {training.log, training.log_sha256, training.seed, training.stop_step};
  out.train =
      planned_steps(pinned.config, after_ms, static_cast<double>(training.stop_step) / static_cast<double>(steps));
  out.eval = published_eval(training, as_run.ttt);
  return out;
}

Schedule published_schedule(const Submission& submission, const Pinned& pinned) {
  return published_schedule(published_training(load_published(submission), pinned.seed, submission.id),
                            resolve(submission, {}).pinned.config, pinned);
}

std::string other_hardware(const Submission& submission, const Pinned& pinned, const std::string& gpu) {
  if (pinned.profile != kRecordProfile || pinned.config.train.max_wallclock_seconds <= 0) return "";
  const std::string& claimed = submission.hardware;  // "8x H100 80GB SXM"
  int64_t count = 0;
  std::from_chars(claimed.data(), claimed.data() + claimed.size(), count);
  const auto space = claimed.find(' ');
  const std::string model =
      space == std::string::npos ? claimed : claimed.substr(space + 1, claimed.find(' ', space + 1) - space - 1);
  std::string expect = "another number of steps";
  if (gpu.empty())
    expect = "a small fraction of the steps";
  else if (count > 1)
    expect = fmt::format("about 1/{} of the steps", count);
  else if (gpu.find(model) != std::string::npos)
    return "";
  return fmt::format(
      "{} claimed, this run is on {}: expect {} in its {} s; --clock published takes the steps, rates and switches of "
      "the "
      "published log instead",
      claimed, gpu.empty() ? "the CPU" : "one " + gpu, expect, pinned.config.train.max_wallclock_seconds);
}

}  // namespace pgolf
