// Whether validation documents are in the training data.
#include "engine/data/overlap.h"
#include "judge/rules/rules.h"

namespace pgolf::rules {

Finding train_val_overlap(const RunEvidence& run, const RuleReading& reading) {
  const auto& overlap = run.facts.overlap;
  const double limit = reading.number("max_share");
  if (!overlap || run.facts.manifest.empty())
    return unknown(
        "the training shards were not read against the validation text: they are not there, or not what the "
        "manifest says",
        "", limit);
  const double share =
      static_cast<double>(overlap->val_documents) / static_cast<double>(std::max<int64_t>(overlap->of_documents, 1));
  Finding out{Status::pass,
              share,
              limit,
              "",
              "no training document has the tokens of a validation document, nor a good part of its text",
              "manifest"};
  if (!overlap->near_looked_for)
    out.reason = "no training document has the tokens of a validation document; nobody looked for changed ones";
  const bool much_text = is_much_text(overlap->repeated_text, overlap->of_documents);
  if (overlap->val_documents == 0 && !much_text) return out;
  const bool beyond = much_text || is_beyond_chance(overlap->val_documents, overlap->of_documents, limit);
  out.status = beyond ? Status::fail : Status::warn;
  out.reason = fmt::format("{} of {} validation documents are in training: {}", with_commas(overlap->val_documents),
                           with_commas(overlap->of_documents), overlap->text);
  if (out.status == Status::warn) out.reason += "; as many as the web repeats by chance";
  return out;
}

}  // namespace pgolf::rules
