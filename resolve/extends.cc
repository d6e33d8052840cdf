#include "resolve/extends.h"

#include <algorithm>

#include "base/error.h"
#include "base/sha256.h"
#include "engine/config/fields.h"

namespace pgolf {
namespace fs = std::filesystem;
namespace {

// A technique that the variant switches off stays off where an inherited profile scales it.
void keep_off(std::vector<Profile>& profiles, const std::vector<Setting>& own) {
  for (const Setting& setting : own) {
    const Field& field = config_field(setting.key);
    if (field.off.is_null() || setting.value != field.off) continue;
    for (Profile& profile : profiles)
      std::erase_if(profile.settings, [&](const Setting& inherited) { return inherited.key == setting.key; });
  }
}

}  // namespace

Submission extended(Submission own, const Submission& base) {
  own.sha256 = sha256_hex(own.sha256 + base.sha256);
  if (own.seeds.empty()) own.seeds = base.seeds;
  if (own.track.empty()) own.track = base.track;
  if (own.upstream_data.dataset.empty()) own.upstream_data = base.upstream_data;
  if (own.code.counted.empty()) {
    own.code.bytes = base.code.bytes, own.code.shipped_bytes = base.code.shipped_bytes;
    own.code.counted = base.code.counted.empty() ? "" : "as " + base.id + " counts: " + base.code.counted;
  }
  std::vector<Profile> profiles = base.profiles;
  keep_off(profiles, own.config);
  own.config.insert(own.config.begin(), base.config.begin(), base.config.end());
  for (Profile& profile : own.profiles) {
    const auto same =
        std::find_if(profiles.begin(), profiles.end(), [&](const Profile& p) { return p.name == profile.name; });
    if (same == profiles.end()) {
      profiles.push_back(std::move(profile));
      continue;
    }
    same->summary = profile.summary;
    same->settings.insert(same->settings.end(), profile.settings.begin(), profile.settings.end());
  }
  own.profiles = std::move(profiles);
  return own;
}

fs::path base_directory(const Submission& own, const fs::path& root) {
  std::error_code ignored;
  const auto is_submission = [&](const fs::path& directory) {
    return fs::exists(directory / "submission.toml", ignored);
  };
  const fs::path beside = fs::absolute(own.directory).lexically_normal() / "";  // "x/mine/": its parent is "x/mine"
  if (own.extends.find('/') != std::string::npos) {
    if (const fs::path path = (beside / own.extends).lexically_normal(); is_submission(path)) return path;
  } else {
    if (const fs::path sibling = beside.parent_path().parent_path() / own.extends; is_submission(sibling))
      return sibling;
    if (!root.empty() && is_submission(root / own.extends)) return root / own.extends;
  }
  fail(ErrorKind::usage, "{}: extends '{}': no such submission beside it{}", own.file, own.extends,
       root.empty() ? "" : fmt::format(" or in {}, which has: {}", root.string(), submissions_text(root)));
}

}  // namespace pgolf
