// Every file of fuzz/corpus goes through the entry function that the fuzzers call.
#include <gtest/gtest.h>

#include <filesystem>

#include "base/file.h"
#include "fuzz/targets.h"

namespace pgolf::fuzz {
namespace {

const std::filesystem::path kCorpus = std::filesystem::path(PGOLF_SOURCE_DIR) / "fuzz/corpus";

TEST(FuzzCorpusTest, EveryFileIsAcceptedOrRefusedInOneLine) {
  for (const Target& target : targets()) {
    int files = 0;
    for (const auto& entry : std::filesystem::directory_iterator(kCorpus / target.name)) {
      const std::string bytes = read_text(entry.path());
      EXPECT_NO_THROW(target.run(bytes)) << target.name << ": " << entry.path().filename();
      ++files;
    }
    EXPECT_GE(files, 10) << target.name << " has no corpus worth the name";
  }
}

TEST(FuzzCorpusTest, EveryCorpusHasATarget) {
  for (const auto& entry : std::filesystem::directory_iterator(kCorpus))
    EXPECT_TRUE(find_target(entry.path().filename().string())) << entry.path();
}

TEST(FuzzCorpusTest, NothingAtAll) {
  for (const Target& target : targets())
    for (const std::string_view bytes : {"", "!", "{", "\n", "!\n"}) EXPECT_NO_THROW(target.run(bytes)) << target.name;
}

}  // namespace
}  // namespace pgolf::fuzz
