// Follows a phase's event log while it is written, and notes when each line arrived by the supervisor's clock.
//
// The log serves the display and the clock alone: a line that does not parse is skipped (the judge reads the whole file
// strictly afterwards), and arrival times are ours.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace pgolf {

class EventTail {
 public:
  explicit EventTail(std::filesystem::path file);

  // Reads what was appended since, some megabytes at most; `now_ms` is the time since the phase started. Returns the
  // number of new lines.
  int poll(double now_ms);
  // The same with bytes that somebody else read, written at `earliest_ms` or later.
  int take(std::string_view bytes, double earliest_ms, double now_ms);

  // Progress as the phase reports it.
  int64_t step() const { return step_; }
  std::optional<double> train_loss() const { return train_loss_; }
  int64_t stream_targets() const { return stream_targets_; }  // scored in the current pass
  const std::string& part() const { return part_; }           // latest phase_start without its phase_end

  // Arrival of a part's phase_start, and the time between its phase_start and phase_end, ms. A start that waited behind
  // a flood of lines counts from when we had last read all there was.
  std::optional<double> started_ms(const std::string& part) const;
  const std::map<std::string, double>& spans_ms() const { return spans_; }
  // What such a time may be too long by, where that is anything: the machine was busy, and a poll that should have seen
  // the start or the end came late.
  const std::map<std::string, double>& late_ms() const { return late_; }

 private:
  void take_line(const std::string& line, double earliest_ms, double now_ms);

  std::filesystem::path file_;
  int64_t offset_ = 0;
  double caught_up_ms_ = 0;               // when all that was there had been read
  double polled_ms_ = 0, absent_ms_ = 0;  // the last poll; how long none came before it, if that was unusual
  std::string pending_;
  int64_t step_ = 0, stream_targets_ = 0;
  std::optional<double> train_loss_;
  std::string part_;
  struct Start {
    double at_ms, late_ms;
  };
  std::map<std::string, Start> starts_;
  std::map<std::string, double> spans_, late_;
};

}  // namespace pgolf
