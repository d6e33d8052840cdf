#include "archive/smallest_fix.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>

#include "base/units.h"

namespace pgolf {
namespace {

double beyond(const Verdict& v) {
  return v.observed.is_number() && v.limit.is_number() ? v.observed.get<double>() - v.limit.get<double>() : 0;
}

// Up, so that what is asked for is enough.
std::string seconds_text(double ms) { return fmt::format("{:.1f} s", std::ceil(ms / 100) / 10); }

// What the claimed score comes to on the challenge's bytes, to the four digits that all its streams agree on. Only
// where the bytes can be those of the whole text, counted otherwise: a mean over a part of it says nothing of the rest.
std::string on_true_bytes(const Verdict& v, const std::string& val_bpb) {
  constexpr double kTrueBytes = 151.075e6, kLeast = 0.9, kMost = 1.35;
  const double claimed = std::strtod(val_bpb.c_str(), nullptr);
  const double ratio = v.observed.is_number() && v.unit == "bytes" ? v.observed.get<double>() / kTrueBytes : 0;
  if (ratio < kLeast || ratio > kMost || claimed <= 0) return ", score the whole text and claim what comes out";
  return fmt::format(": the claimed {} is about {:.3f} on them", val_bpb, claimed * ratio);
}

std::string fix_of(const Verdict& v, const std::string& val_bpb) {
  if (v.rule == "artifact_size") return fmt::format("pack {} bytes less", with_commas(std::llround(beyond(v))));
  if (v.rule == "train_time")
    return fmt::format("stop training {} earlier, or reserve as much", seconds_text(beyond(v)));
  if (v.rule == "eval_time")
    return fmt::format("score {} faster, or leave out passes that take as long", seconds_text(beyond(v)));
  if (v.rule == "size_adds_up" && v.limit.is_number())
    return fmt::format("print {} bytes, the sum of the parts", with_commas(std::llround(v.limit.get<double>())));
  if (v.rule == "byte_count") return "count the bytes of the challenge's text" + on_true_bytes(v, val_bpb);
  if (v.rule == "seeds_independent") return "run this seed again by itself and publish its own log";
  if (v.rule == "one_script") return "run all seeds by one script and publish their logs";
  if (v.rule == "claims_agree") return "correct the text to what the logs say";
  return "correct what the reason names";
}

}  // namespace

std::vector<Fix> smallest_fixes(std::span<const Verdict> verdicts, const std::string& val_bpb) {
  std::vector<Fix> out;
  for (const Reading reading : {Reading::practice, Reading::strict})
    for (const Verdict& first : verdicts) {
      if (first.reading != reading || first.status != Status::fail || !first.counts) continue;
      if (std::any_of(out.begin(), out.end(), [&](const Fix& fix) { return fix.rule == first.rule; })) continue;
      const Verdict* worst = &first;
      for (const Verdict& v : verdicts)
        if (v.rule == first.rule && v.reading == reading && v.status == Status::fail && beyond(v) > beyond(*worst))
          worst = &v;
      out.push_back({first.rule, reading_name(reading),
                     (worst->subject.empty() ? "" : worst->subject + ": ") + fix_of(*worst, val_bpb)});
    }
  return out;
}

}  // namespace pgolf
