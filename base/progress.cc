#include "base/progress.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>

namespace pgolf {
namespace {

ProgressMode mode = ProgressMode::automatic;
constexpr auto kLiveInterval = std::chrono::milliseconds(100);
constexpr auto kPlainInterval = std::chrono::seconds(10);

std::string clock_text(double seconds) {
  const auto s = static_cast<int64_t>(seconds + 0.5);
  return s >= 3600 ? fmt::format("{}:{:02}:{:02}", s / 3600, s / 60 % 60, s % 60)
                   : fmt::format("{}:{:02}", s / 60, s % 60);
}

}  // namespace

void set_progress_mode(ProgressMode m) { mode = m; }

double seconds_left(double elapsed, int64_t done, int64_t total, double most_seconds) {
  const double by_work = elapsed * static_cast<double>(total - done) / static_cast<double>(done);
  return most_seconds > 0 ? std::clamp(most_seconds - elapsed, 0.0, by_work) : by_work;
}

Progress::Progress(std::string label, int64_t total, std::string unit, double most_seconds)
    : label_(std::move(label)),
      unit_(std::move(unit)),
      total_(total),
      most_seconds_(most_seconds),
      start_(Clock::now()),
      shown_(start_),
      live_(mode == ProgressMode::automatic && ::isatty(STDERR_FILENO)) {}

Progress::~Progress() {
  if (!finished_ && live_) std::fputc('\n', stderr);
}

void Progress::update(int64_t done, std::string_view note) {
  done_ = done;
  if (mode == ProgressMode::off) return;
  const auto now = Clock::now();
  if (live_ ? now - shown_ < kLiveInterval : now - shown_ < kPlainInterval) return;
  shown_ = now;
  show(line(done, note), false);
}

void Progress::finish(std::string_view note) {
  finished_ = true;
  if (mode != ProgressMode::off) show(line(done_, note), true);
}

std::string Progress::line(int64_t done, std::string_view note) const {
  const double elapsed = std::chrono::duration<double>(Clock::now() - start_).count();
  const double rate = elapsed > 0 ? static_cast<double>(done) / elapsed : 0;
  std::string text = fmt::format("{}: {}/{} {}  {:.4g} {}/s", label_, done, total_, unit_, rate, unit_);
  if (rate > 0 && done < total_)
    text += fmt::format("  ETA {}", clock_text(seconds_left(elapsed, done, total_, most_seconds_)));
  if (done >= total_) text += fmt::format("  in {}", clock_text(elapsed));
  if (!note.empty()) text += fmt::format("  {}", note);
  return text;
}

void Progress::show(const std::string& text, bool last) {
  if (live_)
    fmt::print(stderr, "\r\033[K{}{}", text, last ? "\n" : "");
  else
    fmt::print(stderr, "{}\n", text);
  std::fflush(stderr);
}

}  // namespace pgolf
