// Whether all logs print as many decimals.
#include <map>

#include "judge/claims/logs.h"
#include "judge/claims/printed.h"

namespace pgolf::rules {

ClaimFinding printed_precision(const Publication& all, const SourceClaims& file, const RuleReading&) {
  if (!file.log) return std::nullopt;
  Finding out{Status::pass, {}, {}, "decimals", "as in the other logs", {}};
  if (logs_of(all.submission).size() < 2) return one_log(all, out);
  for (const auto* claim : file.claims)
    for (const auto& eval : claim->evals)
      for (const auto& [what, member] :
           {std::pair{"val_loss", &ClaimedEval::val_loss}, {"val_bpb", &ClaimedEval::val_bpb}}) {
        const std::string& text = eval.*member;
        if (text.empty()) continue;
        std::map<int, int> votes;
        for (const auto& other : all.submission.claims)
          for (const auto& e : other.evals)
            if (e.name == eval.name && is_log(other.source) && !(e.*member).empty()) ++votes[decimals(e.*member)];
        int usual = decimals(text);
        for (const auto& [digits, count] : votes)
          if (count > votes[usual]) usual = digits;
        if (decimals(text) == usual) continue;
        out.status = Status::fail;
        out.observed = decimals(text);
        out.limit = usual;
        out.reason =
            fmt::format("{} {} is printed as {}, the other logs print {} decimals", eval.name, what, text, usual);
      }
  return out;
}

}  // namespace pgolf::rules
