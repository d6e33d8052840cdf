#include "db/attempts.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/error.h"
#include "base/message.h"

namespace pgolf {
namespace {
constexpr int64_t kMostTimes =
    1'000'000'000'000;  // more than system calls fit into a run; sums stay far from their end
}  // namespace

Json attempts_to_json(const std::vector<Attempt>& attempts) {
  Json out = Json::array();
  for (const Attempt& a : attempts) out.push_back({{"kind", a.kind}, {"what", a.what}, {"times", a.times}});
  return out;
}

std::vector<Attempt> attempts_of(const Json& document, std::string_view origin) {
  std::vector<Attempt> out;
  if (!document.contains("denied")) return out;
  for (const Json& a : json_get<std::vector<Json>>(document, "denied", origin))
    out.push_back({json_get<std::string>(a, "kind", origin), as_message(json_get<std::string>(a, "what", origin)),
                   json_get<int64_t>(a, "times", origin)});
  for (const Attempt& a : out)
    if (a.times < 1 || a.times > kMostTimes)
      fail(ErrorKind::submission, "{}: an attempt that was made {} times", origin, a.times);
  return out;
}

bool was_watched(const Json& document, std::string_view origin) {
  return document.contains("watched") && json_get<bool>(document, "watched", origin);
}

std::string attempt_text(const Attempt& attempt) {
  return attempt.times == 1 ? attempt.what : fmt::format("{} ({} times)", attempt.what, attempt.times);
}

std::string attempts_text(const std::vector<Attempt>& attempts, size_t most) {
  std::string out;
  for (size_t i = 0; i < std::min(attempts.size(), most); ++i) out += (i > 0 ? "; " : "") + attempt_text(attempts[i]);
  if (attempts.size() > most) out += fmt::format("; and {} more", attempts.size() - most);
  return out;
}

std::string isolation_text(const PhaseRow& phase) {
  const bool silent = phase.sandbox == "none" || phase.outcome.empty();  // while it runs, that is not yet known
  return silent || was_watched(parse_json(phase.document, phase.name), phase.name)
             ? phase.sandbox
             : phase.sandbox + ", attempts not watched";
}

}  // namespace pgolf
