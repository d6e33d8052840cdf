// A comparison of two groups of runs: what their difference is, and what a sample of this size can and cannot show.
//
// A pure function of two sides. It asks whether A beats B by a margin, as upstream asks of a record (0.005 nats at
// p < 0.01): from one interval, `1 - 2 alpha` wide, follow the one-sided Welch test (better, worse) and the two
// one-sided tests of equivalence (equal). docs/comparing.md.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "harness/compare/statistics.h"
#include "judge/claims/printed.h"

namespace pgolf {

struct Measured {
  std::string id;  // of the run, or "train_seed42.log"
  std::optional<int64_t> seed;
  double value = 0;
  std::vector<std::string> computed;  // hashes that a repetition shares: of configuration and seed, artifact, log
};

struct CompareSide {
  std::string name;  // "pr-334, demo", "claims of pr-334"
  bool claims = false;
  std::string profile;
  std::string pass;         // the evaluation that the values are of: "ttt"
  std::string data_sha256;  // of the validation text and its tokenizer; "" if not known
  std::optional<ByteInterval> bytes_per_target;
  std::vector<Measured> runs;
  std::vector<std::string> mixed;  // what is mixed within this side
  std::vector<std::string> notes;  // what must be said of it: runs left out, imported runs, broken rules
  std::string strict, practice;    // outcome of its runs, the worst, or of the publication; "" if none was judged
};

struct CompareOptions {
  std::string metric = "val_bpb";  // val_bpb or val_loss, or one of a pass: val_bpb_quant
  double margin_nats = 0;          // nats per token
  double alpha = 0;                // of each one-sided test
  double power = 0.8;
  bool mixed = false;  // compare what is not comparable, and say so
};

enum class CompareOutcome { better, worse, equal, inconclusive };
const char* outcome_name(CompareOutcome outcome);

// Everything in the unit of the metric; differences are mean(B) - mean(A), positive where A is better (lower).
struct Comparison {
  CompareOutcome outcome = CompareOutcome::inconclusive;
  std::string reason;
  bool refuted_better = false, refuted_equal = false;  // shown not to be so
  Sample a, b;
  std::string unit;                     // "bits per byte", "nats per token"
  std::optional<double> nats_per_unit;  // of B's text
  std::optional<double> margin;         // nullopt where nats cannot be converted
  std::optional<Welch> test;            // nullopt with fewer than two runs a side or no variance
  std::optional<Interval> interval;     // of the difference, alpha in each tail
  std::optional<double> p_better;       // one-sided, of a gain above the margin
  std::optional<double> p_any;          // of any gain
  std::optional<double> p_equal;        // of a difference within the margin
  std::optional<double> detectable;     // smallest gain above the margin that would be found with `power`
  std::optional<int64_t> runs_needed;   // a side, to find a gain of twice the margin, this spread given
  std::vector<std::string> mixed, notes;
};

// Errors: usage if the sides must not be set beside each other (profile, data, metric, one side in itself), naming what
// differs, unless options.mixed; if a metric is neither val_bpb nor val_loss; if a side is empty.
Comparison compare(const CompareSide& a, const CompareSide& b, const CompareOptions& options);

// Errors: usage unless the metric is one in which runs can be compared.
void check_metric(const std::string& metric);

// Whether A was to be shown better or equal: exit code 0 if it was, 1 if the contrary was, 3 if neither.
int exit_code_of(const Comparison& comparison, bool expect_equal);

}  // namespace pgolf
