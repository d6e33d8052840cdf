// Whether the data are those of the manifest.
#include <set>

#include "judge/rules/rules.h"

namespace pgolf::rules {

Finding data_hashes(const RunEvidence& run, const RuleReading&) {
  if (run.facts.manifest.empty()) return unknown("there is no manifest to compare with", "files", 0);
  int64_t compared = 0, differ = 0, unhashed = 0;
  std::set<std::string> roles;
  std::string first;
  for (const auto& phase : run.phases) {
    if (!phase.events) continue;
    for (const auto& record : phase.events->events) {
      const auto* data = std::get_if<DataEvent>(&record.event);
      if (!data || (data->role != "train" && data->role != "val" && data->role != "tokenizer")) continue;
      if (data->sha256.empty()) {
        ++unhashed;
        continue;
      }
      ++compared;
      roles.insert(data->role);
      const auto same = std::find_if(
          run.facts.manifest.begin(), run.facts.manifest.end(),
          [&](const ManifestFile& file) { return file.role == data->role && file.sha256 == data->sha256; });
      if (same == run.facts.manifest.end() && differ++ == 0) first = fmt::format("{}:{}", phase.file, record.line);
    }
  }
  Finding out{Status::pass, differ, 0, "files", fmt::format("{} files have the manifest's SHA-256", compared - differ),
              first};
  int64_t remembered = 0;
  for (const auto& phase : run.phases) remembered += phase.facts.remembered;
  if (remembered > 0)
    out.reason += fmt::format(", {} as hashed before, since size, times and inode are what they were", remembered);
  if (differ > 0)
    out.status = Status::fail,
    out.reason =
        fmt::format("{} of {} files are not the manifest's, or it says of them what they are not", differ, compared);
  else if (unhashed > 0)
    out.status = Status::unknown, out.reason = fmt::format("{} files were opened and not hashed", unhashed);
  else if (!roles.contains("train") || !roles.contains("val"))
    out.status = Status::unknown, out.reason = "the phases did not report both training and validation files";
  return out;
}

}  // namespace pgolf::rules
