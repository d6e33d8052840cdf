#include "identity/identity.h"

#include <gtest/gtest.h>

#include <filesystem>

#include "base/file.h"
#include "base/sha256.h"

namespace pgolf {
namespace {

const std::filesystem::path kSource = PGOLF_SOURCE_DIR, kBuild = PGOLF_BINARY_DIR;

TEST(Identity, IsOfWhatThisTreeShips) {
  EXPECT_EQ(built_engine_sha256(), sha256_file(kBuild / "pgolf-engine"));
  const auto rulesets = shipped_rulesets();
  EXPECT_GE(rulesets.size(), 1u);
  for (const auto& [id, text] : rulesets) EXPECT_EQ(text, read_text(kSource / "rules" / (id + ".toml"))) << id;
  const auto submissions = shipped_submissions();
  EXPECT_EQ(submissions.size(), 5u);
  for (const auto& [id, text] : submissions)
    EXPECT_EQ(text, read_text(kSource / "submissions" / id / "submission.toml")) << id;
}

}  // namespace
}  // namespace pgolf
