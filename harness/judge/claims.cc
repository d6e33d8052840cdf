#include "harness/judge/claims.h"

#include "harness/judge/claim_rules.h"
#include "harness/judge/shipped.h"

namespace pgolf {
namespace rules {

std::vector<SourceClaims> by_source(const Submission& submission) {
  std::vector<SourceClaims> out;
  for (const auto& claim : submission.claims) {
    auto file = std::find_if(out.begin(), out.end(), [&](const SourceClaims& s) { return s.source == claim.source; });
    if (file == out.end()) {
      out.push_back({claim.source, {}, is_log(claim.source)});
      file = out.end() - 1;
    }
    file->claims.push_back(&claim);
  }
  return out;
}

std::string seed_name(const SourceClaims& file, const Claim& claim) {
  if (file.claims.size() < 2) return {};
  return claim.seed ? fmt::format("seed {}: ", *claim.seed) : "over seeds: ";
}

namespace {

// Keeps the worst finding of a file: a breach before an open question before a pass, then the larger value.
void keep_worst(ClaimFinding& worst, Finding finding) {
  const auto rank = [](const Finding& f) { return std::array{0, 2, 3, 1}[static_cast<size_t>(f.status)]; };
  const auto value = [](const Finding& f) { return f.observed.is_number() ? f.observed.get<double>() : 0; };
  if (!worst || rank(finding) > rank(*worst) || (rank(finding) == rank(*worst) && value(finding) > value(*worst)))
    worst = std::move(finding);
}

// The code of a claim as it is printed, and whether the file that was counted bears it out.
std::string printed_code(const CountedCode& code, int64_t printed) {
  if (printed == code.file_bytes) return fmt::format("code {} counted in {}", with_commas(printed), code.file);
  if (printed == code.unwrapped_bytes)
    return fmt::format("code {} counted in {}, unwrapped ({})", with_commas(printed), code.file, code.wrapper);
  return fmt::format("code {} as claimed", with_commas(printed));
}

// The same of the script as shipped.
std::string shipped_code(const CountedCode& code, int64_t shipped, const std::optional<int64_t>& printed) {
  std::string out = fmt::format("code {} as shipped", with_commas(shipped));
  if (code.file_bytes) out += ", counted in " + code.file;
  if (code.unwrapped_bytes)
    out += fmt::format(", a wrapper of {} ({})", with_commas(*code.unwrapped_bytes), code.wrapper);
  if (printed && *printed != shipped) out += fmt::format(", the log counts {}", with_commas(*printed));
  return out;
}

// A script of less than half of what the log counts, with nothing wrapped in it, is not the code that ran.
bool code_elsewhere(const CountedCode& code, const Claim& claim) {
  return code.file_bytes && !code.unwrapped_bytes && claim.code_bytes && 2 * *code.file_bytes < *claim.code_bytes;
}

}  // namespace

ClaimFinding claimed_size(const Publication& all, const SourceClaims& file, const RuleReading& reading) {
  const CountedCode& code = all.submission.code;
  const auto shipped = code.file_bytes ? code.file_bytes : code.shipped_bytes;
  const bool as_shipped = reading.text("code") == "shipped";
  ClaimFinding worst;
  for (const auto* claim : file.claims) {
    auto total = claim->total_bytes;
    std::string how;
    if (as_shipped && claim->model_bytes && shipped) {
      total = *claim->model_bytes + *shipped;
      how = fmt::format("model {} + {}: ", with_commas(*claim->model_bytes),
                        shipped_code(code, *shipped, claim->code_bytes));
    } else if (claim->model_bytes && claim->code_bytes) {
      total = total.value_or(*claim->model_bytes + *claim->code_bytes);
      how = printed_code(code, *claim->code_bytes) + ": ";
    } else {
      how = "total as claimed: ";
    }
    if (!total) continue;
    auto finding = judge_total_bytes(*total, reading);
    finding.reason = seed_name(file, *claim) + how + finding.reason;
    if (as_shipped && finding.status == Status::pass && code_elsewhere(code, *claim))
      finding.status = Status::unknown, finding.reason += fmt::format("; most of that is not in {}", code.file);
    keep_worst(worst, finding);
  }
  if (!worst && file.log) return unknown("no size is printed", "bytes", reading.integer("limit_bytes"));
  return worst;
}

ClaimFinding claimed_sum(const Publication&, const SourceClaims& file, const RuleReading&) {
  ClaimFinding worst;
  for (const auto* claim : file.claims) {
    if (!claim->total_bytes || !claim->model_bytes || !claim->code_bytes) continue;
    const int64_t sum = *claim->model_bytes + *claim->code_bytes;
    Finding finding{
        sum == *claim->total_bytes ? Status::pass : Status::fail, *claim->total_bytes, sum, "bytes", {}, {}};
    finding.reason =
        fmt::format("{}{} + {} = {}, the total says {}", seed_name(file, *claim), with_commas(*claim->model_bytes),
                    with_commas(*claim->code_bytes), with_commas(sum), with_commas(*claim->total_bytes));
    keep_worst(worst, finding);
  }
  if (!worst && file.log) return unknown("the parts of the size are not printed", "bytes");
  return worst;
}

namespace {

// What was read of the training data after the loop: as this file says, else as a log says of the same seed.
std::optional<int64_t> calibration_of(const Publication& all, const Claim& claim) {
  std::optional<int64_t> out = claim.calibration_ms;
  for (const auto& other : all.submission.claims)
    if (!claim.calibration_ms && is_log(other.source) && (!claim.seed || other.seed == claim.seed) &&
        other.calibration_ms)
      out = std::max(out.value_or(0), *other.calibration_ms);
  return out;
}

}  // namespace

ClaimFinding claimed_train_time(const Publication& all, const SourceClaims& file, const RuleReading& reading) {
  ClaimFinding worst;
  for (const auto* claim : file.claims) {
    if (!claim->train_ms) continue;
    const auto calibration = calibration_of(all, *claim);
    TrainTime time{static_cast<double>(*claim->train_ms), static_cast<double>(calibration.value_or(0)), 0};
    if (claim->steps && *claim->steps > 0) time.mean_step_ms = time.loop_ms / static_cast<double>(*claim->steps);
    auto finding = judge_train_time(time, reading);
    if (!calibration) {
      finding.reason += "; no time of calibration on training data is printed";
      if (finding.status == Status::pass) finding.status = missing_is(reading, "no_calibration");
    }
    finding.reason = seed_name(file, *claim) + finding.reason;
    keep_worst(worst, finding);
  }
  if (!worst && file.log) return unknown("no training time is printed", "ms", reading.integer("limit_ms"));
  return worst;
}

namespace {

// The passes of one claim that count, by their printed times.
struct TimedPasses {
  int64_t total_ms = 0;
  int timed = 0, untimed = 0;
  bool headline = false;
};

TimedPasses timed_passes(const Claim& claim, const std::string& headline, bool every) {
  TimedPasses out;
  for (const auto& eval : claim.evals) {
    if (!every && eval.name != headline) continue;
    if (eval.eval_ms)
      out.total_ms += *eval.eval_ms, ++out.timed;
    else
      out.untimed += eval.name != kLivePass;  // within training, whose clock stands still meanwhile
    out.headline |= eval.name == headline && eval.eval_ms;
  }
  return out;
}

}  // namespace

ClaimFinding claimed_eval_time(const Publication& all, const SourceClaims& file, const RuleReading& reading) {
  const int64_t limit = reading.integer("limit_ms");
  const bool every = reading.text("counts") == "all_passes";
  ClaimFinding worst;
  for (const auto* claim : file.claims) {
    const TimedPasses passes = timed_passes(*claim, all.submission.headline.eval, every);
    if (passes.timed == 0) continue;
    Finding finding{passes.total_ms <= limit ? Status::pass : Status::fail, passes.total_ms, limit, "ms", {}, {}};
    finding.reason =
        every ? fmt::format("all timed passes over validation data ({})", passes.timed) : "the scored pass alone";
    if (finding.status == Status::pass && file.log && (passes.untimed > 0 || !passes.headline))
      finding.status = Status::unknown, finding.reason += passes.headline
                                                              ? fmt::format("; {} print no time", passes.untimed)
                                                              : "; the scored pass prints no time";
    finding.reason = seed_name(file, *claim) + finding.reason;
    keep_worst(worst, finding);
  }
  if (!worst && file.log) return unknown("no evaluation time is printed", "ms", limit);
  return worst;
}

}  // namespace rules

namespace {

using ClaimRule = rules::ClaimFinding (*)(const rules::Publication&, const rules::SourceClaims&, const RuleReading&);

ClaimRule claim_rule(std::string_view id) {
  static const std::map<std::string, ClaimRule, std::less<>> table{
      {"artifact_size", rules::claimed_size},    {"size_adds_up", rules::claimed_sum},
      {"train_time", rules::claimed_train_time}, {"eval_time", rules::claimed_eval_time},
      {"byte_count", rules::claimed_byte_count}, {"printed_precision", rules::printed_precision},
      {"claims_agree", rules::claims_agree},     {"seeds_independent", rules::seeds_independent},
      {"hardware", rules::claimed_hardware},     {"training_text", rules::training_text},
  };
  const auto found = table.find(id);
  return found == table.end() ? nullptr : found->second;
}

// Whether another text bears the id of a submission that pgolf ships; "" if none does.
std::string other_than_shipped(const Submission& submission) {
  const Submission* shipped = shipped_submission(submission.id);
  if (!shipped || shipped->sha256 == submission.sha256) return "";
  return fmt::format("{} is another text", submission.file);
}

// Rules about the publication as a whole.
std::optional<rules::Finding> whole_finding(const rules::Publication& all, const Rule& rule,
                                            const RuleReading& reading) {
  if (rule.id == "seeds_shown") return rules::seeds_shown(all, reading);
  if (rule.id == "one_script") return rules::one_script(all, reading);
  if (rule.id == "code_in_one_file") return rules::code_in_one_file(all, reading);
  if (rule.id == "submission_identity") {
    const std::string problem = other_than_shipped(all.submission);
    return rules::submission_identity(all.submission.id, shipped_submission(all.submission.id) != nullptr,
                                      problem.empty() ? std::vector<std::string>{} : std::vector{problem});
  }
  for (const std::string_view id : {"score_before_update", "scored_once", "normalised", "causal",
                                    "training_without_validation", "evaluation_without_training"})
    if (rule.id == id) return rules::not_shown_by_logs(id);
  return std::nullopt;
}

}  // namespace

bool is_log(std::string_view source) {
  return source.ends_with(".log") || source.ends_with(".txt") || source.ends_with(".out");
}

std::vector<Verdict> judge_claims(const Submission& submission, std::span<const PublishedLog> logs,
                                  const Ruleset& ruleset, std::string_view as_of) {
  if (!as_of.empty()) check_date(as_of, "--as-of");
  const auto date = as_of.empty() ? std::string_view(ruleset.date) : as_of;
  const rules::Publication all{submission, logs, ruleset};
  const auto files = rules::by_source(submission);
  std::vector<Verdict> out;
  for (const auto& rule : ruleset.rules) {
    if (!rule.subjects.contains("claim")) continue;
    const ClaimRule measure = claim_rule(rule.id);
    for (const auto which : {Reading::strict, Reading::practice}) {
      const auto& reading = rule.reading(which);
      if (!rules::in_force(reading, date)) continue;
      const size_t before = out.size();
      const auto add = [&](const std::string& source, rules::Finding finding) {
        if (finding.evidence.empty()) finding.evidence = source;
        if (rules::exempt(reading, submission.track))
          finding = rules::exempt_finding(ruleset, reading, submission.track, finding);
        out.push_back(rules::make_verdict(rule, which, source, finding));
      };
      if (auto finding = whole_finding(all, rule, reading)) add("", *finding);
      for (const auto& file : files)
        if (auto finding = measure ? measure(all, file, reading) : std::nullopt) add(file.source, *finding);
      if (out.size() == before) add("", rules::unknown("the publication says nothing about it"));
    }
  }
  return out;
}

}  // namespace pgolf
