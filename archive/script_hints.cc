#include "archive/script_hints.h"

#include <algorithm>
#include <array>
#include <map>
#include <utility>

#include "archive/python_functions.h"
#include "base/ascii.h"
#include "base/utf8.h"
#include "judge/claims/log_text.h"
#include "judge/claims/word_set.h"

namespace pgolf {
namespace {

constexpr size_t kMostOfAKind = 3, kMostLine = 400, kMostLines = 100'000, kShown = 160;

constexpr char kKey[] = "the target is part of the key that finds its score";
constexpr char kLeast[] = "the least loss of several is taken, which needs the target";
constexpr char kNetwork[] = "a network is reached";
constexpr char kValCalibration[] = "calibration reads validation tokens";
constexpr char kRescore[] = "targets are scored a second time";
constexpr char kPrequant[] = "validation tokens reach an optimizer before the weights are quantised";
constexpr char kTrainFirst[] = "validation tokens reach an optimizer before a score";
constexpr char kSlot[] = "a state is optimised on the positions that it scores (SLOT)";
constexpr char kWrites[] = "a file is written while validation tokens are read";
constexpr char kClock[] = "calibration on training data, with no time reserved for it";

// A line without any of these says nothing here.
constexpr std::string_view kWords[] = {"def ",      "tgt",        "target",  "gold",     "y_true",       "nll",
                                       "requests",  "urllib",     "socket",  "hf_hub",   "snapshot_",    "curl ",
                                       "val_tok",   "val_data",   "rescore", "two_pass", "second_pass",  "twopass",
                                       "quant_ttt", "ttt_preq",   "slot_",   "reserve",  "collect_hess", ".step()",
                                       "no_grad",   "inference_", ".save(",  ", \"w",    ", 'w"};

template <size_t N>
bool has_any(std::string_view text, const std::array<std::string_view, N>& parts) {
  return std::any_of(parts.begin(), parts.end(), [&](std::string_view part) { return has(text, part); });
}

// Lower case, without a comment behind it.
std::string code_of(std::string_view line) { return lower_ascii(line.substr(0, std::min(line.find('#'), kMostLine))); }

// full_key = (ctx_hash ^ (tgt * prime)) & mask
bool keys_by_target(std::string_view code) {
  const auto equals = code.find('='), hat = code.find('^');
  if (equals == std::string_view::npos || hat == std::string_view::npos || hat < equals) return false;
  const auto name = code.substr(0, equals), value = code.substr(equals);
  // a hash of context and target: full_key = ctx_hash ^ (x * primes[k])
  if (has(value, "prime") && (has(name, "full") || trimmed(name) == "fk")) return true;
  return has_any(name, std::array<std::string_view, 5>{"key", "hash", "idx", "slot", "full"}) &&
         has_any(value, std::array<std::string_view, 4>{"tgt", "target", "gold", "y_true"});
}

bool takes_least(std::string_view code) {
  for (const std::string_view call : {"torch.minimum(", "np.minimum(", " min("})
    if (const auto at = code.find(call); at != std::string_view::npos) {
      const auto arguments = code.substr(at + call.size());
      const auto first = arguments.find("nll"), comma = arguments.find(',');
      if (first != std::string_view::npos && comma != std::string_view::npos && first < comma &&
          has(arguments.substr(comma), "nll"))
        return true;
    }
  return false;
}

// The function that a line is in.
struct Function {
  size_t indent = 0;
  bool adapts = false, evaluates = false, reads_val = false, scored = false;
};

class HintReader {
 public:
  std::vector<PrintedValue> read(std::string_view script) {
    while (!script.empty() && line_ < static_cast<int64_t>(kMostLines)) {
      const size_t end = std::min(script.find('\n'), script.size());
      ++line_, text_ = script.substr(0, end);
      if (words_.occurs_in(text_)) take(code_of(text_));
      script.remove_prefix(std::min(end + 1, script.size()));
    }
    if (calibration_.line > 0 && !reserves_) out_.push_back(calibration_);
    return std::move(out_);
  }

 private:
  void add(const char* what) {
    if (++counts_[what] > kMostOfAKind) return;
    out_.push_back(here(what));
  }
  PrintedValue here(const char* what) const {
    return {"hint", what, std::string(trimmed(text_).substr(0, kShown)), line_};
  }

  void take(const std::string& code) {
    if (trimmed(code).empty()) return;
    take_function(code);
    if (keys_by_target(code)) add(kKey);
    if (takes_least(code)) add(kLeast);
    if (has_any(code, std::array<std::string_view, 6>{"import requests", "urllib.request", "import socket",
                                                      "hf_hub_download", "snapshot_download", "curl "}))
      add(kNetwork);
    const bool calibrates = has_any(code, std::array<std::string_view, 3>{"hessian", "calib", "awq"});
    if (calibrates && has(code, "(") && has(code, "val_tokens")) add(kValCalibration);
    if (has_any(code, std::array<std::string_view, 4>{"rescore", "two_pass", "second_pass", "twopass"})) add(kRescore);
    if (has_any(code, std::array<std::string_view, 3>{"prequant_ttt", "pre_quant_ttt", "ttt_prequant"})) add(kPrequant);
    if (has_any(code, std::array<std::string_view, 3>{"slot_steps", "slot_lr", "slot_delta"})) add(kSlot);
    reserves_ |= has(code, "gptq_reserve") || has(code, "reserve_s") || has(code, "reserve_ms");
    if (has(code, "collect_hessians(") && !has(code, "def ") && calibration_.line == 0) calibration_ = here(kClock);
  }

  // In a function that adapts to validation tokens: a step that comes before the first score. One without any score is
  // called by what has one.
  void take_function(const std::string& code) {
    const size_t indent = indent_of(code);
    const bool starts = code.compare(indent, 4, "def ") == 0;
    if (starts && (!inside_ || indent <= function_.indent)) {
      const auto name = std::string_view(code).substr(indent, code.find('(') - indent);
      const bool adapts = has_any(name, std::array<std::string_view, 3>{"ttt", "adapt", "test_time"});
      function_ = {indent, adapts, adapts || has(name, "eval"), has(code, "val_"), false}, inside_ = true;
      stepped_ = {};
      return;
    }
    if (inside_ && indent <= function_.indent) inside_ = !trimmed(code).empty() && code[indent] == ')';
    if (!inside_) return;
    function_.reads_val |= has(code, "val_tokens") || has(code, "val_data");
    const bool steps = has(code, ".step()") && function_.adapts && function_.reads_val && !function_.scored;
    if (steps && stepped_.line == 0) stepped_ = here(kTrainFirst);
    if (!has(code, "no_grad") && !has(code, "inference_mode")) return take_write(code);
    if (stepped_.line > 0 && ++counts_[kTrainFirst] <= kMostOfAKind) out_.push_back(std::exchange(stepped_, {}));
    function_.scored = true;
  }

  void take_write(const std::string& code) {
    const bool writes = has(code, "torch.save(") || has(code, "np.save(") || has(code, ", \"w") || has(code, ", 'w");
    if (writes && function_.evaluates && function_.reads_val) add(kWrites);
  }

  const WordSet words_{kWords, true};
  std::string_view text_;
  int64_t line_ = 0;
  std::map<const char*, size_t> counts_;
  std::vector<PrintedValue> out_;
  PrintedValue calibration_, stepped_;  // held back until it is known what follows
  Function function_;
  bool inside_ = false, reserves_ = false;
};

}  // namespace

std::vector<PrintedValue> script_hints(std::string_view script) { return HintReader().read(script); }

}  // namespace pgolf
