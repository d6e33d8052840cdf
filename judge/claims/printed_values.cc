#include "judge/claims/printed_values.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

#include "base/ascii.h"
#include "judge/claims/line_values.h"
#include "judge/claims/mixture.h"
#include "judge/claims/printed.h"
#include "judge/claims/word_set.h"

namespace pgolf {
namespace {

constexpr size_t kMostLine = 600, kMostValues = 4000;
constexpr char kLive[] = "live";

// "4000/20000": a step of so many.
bool is_fraction(std::string_view word) {
  const auto slash = word.find('/');
  const auto digits = [](std::string_view part) {
    return !part.empty() && std::all_of(part.begin(), part.end(), is_digit);
  };
  return slash != std::string_view::npos && digits(word.substr(0, slash)) && digits(word.substr(slash + 1));
}

// "step:500/20000", "step 500", "500/20000": the pair is of training.
bool names_a_step(std::string_view words) {
  if (is_fraction(words.substr(0, words.find(' ')))) return true;
  for (size_t at = words.find("step"); at != std::string_view::npos; at = words.find("step", at + 1)) {
    const auto next = words.find_first_not_of(" :=", at + 4);
    if (next != std::string_view::npos && is_digit(words[next])) return true;
  }
  return false;
}

// A line with one of these words and a value behind it.
struct Form {
  const char* key;
  const char* words;
  const char* line_has = "";  // what the line must hold besides
  bool labelled = false;      // more words may stand between, up to ':'
};
constexpr std::array kForms = {
    Form{"val_loader_tokens", "tokens", "val_loader:"},
    Form{"val_targets", "tokens", "val_loader pattern"},
    Form{"val_tokens", "val_tokens"},
    Form{"val_tokens", "eval_tokens"},  // of an evaluation over a part
    Form{"val_targets", "scored_tokens"},
    Form{"val_targets", "total_targets"},
    Form{"val_targets", "Validation tokens"},
    Form{"val_targets", "Val tokens"},
    Form{"total_bytes", "Total submission", "", true},
    Form{"total_bytes", "Total mixed submission"},
    Form{"total_bytes", "total_artifact_bytes"},
    Form{"total_bytes", "total_submission_bytes"},
    Form{"total_bytes", "total", "| code:"},  // "NAME: 14,930,293 bytes | code: 90,756 | total: 15,021,049"
    Form{"code_bytes", "code", "| total:"},
    Form{"model_bytes", "Serialized model", "", true},
    Form{"model_bytes", "compressed_model_bytes"},
    Form{"code_bytes", "Code size", "", true},
    Form{"code_bytes", "code_bytes"},
    Form{"total_eval_time", "total_eval_time"},
    Form{"hint_time", "elapsed", "precompute"},
    Form{"reserve_time", "reserving", "gptq"},
    Form{"seed", "seed"},
    Form{"seed", "SEED"},
    Form{"world_size", "world_size"},
    Form{"train_shards", "train_shards"},
    Form{"num_params", "model_params"},
};
// A line without any of these letters has no form; looked for once.
constexpr std::string_view kHints[] = {"tokens",
                                       "targets",
                                       "otal submission",
                                       "erialized model",
                                       "ode size",
                                       "_bytes",
                                       "eval_time",
                                       "precompute",
                                       "gptq",
                                       "seed",
                                       "SEED",
                                       "world_size",
                                       "shards",
                                       "params",
                                       "| total:",
                                       "mixed submission"};

constexpr std::string_view kResults[] = {"val_loss",     "val_loader",     "val_tokens", "eval_tokens",
                                         "train_shards", "stopping_early", "submission", "Serialized model",
                                         "ode size",     "Hessians",       "train_time"};

class Reader {
 public:
  explicit Reader(const LogText& log) : lines_(log.lines), program_(log.program) {}

  std::vector<PrintedValue> read() {
    const auto first = std::find(program_.begin(), program_.end(), true);
    if (first != program_.end())
      out_.push_back({"program", "", std::to_string(std::count(program_.begin(), program_.end(), true)),
                      first - program_.begin() + 1});
    for (line_ = 1; line_ <= std::ssize(lines_) && out_.size() < kMostValues; ++line_) {
      const size_t i = static_cast<size_t>(line_ - 1);
      if (lines_[i].empty() || lines_[i].size() > kMostLine) continue;
      take_machine(lines_[i]);
      if (!program_[i] || is_output(lines_[i])) take(lines_[i]);
    }
    if (!last_step_.text.empty()) out_.push_back(last_step_);
    return std::move(out_);
  }

 private:
  void add(const char* key, std::string label, std::string_view text) {
    out_.push_back({key, std::move(label), std::string(text), line_});
  }

  // Results may stand between lines that read like code, as dictionaries and calls do. A seed there is of a text that
  // tells how to run the program.
  bool is_output(std::string_view line) const {
    return line[0] != ' ' && line[0] != '\t' && results_.occurs_in(line) &&
           (!reads_like_code(line) || has(line, "val_loader:"));
  }

  void take(std::string_view line) {
    if (has(line, "{")) return;
    if (has(line, "train_time")) take_step(line);
    if (has(line, "bpb")) take_mixture(line);
    if (has(line, "val_loss") && take_pairs(line)) return;
    if (line.starts_with("step") && names_a_step(line.substr(0, 8))) return;  // most lines: they say no more
    if (reads_like_code(line) && !has(line, "val_loader:")) return;           // a path of Windows has backslashes
    if (has(line, "essian")) take_calibration(line);
    if (hints_.occurs_in(line)) take_forms(line), take_size_row(line);
  }

  // Passes print "NAME val_loss:2.05 val_bpb:1.21 eval_time:1234ms"; several may share a line.
  bool take_pairs(std::string_view line) {
    size_t at = 0;
    const size_t before = out_.size();
    std::string label = label_of(line.substr(0, line.find("val_loss")));
    if (label.empty() || names_a_step(label)) label = kLive;
    for (const auto* words : {"eval_tokens", "val_tokens"}) {
      size_t before_loss = 0;
      if (const auto part = value_behind(line, words, before_loss); !part.empty()) add("part_tokens", label, part);
    }
    const size_t start = out_.size();
    for (;;) {
      const auto loss = value_behind(line, "val_loss", at);
      const auto bpb = loss.empty() ? loss : value_behind(line, "val_bpb", at);
      if (bpb.empty()) break;
      add("val_loss", label, loss);
      add("val_bpb", label, bpb);
    }
    if (out_.size() == start) return out_.resize(before), false;
    if (const auto time = value_behind(line, "eval_time", at); time_of(time)) add("eval_time", label, time);
    return true;
  }

  // "ppm_mix mix_bpb=0.9033 nn_only=0.9747": a pass of its own, under the name of its result.
  void take_mixture(std::string_view line) {
    const auto mixture = mixture_of(line);
    if (!mixture || mixture->name == "val_bpb" && has(line, "val_loss") || reads_like_code(line)) return;
    const std::string label = fmt::format("{} {}", label_of(line.substr(0, line.find_first_of(":= "))), mixture->name);
    if (!mixture->loss.empty()) add("mixed_loss", label, mixture->loss);
    add("mixed_bpb", label, mixture->bpb);
    size_t at = 0;
    if (const auto time = value_behind(line, "eval_time", at); time_of(time)) add("eval_time", label, time);
  }

  // Of the lines of single steps the last counts, where training does not say that it stopped.
  void take_step(std::string_view line) {
    size_t at = 0, step_at = 0;
    const auto time = value_behind(line, "train_time", at);
    const auto step = value_behind(line, "step", step_at);
    if (!time_of(time) || step.empty()) return;
    if (has(line, "stopping_early")) {
      add("train_time", "stopping_early", time);
      add("steps", "stopping_early", step);
    } else {
      last_step_ = {"last_step_time", std::string(step), std::string(time), line_};
    }
  }

  // "NAME: 14,930,293 bytes | code: 90,756 | total: 15,021,049": the model's share, which no word names.
  void take_size_row(std::string_view line) {
    const auto colon = line.find(": "), bar = line.find(" bytes | code:");
    if (colon == std::string_view::npos || bar == std::string_view::npos || bar < colon) return;
    const auto bytes = line.substr(colon + 2, bar - colon - 2);
    if (number_length(bytes) == bytes.size()) add("model_bytes", label_of(line.substr(0, colon)), bytes);
  }

  // "collected 67 Hessians in 6.9s", in two dozen spellings: the last time that stands in the line and is of no total.
  void take_calibration(std::string_view line) {
    if (!has(line, "ollected") && !has(line, " done") && !has(line, " in ")) return;
    std::string_view time;
    for (size_t at = 0; at < line.size(); ++at) {
      const size_t length = number_length(line.substr(at));
      if (length == 0) continue;
      const bool fresh = at == 0 || !is_word(line[at - 1]);
      const size_t unit = unit_length(line.substr(at + length));
      const auto word = line.substr(0, at).substr(line.substr(0, at).rfind(' ') + 1);
      if (fresh && unit > 0 && !has(word, "total")) time = line.substr(at, length + unit);
      at += length;
    }
    if (has(line, "ollected") || !time.empty())
      add("calibration_time", label_of(line.substr(0, line.find(time))), time);
  }

  // A row of nvidia-smi's table.
  void take_machine(std::string_view line) {
    if (has(line, "Traceback (most recent call last)")) add("traceback", "", "Traceback");
    if (!line.starts_with('|')) return;
    if (const auto at = line.find("Driver Version: "); at != std::string_view::npos) {
      const auto version = line.substr(at + 16);
      add("driver", "", version.substr(0, version.find(' ')));
    }
    const auto at = line.find("NVIDIA ");
    if (at == std::string_view::npos || has(line, "NVIDIA-SMI")) return;
    const auto name = line.substr(at);
    add("gpu", label_of(line.substr(0, at)), trimmed(name.substr(0, name.find("  "))));
  }

  void take_forms(std::string_view line) {
    for (const Form& form : kForms) {
      if (!has(line, form.words) || !has(line, form.line_has)) continue;
      size_t at = 0;
      if (!form.labelled) {
        if (const auto value = value_behind(line, form.words, at); !value.empty()) add(form.key, form.words, value);
        continue;
      }
      const size_t start = line.find(form.words), colon = line.find(": ", start);
      if (colon == std::string_view::npos) continue;
      at = colon;
      if (const auto value = value_behind(line, ":", at, false); !value.empty())
        add(form.key, label_of(line.substr(start, colon - start)), value);
    }
  }

  const WordSet hints_{kHints, false}, results_{kResults, false};
  const std::vector<std::string_view>& lines_;
  const std::vector<bool>& program_;
  std::vector<PrintedValue> out_;
  PrintedValue last_step_;
  int64_t line_ = 0;
};

}  // namespace

std::vector<PrintedValue> printed_values(const LogText& log) { return Reader(log).read(); }

std::optional<int64_t> integer_of(std::string_view text) {
  int64_t value = 0, digits = 0;
  for (const char c : text) {
    if (c == ',' && digits > 0) continue;
    if (!is_digit(c) || ++digits > 15) return std::nullopt;
    value = value * 10 + (c - '0');
  }
  return digits > 0 ? std::optional(value) : std::nullopt;
}

std::optional<PrintedTime> time_of(std::string_view text) {
  const size_t length = number_length(text);
  double value = 0;
  if (length == 0 || std::from_chars(text.data(), text.data() + length, value).ec != std::errc()) return std::nullopt;
  std::string_view unit = trimmed(text.substr(length));
  const double scale = unit == "ms" ? 1 : unit.starts_with('s') ? 1000 : unit.starts_with('m') ? 60'000 : 0;
  if (scale == 0 || value * scale > 1e12) return std::nullopt;
  const double half_unit = 0.5 * std::pow(10.0, -decimals(std::string(text.substr(0, length))));
  return PrintedTime{std::llround(value * scale), static_cast<int64_t>(scale * half_unit)};
}

}  // namespace pgolf
