// A judgement on record names the SHA-256 of its ruleset, so a ruleset that was shipped is never edited.
#include <gtest/gtest.h>

#include <filesystem>
#include <map>

#include "base/file.h"
#include "base/sha256.h"

namespace pgolf {
namespace {

const std::map<std::string, std::string> kFrozen = {
    {"pg-2026-05-02", "a2fa3eb7efb99f8e72482a512cf7fdc5e0769713780a41bb01258211ffc3a1be"},
    {"pg-2026-05-02.2", "3a910b49126835c8d738d1b4ff0f8c95579d8842f0fa681c3ee28df4dd15b999"},
    {"pg-2026-05-02.3", "afc960ab6d4a806a39242a25765b67182d346ac6136bb79c187a7606f78c64b9"},
    {"pgolf-evidence-1", "2994fbb6eccb101bf0d3d76fb0d352545e388b0d2251170762f4392024cd80a0"},
    {"pgolf-evidence-2", "d562192c1b357fd38ef93bb90de21fd2ebcb0c8b8a14ef67a0f0ce015bc0fa95"},
};

TEST(FrozenRules, ANewVersionIsANewFile) {
  std::map<std::string, std::string> found;
  for (const auto& file : std::filesystem::directory_iterator(PGOLF_SOURCE_DIR "/rules"))
    if (file.path().filename() != "rulings.toml")  // grows row by row
      found[file.path().stem().string()] = sha256_hex(read_text(file.path()));
  for (const auto& [id, sha256] : kFrozen)
    EXPECT_EQ(found[id], sha256) << "rules/" << id << ".toml was edited: a new version is a new file, with an id and a "
                                 << "line here of its own";
  for (const auto& [id, sha256] : found)
    EXPECT_TRUE(kFrozen.contains(id)) << "rules/" << id << ".toml is new: freeze it by a line here, " << sha256;
}

}  // namespace
}  // namespace pgolf
