// Lines of a published log that report a measurement, by which two logs are told to be of one run or of two.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "judge/claims/log_text.h"

namespace pgolf {

struct MeasuredLine {
  int64_t line = 0;         // from 1; 0 if not known
  std::string fingerprint;  // 16 hex digits of the SHA-256 of what it measured: names and values
  std::string text;         // its beginning, printable; "" where only the fingerprint is at hand
};

// A measurement is a named result (a loss, bits, perplexity, accuracy) with four decimals or more, in a line with
// another number. It is told by its numbers and their names, so that a copy of a log is one however it is spaced or
// framed, by a launcher or a logger. What is measured twice counts once. Settings, schedules, tables and the program
// that a script prints of itself agree between honest seeds, so they do not count.
std::vector<MeasuredLine> measured_lines(const LogText& log);
inline std::vector<MeasuredLine> measured_lines(std::string_view log) { return measured_lines(LogText(log)); }

// The measured lines of `a` that `b` has, too, with the same values.
struct RepeatedLines {
  int64_t measurements = 0;                             // of `a`
  std::vector<std::pair<MeasuredLine, int64_t>> lines;  // each with its line in `b`
  int64_t repeated() const { return static_cast<int64_t>(lines.size()); }
  double share() const {
    return measurements ? static_cast<double>(repeated()) / static_cast<double>(measurements) : 0;
  }
};
RepeatedLines repeated_lines(const std::vector<MeasuredLine>& a, const std::vector<MeasuredLine>& b);

// "line 231 (there 229) 'step:500 train_loss: 2.3648', ..." of the first few.
std::string name_lines(const RepeatedLines& repeated);

// What a log prints of its run, before anything else that looks like it; absent where it does not.
struct LogFacts {
  int64_t seed = -1, world_size = -1, train_shards = -1;   // -1: not printed
  int64_t trainings = 0;                                   // that say their world size: a log can hold a series of them
  std::map<std::string, int64_t> gpus;                     // rows of nvidia-smi's table by name
  std::string machine() const;                             // "8x NVIDIA H100 80GB HBM3"; "" for none and for mixed ones
  void note(std::string_view key, std::string_view text);  // one printed value (printed_values.h)
};
LogFacts log_facts(const LogText& log);
inline LogFacts log_facts(std::string_view log) { return log_facts(LogText(log)); }

}  // namespace pgolf
