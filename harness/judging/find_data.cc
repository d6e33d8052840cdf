#include "harness/judging/find_data.h"

#include <vector>

#include "base/sha256.h"
#include "engine/data/manifest.h"
#include "harness/judging/audit_files.h"
#include "harness/run/own_files.h"

namespace pgolf {
namespace fs = std::filesystem;
fs::path find_data(const RunRecord& record, const Workspace& workspace, const std::string& manifest_sha256) {
  const auto holds_it = [&](const fs::path& directory) {
    const fs::path manifest = directory / kManifestName;
    return is_file_within(manifest, kMostManifestBytes) && sha256_file(manifest) == manifest_sha256;
  };
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(workspace.home / "data", ignored))
    if (holds_it(entry.path())) return entry.path();
  std::vector<const char*> facts = {kAuditDataFact};
  if (record.run.imported_at.empty()) facts.push_back("data_directory");
  for (const char* fact : facts)
    if (const auto recorded = record.environment.find(fact);
        recorded != record.environment.end() && holds_it(recorded->second))
      return recorded->second;
  return {};
}

}  // namespace pgolf
