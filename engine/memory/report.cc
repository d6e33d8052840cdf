#include <fmt/format.h>

#include "base/names.h"
#include "engine/memory/need.h"

namespace pgolf {
namespace {

struct Row {
  const char* phase;
  MemoryParts MemoryNeed::*parts;
};
constexpr Row kPhases[] = {
    {kTrainPhase, &MemoryNeed::train}, {kPackPhase, &MemoryNeed::pack}, {kEvalPhase, &MemoryNeed::eval}};

double gib(size_t bytes) { return static_cast<double>(bytes) / 0x1p30; }

Json bytes_of(const MemoryNeed& need) {
  Json out;
  for (const Row& row : kPhases) out[row.phase] = sum_of(need.*row.parts);
  return out;
}

Json parts_of(const MemoryNeed& need) {
  Json out;
  for (const Row& row : kPhases)
    for (size_t i = 0; i < kPurposes.size(); ++i) out[row.phase][kPurposes[i]] = (need.*row.parts)[i];
  return out;
}

std::string row_text(const std::string& name, const MemoryParts& parts) {
  std::string out = fmt::format("{:<16}", name);
  for (const size_t bytes : parts) out += fmt::format(" {:>11.3f}", gib(bytes));
  return out + fmt::format(" {:>9.3f}\n", gib(sum_of(parts)));
}

}  // namespace

Json to_json(const MemoryReport& r) {
  Json out = {{"format", "pgolf.memory/1"}, {"device", r.device},        {"compute", r.compute},
              {"need", bytes_of(r.need)},   {"parts", parts_of(r.need)}, {"total", or_null(r.total)},
              {"free", or_null(r.free)}};
  if (r.measured) out["measured"] = bytes_of(*r.measured), out["measured_parts"] = parts_of(*r.measured);
  return out;
}

std::string to_text(const MemoryReport& r) {
  std::string out =
      fmt::format("memory at the peak of each phase on {}, {}, in GiB\n\n{:<16}", r.device, r.compute, "");
  for (const char* purpose : kPurposes) out += fmt::format(" {:>11}", purpose);
  out += fmt::format(" {:>9}\n", "sum");
  for (const Row& row : kPhases) {
    out += row_text(std::string(row.phase) + " needs", r.need.*row.parts);
    if (r.measured) out += row_text("  measured", *r.measured.*row.parts);
  }
  if (r.total && r.free) out += fmt::format("\nthe device has {:.2f} GiB, {:.2f} free\n", gib(*r.total), gib(*r.free));
  return out;
}

}  // namespace pgolf
