// No field is there for nobody: a submission sets it, or docs/techniques.md says why it is kept.
#include <gtest/gtest.h>

#include <set>

#include "base/file.h"
#include "engine/config/fields.h"
#include "resolve/submission.h"
#include "tests/support/source_dir.h"

namespace pgolf {
namespace {

TEST(FieldUse, EveryFieldIsSetBySomeSubmissionOrExplained) {
  std::set<std::string> set;
  const auto root = source_dir() / "submissions";
  for (const std::string& id : list_submissions(root)) {
    const Submission submission = load_submission(root / id);
    for (const Setting& setting : submission.config) set.insert(setting.key);
    for (const Profile& profile : submission.profiles)
      for (const Setting& setting : profile.settings) set.insert(setting.key);
  }
  const std::string document = read_text(source_dir() / "docs/techniques.md");
  for (const Field& field : config_fields())
    EXPECT_TRUE(set.contains(field.key) || document.find("| `" + field.key + "` |") != document.npos) << field.key;
}

}  // namespace
}  // namespace pgolf
