// The register of techniques names files that are there and speak of the technique.
#include "engine/config/techniques.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <set>

#include "base/file.h"
#include "engine/config/fields.h"

namespace pgolf {
namespace {

const std::filesystem::path kSource = PGOLF_SOURCE_DIR;

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(), [](unsigned char c) { return std::tolower(c); });
  return text;
}

// Whether a file speaks of the technique: by its word, or by the name of its field.
void expect_mentioned(const Technique& technique, const std::filesystem::path& file) {
  ASSERT_TRUE(std::filesystem::is_regular_file(file)) << technique.name << ": " << file;
  const std::string text = lower(read_text(file));
  const std::string field = technique.key.substr(technique.key.find('.') + 1);
  EXPECT_TRUE(text.find(technique.files.word) != text.npos || text.find(field) != text.npos)
      << file << " says neither '" << technique.files.word << "' nor '" << field << "'";
}

TEST(Techniques, FilesAreThereAndSpeakOfThem) {
  for (const Technique& t : techniques()) {
    for (const std::string& file : {t.files.contract, t.files.code, t.files.kernel})
      if (!file.empty()) expect_mentioned(t, kSource / "engine" / file);
    expect_mentioned(t, kSource / "tests/engine" / t.files.test);
    EXPECT_TRUE(t.files.contract.ends_with(".h") && t.files.test.ends_with("_test.cc")) << t.name;
    EXPECT_FALSE(t.files.contract.empty() || t.files.code.empty() || t.source.empty()) << t.name;
  }
}

TEST(Techniques, EachHasAFieldOfItsOwnThatCanBeSwitchedOff) {
  std::set<std::string> keys, names;
  for (const Technique& technique : techniques()) {
    EXPECT_TRUE(keys.insert(technique.key).second) << technique.key;
    EXPECT_TRUE(names.insert(technique.name).second) << technique.name;
    ASSERT_FALSE(config_field(technique.key).off.is_null()) << technique.key;
    Config config;
    switch_off(config, technique);
    EXPECT_FALSE(uses(config, technique)) << technique.name;
  }
  for (const Field& field : config_fields()) EXPECT_EQ(keys.contains(field.key), !field.off.is_null()) << field.key;
}

// docs/techniques.md has a table of the files.
TEST(Techniques, AreInTheDocument) {
  const std::string document = read_text(kSource / "docs/techniques.md");
  for (const Technique& t : techniques()) {
    std::string row = "| " + t.name + " | `" + t.key + "` |";
    for (const std::string& file : {t.files.contract, t.files.code, t.files.kernel, t.files.test})
      row += file.empty() ? " |" : " `" + file + "` |";
    EXPECT_NE(document.find(row + " " + t.source + " |\n"), document.npos) << row;
  }
}

}  // namespace
}  // namespace pgolf
