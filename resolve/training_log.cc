#include "resolve/training_log.h"

#include <algorithm>
#include <charconv>
#include <cmath>

#include "base/ascii.h"
#include "base/error.h"

namespace pgolf {
namespace {

constexpr size_t kMostLine = 4096, kMostRows = 100'000;
constexpr int64_t kMostSteps = 100'000'000;

// The number after `key` ("train_loss:", spaces may follow), where the key is no part of a longer word. `rest` becomes
// what follows the number.
std::optional<double> number_after(std::string_view line, std::string_view key, std::string_view* rest = nullptr) {
  for (size_t at = line.find(key); at != std::string_view::npos; at = line.find(key, at + 1)) {
    if (at > 0 && is_word(line[at - 1])) continue;
    size_t start = at + key.size();
    while (start < line.size() && line[start] == ' ') ++start;
    double value = 0;
    const auto [end, error] = std::from_chars(line.data() + start, line.data() + line.size(), value);
    if (error != std::errc() || !std::isfinite(value)) continue;
    if (rest) *rest = line.substr(static_cast<size_t>(end - line.data()));
    return value;
  }
  return std::nullopt;
}

std::optional<int64_t> as_step(std::optional<double> value) {
  if (!value || *value < 0 || *value > static_cast<double>(kMostSteps) || *value != std::floor(*value)) return {};
  return static_cast<int64_t>(*value);
}

// "step:500/20000", or "500/20000" before the loss.
struct StepOf {
  int64_t step = 0, of = 0;
};
std::optional<StepOf> step_of(std::string_view line) {
  std::string_view rest;
  auto step = as_step(number_after(line, "step:", &rest));
  if (!step) {
    std::string_view before = line.substr(0, line.find("_loss:"));
    before = before.substr(0, before.find_last_of(' '));  // without "train" or "val"
    before.remove_prefix(before.find_last_of(' ') + 1);   // 0 where there is none
    step = as_step(number_after(before, "", &rest));
  }
  if (!step || !rest.starts_with('/')) return std::nullopt;
  const auto of = as_step(number_after(rest, "/"));
  return of ? std::optional(StepOf{*step, *of}) : std::nullopt;
}

class Reader {
 public:
  Reader(const std::string& name, int64_t tokens_per_step)
      : name_(name), tokens_per_step_(static_cast<double>(tokens_per_step)) {}

  void take(std::string_view line) {
    ++line_;
    if (const auto seed = number_after(line, "seed:"); seed && !out_.seed) out_.seed = as_step(seed);
    take_switch(line);
    take_ttt(line);
    if (take_stop(line)) return;
    const auto at = step_of(line);
    if (!at) return;
    if (const auto loss = number_after(line, "train_loss:"))
      take_train_line(line, *at, *loss);
    else if (number_after(line, "val_loss:"))
      take_validation(line, *at);
  }

  TrainingLog finish() {
    PublishedTraining& t = out_.training;
    if (!any_loss_)
      fail(ErrorKind::submission, "{}: no line has a step and its train_loss; give the log that the script printed",
           name_);
    if (!any_time_)
      fail(ErrorKind::submission,
           "{}: no step has a time (train_time in ms, or tok/s); a log without times gives no clock", name_);
    if (!stop_ && last_validation_ && last_validation_->first.step == last_validation_->first.of)
      stop_ = {last_validation_->first.step, last_validation_->second};
    if (!stop_)
      fail(ErrorKind::submission,
           "{}: ends after step {} of {} without the line at which training stopped; give the whole log", name_,
           t.rows.back().step, of_);
    std::tie(t.stop_step, t.stop_ms) = *stop_;
    if (t.stop_step < t.rows.back().step || t.stop_ms < latest_ms_)
      fail(ErrorKind::submission, "{}: training stops at step {} after {} ms, before step {} at {} ms", name_,
           t.stop_step, t.stop_ms, t.rows.back().step, latest_ms_);
    if (swa_count_ && *swa_count_ <= t.stop_step) t.switches["swa"] = t.stop_step - *swa_count_ + 1;
    return std::move(out_);
  }

 private:
  void add(const PublishedRow& row) {
    PublishedTraining& t = out_.training;
    if (!t.rows.empty() && row.step < t.rows.back().step)
      fail(ErrorKind::submission, "{}:{}: step {} follows step {}; a log of one training is needed", name_, line_,
           row.step, t.rows.back().step);
    if (row.elapsed_ms && *row.elapsed_ms < latest_ms_)
      fail(ErrorKind::submission, "{}:{}: the time goes back from {} to {} ms", name_, line_, latest_ms_,
           *row.elapsed_ms);
    if (row.elapsed_ms) latest_ms_ = *row.elapsed_ms;
    any_time_ |= row.elapsed_ms && *row.elapsed_ms > 0;
    if (t.rows.size() >= kMostRows) fail(ErrorKind::submission, "{}: more than {} lines with a step", name_, kMostRows);
    t.rows.push_back(row);
  }

  // In ms; a rate of tokens is the mean since the start.
  std::optional<double> time_of(std::string_view line, int64_t step) const {
    std::string_view unit;
    const auto time = number_after(line, "train_time:", &unit);
    if (time && unit.starts_with("ms")) return time;
    const auto rate = number_after(line, "tok/s:");
    if (!rate || *rate <= 0) return std::nullopt;
    return std::round(static_cast<double>(step) * tokens_per_step_ / *rate * 1e4) / 10;  // to 0.1 ms
  }

  // A script that prints the loss of its first step as that of step 0 counts the updates before, others those after.
  void take_train_line(std::string_view line, const StepOf& at, double loss) {
    if (!any_loss_) first_is_zero_ = at.step == 0;
    any_loss_ = true, of_ = at.of;
    PublishedRow row{at.step + (first_is_zero_ ? 1 : 0), {}, loss, {}};
    row.elapsed_ms = time_of(line, row.step);
    for (const char* key : {"lr_scale:", "lr_mul:"})
      if (const auto scale = number_after(line, key)) row.lr_scale = scale;
    add(row);
  }

  void take_validation(std::string_view line, const StepOf& at) {
    const auto time = time_of(line, at.step);
    if (!time) return;
    last_validation_ = {at, *time};
    add({at.step, time, {}, {}});
  }

  bool take_stop(std::string_view line) {
    const bool stops = has(line, "stopping_early:") || has(line, "wallclock_stop");
    if (!stops || stop_) return stops;
    const auto step = as_step(number_after(line, "step:"));
    const auto time = step ? time_of(line, *step) : std::nullopt;
    if (step && time) stop_ = {*step, *time};
    return true;
  }

  void take_switch(std::string_view line) {
    const auto step = as_step(number_after(line, "step:"));
    if (const auto count = as_step(number_after(line, "loading_swa_weights count="))) swa_count_ = count;
    if (!step) return;
    const bool qat = has(line, "late_qat:enabled") || has(line, " QAT activated");
    if (qat) switch_on("qat", *step);
    if (has(line, "layer_loop:enabled")) switch_on("looping", *step);
    if (has(line, "swa:start")) switch_on("swa", *step);
    if (!qat) return;
    for (const char* key : {"scale:", "scale="})
      if (const auto scale = number_after(line, key)) add({*step + 1, {}, {}, scale});
  }
  void switch_on(const char* what, int64_t step) { out_.training.switches.try_emplace(what, step); }

  // "final_int6_ttt ... eval_time:570985ms", "ttt_done:6400ms"; the last one counts.
  void take_ttt(std::string_view line) {
    std::string_view unit;
    auto time = number_after(line, "ttt_done:", &unit);
    if (!time && has(line.substr(0, line.find("eval_time:")), "ttt")) time = number_after(line, "eval_time:", &unit);
    if (time && *time >= 0 && unit.starts_with("ms")) out_.training.ttt = PublishedTtt{*time, false};
  }

  const std::string& name_;
  const double tokens_per_step_;
  TrainingLog out_;
  int64_t line_ = 0, of_ = 0;
  double latest_ms_ = 0;
  bool any_loss_ = false, any_time_ = false, first_is_zero_ = false;
  std::optional<std::pair<int64_t, double>> stop_;
  std::optional<std::pair<StepOf, double>> last_validation_;
  std::optional<int64_t> swa_count_;
};

}  // namespace

TrainingLog parse_training_log(std::string_view text, const std::string& name, int64_t tokens_per_step) {
  Reader reader(name, tokens_per_step);
  while (!text.empty()) {
    const size_t end = std::min(text.find('\n'), text.size());
    reader.take(text.substr(0, std::min(end, kMostLine)));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return reader.finish();
}

}  // namespace pgolf
