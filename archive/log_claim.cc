#include "archive/log_claim.h"

#include <fmt/format.h>

#include <algorithm>

#include "judge/claims/claims.h"
#include "judge/claims/printed_values.h"

namespace pgolf {
namespace {

constexpr std::string_view kExact = "_exact";
constexpr int64_t kMost = int64_t{1} << 50;  // as in submission.toml: sums of them cannot overflow

bool has(std::string_view text, std::string_view part) { return text.find(part) != std::string_view::npos; }

std::string pass_of(const std::string& label) {
  return label.ends_with(kExact) ? label.substr(0, label.size() - kExact.size()) : label;
}

// Raw sizes stand beside packed ones under shorter words.
bool is_packed(const ArchiveValue& value) {
  if (has(value.label, "raw") || has(value.label, "uncompressed")) return false;
  if (value.key == "code_bytes") return true;
  return value.label != "Serialized model" && value.label != "Total submission size";
}

class ClaimReader {
 public:
  ClaimReader(const std::string& source, std::vector<std::string>& findings) : findings_(findings) {
    out_.source = source;
  }

  Claim read(const std::vector<ArchiveValue>& values) {
    for (const ArchiveValue& value : values) take(value);
    const auto named = seed_in_name(out_.source);
    if (out_.seed && named && *named != *out_.seed)
      findings_.push_back(fmt::format("{} prints seed {}, its name says {}", out_.source, *out_.seed, *named));
    if (!out_.seed) out_.seed = named;
    if (!out_.train_ms) out_.train_ms = last_step_ms_, out_.steps = last_step_;
    for (const auto& targets : {loader_, tokens_, others_})
      if (targets && !out_.val_targets) out_.val_targets = targets;
    return std::move(out_);
  }

 private:
  static void set(std::optional<int64_t>& member, std::optional<int64_t> value) {
    if (value && *value <= kMost) member = value;
  }

  void take(const ArchiveValue& v) {
    if (v.key == "val_loss") loss_ = v;
    if (v.key == "val_bpb") take_pair(v);
    if (v.key == "eval_time") eval_of(pass_of(v.label)).eval_ms = milliseconds_of(v.text);
    if (v.key == "hint_time") take_hints(v);
    if (v.key == "seed" && !out_.seed) set(out_.seed, integer_of(v.text));
    if (v.key == "world_size" && !out_.world_size) set(out_.world_size, integer_of(v.text));
    if (v.key == "num_params") set(out_.num_params, integer_of(v.text));
    if (v.key == "train_time") set(out_.train_ms, milliseconds_of(v.text));
    if (v.key == "steps") set(out_.steps, integer_of(v.text));
    if (v.key == "last_step_time") set(last_step_ms_, milliseconds_of(v.text)), set(last_step_, integer_of(v.label));
    if (v.key == "calibration_time") set(out_.calibration_ms, milliseconds_of(v.text));
    if (v.key == "val_loader_tokens") set(loader_, integer_of(v.text));
    if (v.key == "val_tokens") set(tokens_, integer_of(v.text));
    if (v.key == "val_targets") set(others_, integer_of(v.text));
    if (v.key == "traceback") findings_.push_back(fmt::format("{}:{} prints an exception", out_.source, v.line));
    if (!is_packed(v)) return;
    if (v.key == "total_bytes") set(out_.total_bytes, integer_of(v.text));
    if (v.key == "model_bytes") set(out_.model_bytes, integer_of(v.text));
    if (v.key == "code_bytes") set(out_.code_bytes, integer_of(v.text));
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
    ClaimedEval& eval = eval_of(pass_of(bpb.label));
    if (eval.name != rules::kLivePass && !bpb.label.ends_with(kExact) && loss_.text.size() < eval.val_loss.size())
      return;
    eval.val_loss = loss_.text, eval.val_bpb = bpb.text;
  }

  // Computed from validation tokens outside the clock of the pass: a pass of its own.
  void take_hints(const ArchiveValue& v) {
    ClaimedEval& hints = eval_of("hints before the pass");
    hints.eval_ms = std::max(hints.eval_ms.value_or(0), milliseconds_of(v.text).value_or(0));
  }

  std::vector<std::string>& findings_;
  Claim out_;
  ArchiveValue loss_;
  std::optional<int64_t> last_step_ms_, last_step_, loader_, tokens_, others_;
};

}  // namespace

Claim claim_of_log(const std::string& source, const std::vector<ArchiveValue>& values,
                   std::vector<std::string>& findings) {
  return ClaimReader(source, findings).read(values);
}

std::optional<int64_t> seed_in_name(const std::string& name) {
  std::string lower(name.substr(name.rfind('/') + 1));
  std::transform(lower.begin(), lower.end(), lower.begin(), [](unsigned char c) { return std::tolower(c); });
  auto at = lower.find("seed");
  if (at == std::string::npos) return std::nullopt;
  at = lower.find_first_not_of("_-", at + 4);
  if (at == std::string::npos) return std::nullopt;
  return integer_of(lower.substr(at, lower.find_first_not_of("0123456789", at) - at));
}

}  // namespace pgolf
