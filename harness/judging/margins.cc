#include "harness/judging/margins.h"

#include "base/message.h"
#include "base/notice.h"
#include "harness/judging/find_ruleset.h"

namespace pgolf {

std::optional<RecordMargin> Margins::of(const RunRecord& record) {
  const std::string sha256 = record.judgement ? record.judgement->ruleset_sha256 : "";
  const auto [entry, fresh] = known_.try_emplace(sha256);
  if (!fresh) return entry->second;
  const auto judged_by = record.judgement ? find_text(rules_, record.judgement->ruleset, sha256) : std::nullopt;
  const Ruleset ruleset = judged_by ? parse_ruleset(*judged_by, record.judgement->ruleset) : intact_ruleset(rules_);
  if (record.judgement && !judged_by)
    notice("the text of '{}' that judged {} is not at hand; the margin is that of {}",
           as_message(record.judgement->ruleset), record.run.id, ruleset.id);
  return entry->second = record_margin(ruleset);
}

}  // namespace pgolf
