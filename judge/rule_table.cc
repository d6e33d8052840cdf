#include "judge/rule_table.h"

#include <algorithm>

namespace pgolf {
namespace {

using namespace rules;

// A rule that needs its own reading alone.
template <Finding (*measure)(const RunEvidence&, const RuleReading&)>
Finding of_run(const RunEvidence& run, const RuleReading& reading, const Ruleset&) {
  return measure(run, reading);
}

Finding identity_of_run(const RunEvidence& run, const RuleReading&, const Ruleset&) {
  return submission_identity(run.facts.submission, run.facts.shipped, run.facts.not_shipped);
}

Finding known_text(const RunEvidence& run, const RuleReading&, const Ruleset& ruleset) {
  return validation_set(run, ruleset.streams);
}

constexpr ParamKind kInteger = ParamKind::integer, kNumber = ParamKind::number, kFlag = ParamKind::flag,
                    kText = ParamKind::text;
const std::vector<std::string_view> kMissing = {"pass", "warn", "unknown"};  // what absent evidence is taken for

std::vector<RuleSpec> size_and_time() {
  return {
      {.id = "artifact_size",
       .params = {{"limit_bytes", kInteger},
                  {"code", kText, false, {"shipped", "counted"}},
                  {"code_as_claimed", kText, true, kMissing}},
       .run = of_run<artifact_size>,
       .weights = {.scaled = true},
       .run_text = "bytes of `artifact.bin`, counted now, plus those of the code: of the script as shipped, or as the "
                   "submission counts it (a compressed wrapper)",
       .file = claimed_size,
       .claim_text = "the printed total, with the script as shipped where its bytes are known. A printed size of code "
                     "is \"counted\" if it is that of `[code] file` or of what that file unwraps to, else \"as "
                     "claimed\". Strictly `unknown` where the script has less than half of what the log counts and "
                     "wraps nothing"},
      {.id = "size_adds_up", .file = claimed_sum, .claim_text = "model bytes + code bytes = the printed total"},
      {.id = "train_time",
       .params = {{"limit_ms", kInteger},
                  {"trust_own_clock", kFlag},
                  {"overshoot_steps", kInteger, true},
                  {"overshoot_ms", kInteger, true},
                  {"no_calibration", kText, true, kMissing},
                  {"tolerance_ms", kInteger, true}},
       .run = of_run<train_time>,
       .weights = {.timed = true, .scaled = true, .witnessed = true},
       .run_text = "the loop plus what reads training data after it; the loop may end `overshoot_steps` or "
                   "`overshoot_ms` late, `tolerance_ms` in all, which is `warn`",
       .file = claimed_train_time,
       .claim_text = "the printed times, against the same limit. A calibration that no log times is not free: "
                     "`no_calibration`"},
      {.id = "eval_time",
       .params = {{"limit_ms", kInteger},
                  {"trust_own_clock", kFlag},
                  {"counts", kText, false, {"all_passes", "headline_pass"}}},
       .run = of_run<eval_time>,
       .weights = {.timed = true, .scaled = true, .witnessed = true},
       .run_text = "every part that computes from validation tokens, or the scored pass alone",
       .file = claimed_eval_time,
       .claim_text = "the printed times of the passes; a pass without a time is `unknown`"},
      {.id = "hardware",
       .params = {{"gpu", kText}, {"count", kInteger}},
       .run = of_run<hardware>,
       .weights = {.timed = true, .witnessed = true},
       .run_text = "the GPUs and their number; anything else is `unknown`",
       .file = claimed_hardware,
       .claim_text = "the machine as stated, and the number of processes as the log prints it"},
  };
}

std::vector<RuleSpec> scores_and_updates() {
  return {
      {.id = "score_before_update",
       .params = {{"concurrent", kFlag}, {"discarded", kFlag}},
       .run = of_run<score_before_update>,
       .run_text = "target updates that no score happened before; `concurrent` and `discarded` ones "
                   "([evidence.md](evidence.md)) are `warn` where the reading tolerates them",
       .not_shown = "what was learned from validation tokens, and when; the ledger of a run does"},
      {.id = "scored_once",
       .params = {{"max_repeated", kInteger}, {"max_missing", kInteger}},
       .run = of_run<scored_once>,
       .run_text = "targets not scored exactly once, against the harness's count of targets; up to the limits `warn`",
       .not_shown = "how often each target was scored; the ledger of a run does"},
      {.id = "normalised",
       .params = {{"tolerance", kNumber}, {"min_samples", kInteger}},
       .run = of_run<normalised>,
       .run_text = "the worst sum over the vocabulary at sampled positions, 1 up to the tolerance",
       .not_shown = "whether a score is a probability; the samples of a run do"},
      {.id = "causal",
       .params = {{"min_samples", kInteger}},
       .run = of_run<causal>,
       .run_text =
           "earlier scores that change when later tokens are replaced: none may; a probe that contradicts itself fails",
       .not_shown = "whether a score depends on later tokens; the probes of a run do"},
  };
}

std::vector<RuleSpec> data() {
  return {
      {.id = "training_without_validation",
       .params = {{"isolation", kFlag}},
       .run = of_run<training_without_validation>,
       .weights = {.witnessed = true},
       .run_text = "validation files that train or pack opened, and refused attempts at any: none. With `isolation`, a "
                   "sandbox kept them away",
       .not_shown = "which files training read; a run in the sandbox does"},
      {.id = "evaluation_without_training",
       .params = {{"isolation", kFlag}},
       .run = of_run<evaluation_without_training>,
       .weights = {.witnessed = true},
       .run_text = "training files that eval opened, and refused attempts at any or at a network: none. With "
                   "`isolation`, a sandbox kept both away",
       .not_shown = "which files and networks evaluation reached; a run in the sandbox does"},
      {.id = "byte_count",
       .params = {{"low_bytes", kInteger},
                  {"high_bytes", kInteger},
                  {"tail_targets", kInteger, true},
                  {"counts", kText, true, {"all_passes", "headline_pass"}}},
       .run = of_run<byte_count>,
       .run_text = "the bytes that `val_bpb` divides by: the harness's recount of the text, and `val_bpb = val_loss / "
                   "ln 2 x targets / bytes`",
       .file = claimed_byte_count,
       .claim_text =
           "each printed pair implies bytes per target, `val_loss / (ln 2 x val_bpb)`, up to print rounding "
           "([below](#printed-pairs)); the count must be that of the challenge's text. Passes of one text agree; "
           "what `tail_targets` at its end explain is `warn`. By `counts` a pair of another pass than "
           "the headline's is `warn` at worst"},
      {.id = "validation_set",
       .run = known_text,
       .run_text = "targets, bytes and SHA-256 of the tokens of the harness's recount: those of one of `[[streams]]`, "
                   "anything else `unknown`; the numbers alone are `warn` where the stream has no `tokens_sha256`"},
      {.id = "train_val_overlap",
       .params = {{"max_share", kNumber}},
       .run = of_run<train_val_overlap>,
       .run_text = "the share of the validation documents that are in the training shards, by equal tokens or with a "
                   "quarter of their text (`engine/data/near_documents.h`), some is `warn`; recounted from all shards, "
                   "`unknown` "
                   "where they are not there or not what the manifest says"},
      {.id = "training_extent",
       .run = of_run<training_extent>,
       .run_text = "training shards and their tokens that training opened, against `[upstream_data]`: other data are "
                   "`warn`, unknown ones `unknown`"},
      {.id = "training_text",
       .params = {{"suspect_shards", kInteger}},
       .file = training_text,
       .claim_text = "the number of training shards that the log prints; `suspect_shards` are the mark of a "
                     "preparation that trains on validation documents, and `unknown`"},
  };
}

std::vector<RuleSpec> evidence() {
  return {
      {.id = "artifact_identity",
       .run = of_run<artifact_identity>,
       .run_text = "the artifact's SHA-256 now: that recorded before evaluation, that packing reported and that "
                   "evaluation opened"},
      {.id = "ledger_intact",
       .run = of_run<ledger_intact>,
       .run_text = "the head of the ledger's hash chain: the recorded one, and there is an END line"},
      {.id = "kept_to_sandbox",
       .run = of_run<kept_to_sandbox>,
       .weights = {.witnessed = true},
       .run_text = "refused attempts of train, pack and eval, of every kind ([faults.md](faults.md)): none; a run that "
                   "was not watched is `unknown`"},
      {.id = "data_hashes",
       .run = of_run<data_hashes>,
       .run_text = "data files whose SHA-256 is not the manifest's, or of which it says what they are not: none"},
      {.id = "engine_identity",
       .run = of_run<engine_identity>,
       .weights = {.witnessed = true},
       .run_text = "SHA-256 of the engine that ran each phase: the one that pgolf was built with, anything else "
                   "`unknown`; so is one with an `LD_LIBRARY_PATH`, with a library of its own or one that changed "
                   "between phases"},
      {.id = "phases_ran_once",
       .run = of_run<phases_ran_once>,
       .weights = {.witnessed = true},
       .run_text = "earlier attempts at train, pack and eval: none; `warn` after failures that were not the "
                   "submission's ([commands.md](commands.md)), `fail` after one that was, or after an attempt that had "
                   "ended well"},
      {.id = "one_result",
       .run = of_run<one_result>,
       .run_text = "events that report a result (`engine/evidence/result.h`): one, finite, at least 0.001 bits per "
                   "byte, `val_bpb = val_loss / ln 2 x targets / bytes`, and the running sums of its pass end in it; "
                   "sums that end before are `unknown`"},
      {.id = "fits_configuration",
       .run = of_run<fits_configuration>,
       .run_text = "contradictions between the run and its pinned configuration ([below](#what-fits)): none"},
      {.id = "audited",
       .params = {{"tolerance_bpb", kNumber}},
       .run = of_run<audited>,
       .run_text =
           "what our engine makes of the artifact alone ([below](#audit)): every bit of the run's result and of "
           "its sums on the same engine and kind of device, `tolerance_bpb` elsewhere; the ledger byte for byte "
           "everywhere; of steps that were trained again every hash"},
      {.id = "twin_gap",
       .params = {{"max_gap_bpb", kNumber}, {"deviations", kNumber}, {"min_documents", kInteger}},
       .run = of_run<twin_gap>,
       .run_text = "by how much the artifact, without adaptation, scores a second text of the same source worse than "
                   "the validation text ([below](#twin)): `fail` where the lower end of the interval, `deviations` "
                   "standard errors wide each way, is above `max_gap_bpb`"},
      {.id = "submission_identity",
       .run = identity_of_run,
       .run_text = "configuration and code bytes: what the shipped submission of the run's name gives for its profile, "
                   "seed and overrides, else `unknown`. A name that pgolf does not ship is nobody's",
       .publication = claimed_identity,
       .claim_text = "a submission.toml that bears the id of a shipped submission is its text"},
  };
}

std::vector<RuleSpec> publications() {
  return {
      {.id = "printed_precision",
       .file = printed_precision,
       .claim_text = "a log prints the same quantity with as many decimals as the other logs do"},
      {.id = "claims_agree",
       .file = claims_agree,
       .claim_text = "README, `submission.json` and card say what the logs say, or its mean, or a rounding of it"},
      {.id = "seeds_independent",
       .params = {{"max_repeated_share", kNumber}, {"min_repeated", kInteger, true}, {"sure_share", kNumber, true}},
       .file = seeds_independent,
       .claim_text =
           "the share of [measured lines](#measured-lines) that stand in another seed's log with the same values, "
           "from `min_repeated` lines or `sure_share` of them on. Logs of one seed are of one run and count "
           "as one; so are a log without a seed that is another's copy, and a log of a series of trainings "
           "and what it holds"},
      {.id = "seeds_shown",
       .params = {{"min_seeds", kInteger}},
       .publication = seeds_shown,
       .claim_text = "every claimed seed has its log, which prints that seed; `min_seeds` at least"},
      {.id = "one_script",
       .publication = one_script,
       .claim_text = "all logs print the same bytes of code, and those that print parameters the same"},
      {.id = "code_in_one_file",
       .publication = code_in_one_file,
       .claim_text = "no other file of code lies beside the script"},
      {.id = "record_margin", .params = {{"margin_nats", kNumber}, {"alpha", kNumber}}},
  };
}

}  // namespace

const char* param_kind_name(ParamKind kind) {
  switch (kind) {
    case ParamKind::integer: return "an integer, not negative";
    case ParamKind::number: return "a number, not negative";
    case ParamKind::flag: return "true or false";
    case ParamKind::text: return "a string";
  }
  return "";
}

const RuleParam* RuleSpec::param(std::string_view name) const {
  const auto found = std::find_if(params.begin(), params.end(), [&](const RuleParam& p) { return p.name == name; });
  return found == params.end() ? nullptr : &*found;
}

std::span<const RuleSpec> rule_table() {
  static const std::vector<RuleSpec> table = [] {
    std::vector<RuleSpec> out;
    for (auto group : {size_and_time(), scores_and_updates(), data(), evidence(), publications()})
      out.insert(out.end(), group.begin(), group.end());
    return out;
  }();
  return table;
}

const RuleSpec* find_rule(std::string_view id) {
  const auto table = rule_table();
  const auto found = std::find_if(table.begin(), table.end(), [&](const RuleSpec& r) { return r.id == id; });
  return found == table.end() ? nullptr : &*found;
}

}  // namespace pgolf
