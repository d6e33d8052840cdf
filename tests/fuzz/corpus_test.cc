// Every input of fuzz/corpus and fuzz/discovered goes through the entry function that the fuzzers call.
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>

#include "base/file.h"
#include "fuzz/targets.h"

namespace pgolf::fuzz {
namespace {

const std::filesystem::path kCorpus = std::filesystem::path(PGOLF_SOURCE_DIR) / "fuzz/corpus",
                            kDiscovered = std::filesystem::path(PGOLF_SOURCE_DIR) / "fuzz/discovered";

// How many files of the folder went through.
int replay(const Target& target, const std::filesystem::path& folder) {
  int files = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    const std::string bytes = read_text(entry.path());
    EXPECT_NO_THROW(target.run(bytes)) << target.name << ": " << entry.path().filename();
    ++files;
  }
  return files;
}

TEST(FuzzCorpusTest, EveryFileIsAcceptedOrRefusedInOneLine) {
  for (const Target& target : targets())
    EXPECT_GE(replay(target, kCorpus / target.name), 10) << target.name << " has no corpus worth the name";
}

TEST(FuzzCorpusTest, WhatFuzzingDiscoveredIsToo) {
  const auto folder = std::filesystem::temp_directory_path() / ("fuzz-discovered-" + std::to_string(::getpid()));
  for (const Target& target : targets()) {
    const auto archive = kDiscovered / (std::string(target.name) + ".tar.gz");
    if (!std::filesystem::exists(archive)) continue;
    std::filesystem::create_directories(folder);
    ASSERT_EQ(std::system(("tar -C " + folder.string() + " -xzf " + archive.string()).c_str()), 0) << archive;
    EXPECT_GE(replay(target, folder), 10) << archive;
    std::filesystem::remove_all(folder);
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
