#include "archive/log_claim.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "base/ascii.h"
#include "base/utf8.h"
#include "judge/claims/claims.h"
#include "judge/claims/printed.h"
#include "judge/claims/printed_values.h"

namespace pgolf {
namespace {

constexpr std::string_view kExact = "_exact";
constexpr size_t kMostTrainings = 100;
constexpr int64_t kMost = int64_t{1} << 50;  // as in submission.toml: sums of them cannot overflow

// Where the word ends that says so: "final_exact", "final_exact stride:64"; npos if none does.
size_t exact_at(const std::string& label) {
  const size_t at = label.find(kExact);
  const size_t end = at + kExact.size();
  return at != std::string::npos && (end == label.size() || label[end] == ' ') ? at : std::string::npos;
}

bool is_exact(const std::string& label) { return exact_at(label) != std::string::npos; }

std::string pass_of(std::string label) { return is_exact(label) ? label.erase(exact_at(label), kExact.size()) : label; }

// Raw sizes stand beside packed ones under shorter words.
bool is_packed(const ArchiveValue& value) {
  if (has(value.label, "raw") || has(value.label, "uncompressed")) return false;
  if (value.key == "code_bytes") return true;
  return value.label != "Serialized model" && value.label != "Total submission size";
}

// Words of a pair that is of something else than a pass over the validation set.
bool is_aside(std::string_view label) {
  for (const auto* word : {"improvement", "delta", "comparison", "baseline", "previous", "prior"})
    if (has(label, word)) return true;
  return false;
}

std::string prints_twice(const std::string& source, const char* what, const ArchiveValue& a, const ArchiveValue& b) {
  return fmt::format("{}:{} prints {} {}, line {} {}", source, b.line, what, b.text, a.line, a.text);
}

// The sizes that a log prints: of several models, codes and totals those belong together that add up; of several such
// the smallest total is what its author can hand in.
class Sizes {
 public:
  void take(const ArchiveValue& v) {
    if (!is_packed(v)) return;
    auto& into = v.key == "total_bytes" ? totals_ : v.key == "model_bytes" ? models_ : codes_;
    if (const auto bytes = integer_of(v.text); bytes && *bytes <= kMost && into.size() < kMostSizes)
      into.push_back(*bytes);
  }

  void give(Claim& claim) const {
    const auto last = [](const std::vector<int64_t>& sizes) {
      return sizes.empty() ? std::nullopt : std::optional(sizes.back());
    };
    claim.total_bytes = last(totals_), claim.model_bytes = last(models_), claim.code_bytes = last(codes_);
    int64_t least = kMost;
    for (const int64_t total : totals_)
      for (const int64_t model : models_)
        for (const int64_t code : codes_)
          if (model + code == total && total <= least)
            least = total, claim.total_bytes = total, claim.model_bytes = model, claim.code_bytes = code;
  }

 private:
  static constexpr size_t kMostSizes = 64;
  std::vector<int64_t> totals_, models_, codes_;
};

// One training's part of a log.
class ClaimReader {
 public:
  ClaimReader(const std::string& source, std::vector<std::string>& findings) : findings_(&findings) {
    out_.source = source;
  }

  // Whether a value begins another training: it has another seed, and there are results already.
  bool ends_before(const ArchiveValue& v) const {
    if (v.key != "seed" || !out_.seed || out_.evals.empty()) return false;
    const auto seed = integer_of(v.text);
    return seed && *seed != *out_.seed;
  }

  Claim finish() {
    sizes_.give(out_);
    if (!train_.ms) train_ = last_step_, out_.steps = last_step_number_;
    set(out_.train_ms, train_.ms), set(out_.calibration_ms, calibration_.ms);
    out_.open_ms = train_.open_ms + calibration_.open_ms;
    for (const auto& targets : {loader_, tokens_, others_})
      if (targets && !out_.val_targets) out_.val_targets = targets;
    std::erase_if(out_.evals, [&](const ClaimedEval& e) {  // of a part of the text
      return e.targets && out_.val_targets && *e.targets < *out_.val_targets;
    });
    return std::move(out_);
  }

  void take(const ArchiveValue& v) {
    if (v.key == "val_loss") loss_ = v;
    if (v.key == "val_bpb") take_pair(v);
    if (v.key == "mixed_loss") mixed_loss_ = v;
    if (v.key == "mixed_bpb") take_mixture(v);
    if (v.key == "part_tokens") part_ = v;
    if (v.key == "eval_time") take_eval_time(v);
    if (v.key == "hint_time") take_hints(v);
    if (v.key == "seed" && !out_.seed) set(out_.seed, integer_of(v.text));
    if (v.key == "world_size" && !out_.world_size) set(out_.world_size, integer_of(v.text));
    if (v.key == "num_params") set(out_.num_params, integer_of(v.text));
    if (v.key == "total_eval_time") set(out_.total_eval_ms, Time(v).ms);
    if (v.key == "train_time" && Time(v).ms >= train_.ms) train_ = Time(v);
    if (v.key == "steps") set(out_.steps, integer_of(v.text));
    if (v.key == "last_step_time") last_step_ = Time(v), set(last_step_number_, integer_of(v.label));
    if (v.key == "calibration_time" && Time(v).ms >= calibration_.ms) calibration_ = Time(v);
    if (v.key == "val_loader_tokens") set(loader_, integer_of(v.text));
    if (v.key == "val_tokens") set(tokens_, integer_of(v.text));
    if (v.key == "val_targets") set(others_, integer_of(v.text));
    if (v.key == "traceback") findings_->push_back(fmt::format("{}:{} prints an exception", out_.source, v.line));
    if (v.key == "total_bytes" || v.key == "model_bytes" || v.key == "code_bytes") sizes_.take(v);
  }

 private:
  struct Time {
    Time() = default;
    explicit Time(const ArchiveValue& v) {
      if (const auto time = time_of(v.text)) ms = time->ms, open_ms = time->open_ms;
    }
    std::optional<int64_t> ms;
    int64_t open_ms = 0;
  };

  static void set(std::optional<int64_t>& member, std::optional<int64_t> value) {
    if (value && *value <= kMost) member = value;
  }

  ClaimedEval& eval_of(const std::string& name) {
    const auto found =
        std::find_if(out_.evals.begin(), out_.evals.end(), [&](const auto& e) { return e.name == name; });
    if (found != out_.evals.end()) return *found;
    ClaimedEval fresh;
    fresh.name = fresh.method = name;
    return out_.evals.emplace_back(fresh);
  }

  // A later line of a pass counts, unless it has fewer digits.
  void take_pair(const ArchiveValue& bpb) {
    if (loss_.line != bpb.line || !is_printed_number(loss_.text) || !is_printed_number(bpb.text)) return;
    if (is_aside(bpb.label)) return;
    const bool exact = is_exact(bpb.label), live = pass_of(bpb.label) == rules::kLivePass;
    ClaimedEval& eval = eval_of(pass_of(bpb.label));
    if (part_.line == bpb.line) set(eval.targets, integer_of(part_.text));
    const auto before = pairs_.find(eval.name);
    if (!live && before != pairs_.end() && !may_be_one(before->second.text, bpb.text) && told_.insert(eval.name).second)
      findings_->push_back(prints_twice(out_.source, ("val_bpb of " + eval.name).c_str(), before->second, bpb));
    pairs_[eval.name] = bpb;
    if (!live && !exact && loss_.text.size() < eval.val_loss.size()) return;
    eval.val_loss = loss_.text, eval.val_bpb = bpb.text;
  }

  // A later line counts, unless it has fewer digits; the loss is that of its line.
  void take_mixture(const ArchiveValue& bpb) {
    if (bpb.text.empty())
      return findings_->push_back(
          fmt::format("{}:{} prints bits per byte of several predictors and names none as the "
                      "result",
                      out_.source, bpb.line));
    if (!is_printed_number(bpb.text)) return;
    ClaimedEval& eval = eval_of(pass_of(bpb.label));
    if (!is_exact(bpb.label) && bpb.text.size() < eval.val_bpb.size()) return;
    eval.val_bpb = bpb.text;
    eval.val_loss = mixed_loss_.line == bpb.line && is_printed_number(mixed_loss_.text) ? mixed_loss_.text : "";
  }

  // The longest time of a pass counts. One that prints another, too, ran twice, or the log holds two trainings.
  void take_eval_time(const ArchiveValue& v) {
    const Time time(v);
    ClaimedEval& eval = eval_of(pass_of(v.label));
    if (!time.ms || eval.eval_ms == time.ms) return;
    eval.printed_ms = (eval.printed_ms > 0 ? eval.printed_ms : eval.eval_ms.value_or(0)) + *time.ms;
    if (time.ms > eval.eval_ms) eval.eval_ms = time.ms, eval.open_ms = time.open_ms;
  }

  // Computed from validation tokens outside the clock of the pass: a pass of its own.
  void take_hints(const ArchiveValue& v) {
    ClaimedEval& hints = eval_of("hints before the pass");
    hints.eval_ms = std::max(hints.eval_ms.value_or(0), Time(v).ms.value_or(0));
  }

  std::vector<std::string>* findings_;
  Claim out_;
  Sizes sizes_;
  ArchiveValue loss_, mixed_loss_, part_;
  std::map<std::string, ArchiveValue> pairs_;  // the last of each pass
  std::set<std::string> told_;                 // passes that print two values
  Time train_, last_step_, calibration_;
  std::optional<int64_t> last_step_number_, loader_, tokens_, others_;
};

// A file's name may say its seed, where the log does not.
void name_seed(Claim& claim, std::vector<std::string>& findings) {
  const auto named = seed_in_name(claim.source);
  if (claim.seed && named && *named != *claim.seed)
    findings.push_back(fmt::format("{} prints seed {}, its name says {}", claim.source, *claim.seed, *named));
  if (!claim.seed) claim.seed = named;
}

}  // namespace

std::vector<Claim> claims_of_log(const std::string& source, const std::vector<ArchiveValue>& values,
                                 std::vector<std::string>& findings) {
  std::vector<Claim> out;
  ClaimReader reader(source, findings);
  for (const ArchiveValue& value : values) {
    if (out.size() < kMostTrainings && reader.ends_before(value))
      out.push_back(reader.finish()), reader = ClaimReader(source, findings);
    reader.take(value);
  }
  out.push_back(reader.finish());
  if (out.size() == 1) name_seed(out.front(), findings);
  return out;
}

std::optional<int64_t> seed_in_name(const std::string& name) {
  const std::string lower = lower_ascii(std::string_view(name).substr(name.rfind('/') + 1));
  auto at = lower.find("seed");
  if (at == std::string::npos) return std::nullopt;
  at = lower.find_first_not_of("_-", at + 4);
  if (at == std::string::npos) return std::nullopt;
  return integer_of(lower.substr(at, lower.find_first_not_of("0123456789", at) - at));
}

}  // namespace pgolf
