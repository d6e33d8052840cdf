// A workspace in which a verb runs as a program of its own, and what somebody may change behind its back.
#pragma once

#include <SQLiteCpp/SQLiteCpp.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/file.h"
#include "base/json.h"
#include "tests/harness/fixture.h"

namespace pgolf {

class VerbTest : public HarnessFixture {
 protected:
  CommandResult pgolf(std::vector<std::string> arguments) const {
    arguments.insert(arguments.begin(), pgolf_program().string());
    return run_command(arguments,
                       {"PGOLF_HOME=" + workspace().home.string(), "PGOLF_ENGINE=" + fake_engine().string()});
  }
  Json shown() const { return Json::parse(pgolf({"show", "last", "--json"}).out); }
  void edit(const std::string& sql) const {
    SQLite::Database(workspace().database().string(), SQLite::OPEN_READWRITE).exec(sql);
  }
  // The rulesets of the checkout, one of them with another limit.
  std::filesystem::path edited_rules(const std::string& id = "pg-2026-05-02.3") const {
    std::string text = read_text(source_dir() / "rules/pg-2026-05-02.3.toml");
    text.replace(text.find("limit_bytes = 16000000"), 22, "limit_bytes = 99000000");
    text.replace(text.find("id = \"pg-2026-05-02.3\""), 22, "id = \"" + id + "\"");
    return directory_.file("rules/" + id + ".toml", text).parent_path();
  }
  // A submission of the judge's cases under another name.
  void submission_in(const std::string& directory, const std::string& id) const {
    std::string text = read_text(source_dir() / "tests/judge/cases/zero-bpb-959/submission.toml");
    text.replace(text.find("id = \"zero\""), 11, "id = \"" + id + "\"");
    directory_.file(directory + "/submission.toml", text);
  }
};

// With a run on record.
class RunVerbTest : public VerbTest {
 protected:
  RunVerbTest() { EXPECT_EQ(pgolf({"demo", "--data", data().directory.string(), "-q"}).exit_code, 0); }
};

}  // namespace pgolf
