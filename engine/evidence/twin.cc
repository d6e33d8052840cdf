#include "engine/evidence/twin.h"

#include <cmath>
#include <numbers>

namespace pgolf {

std::optional<TextScore> text_score(const DocumentsEvent& sums) {
  const auto n = static_cast<double>(sums.documents), bytes = static_cast<double>(sums.bytes);
  const bool whole = sums.documents >= 2 && sums.bytes > 0 && std::isfinite(sums.nll) && sums.nll >= 0 &&
                     std::isfinite(sums.nll_nll) && std::isfinite(sums.nll_bytes) && std::isfinite(sums.bytes_bytes);
  if (!whole) return std::nullopt;
  const double ratio = sums.nll / bytes;
  const double squares = sums.nll_nll - 2 * ratio * sums.nll_bytes + ratio * ratio * sums.bytes_bytes;
  constexpr double kRounding = 1e-9;  // of sums that cancel
  if (squares < -kRounding * sums.nll_nll) return std::nullopt;
  const double error = std::sqrt(std::max(squares, 0.0) * n / (n - 1)) / bytes;
  return TextScore{sums.documents, ratio / std::numbers::ln2, error / std::numbers::ln2};
}

double TwinGap::error() const { return std::hypot(val.error, twin.error); }

std::optional<TwinGap> twin_gap_of(const EventsFile& log, std::string* problem) {
  const DocumentsEvent *val = nullptr, *twin = nullptr;
  int64_t line = 0, times = 0;
  for (const EventRecord& record : log.events)
    if (const auto* sums = std::get_if<DocumentsEvent>(&record.event)) {
      if (sums->name == kTwinValPass) val = sums, ++times;
      if (sums->name == kTwinPass) twin = sums, ++times, line = record.line;
    }
  if (times == 0) return std::nullopt;
  std::optional<TextScore> of_val, of_twin;
  if (val && twin && times == 2) of_val = text_score(*val), of_twin = text_score(*twin);
  if (of_val && of_twin) return TwinGap{*of_val, *of_twin, line};
  if (problem) *problem = "what the evaluation says of the two texts is not what documents can give";
  return std::nullopt;
}

}  // namespace pgolf
