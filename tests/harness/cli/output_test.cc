// What goes where: results, notices, progress, help.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>

#include "base/json.h"
#include "tests/harness/fixture.h"

namespace pgolf {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

class OutputTest : public HarnessFixture {
 protected:
  CommandResult pgolf(std::vector<std::string> arguments, std::vector<std::string> environment = {}) const {
    arguments.insert(arguments.begin(), pgolf_program().string());
    environment.push_back("PGOLF_HOME=" + workspace().home.string());
    environment.push_back("PGOLF_ENGINE=" + fake_engine().string());
    return run_command(arguments, environment);
  }
  std::vector<std::string> demo(std::vector<std::string> more) const {
    std::vector<std::string> out = {"demo", "334", "--data", data().directory.string()};
    out.insert(out.end(), more.begin(), more.end());
    return out;
  }
  // As `pgolf --help` lists them.
  std::vector<std::string> verbs() const {
    std::istringstream lines(pgolf({"--help"}).out);
    std::vector<std::string> out;
    bool listing = false;
    for (std::string line; std::getline(lines, line);) {
      if (line == "Subcommands:") {
        listing = true;
      } else if (listing && line.size() > 2 && line.starts_with("  ") && line[2] != ' ') {
        out.push_back(line.substr(2, line.find(' ', 2) - 2));
      }
    }
    return out;
  }
};

TEST_F(OutputTest, EveryVerbExplainsItselfWithAnExample) {
  const auto all = verbs();
  EXPECT_GE(all.size(), 14u);
  for (const std::string& verb : all) {
    const CommandResult r = pgolf({verb, "--help"});
    EXPECT_EQ(r.exit_code, 0) << verb;
    EXPECT_THAT(r.err, IsEmpty()) << verb;
    EXPECT_THAT(r.out, HasSubstr("Usage: pgolf " + verb)) << verb;
    if (r.out.find("Subcommands:") == std::string::npos || verb == "completion") {
      EXPECT_THAT(r.out, HasSubstr("Example: pgolf " + verb)) << verb;
    }
  }
  for (const char* verb : {"prepare", "adopt", "verify"})
    EXPECT_THAT(pgolf({"data", verb, "--help"}).out, HasSubstr(std::string("Example: pgolf data ") + verb));
}

TEST_F(OutputTest, JsonIsOneDocumentAndQuietIsQuiet) {
  EXPECT_EQ(pgolf(demo({"-q"})).exit_code, 0);
  for (const std::vector<std::string>& arguments : {std::vector<std::string>{"ls"},
                                                    {"show", "last"},
                                                    {"resolve", "334"},
                                                    {"check", "334"},
                                                    {"judge", "last"},
                                                    {"judge", "--all"},
                                                    {"report"},
                                                    {"diff", "last", "last"},
                                                    {"completion", "bash"},
                                                    {"completion", "list", "runs"},
                                                    {"data", "verify", data().directory.string()},
                                                    demo({"--steps", "5"})}) {
    std::vector<std::string> asked = arguments;
    asked.insert(asked.end(), {"--json", "--quiet"});
    const CommandResult r = pgolf(asked);
    EXPECT_THAT(r.exit_code, testing::AnyOf(0, 1, 3)) << testing::PrintToString(arguments) << r.err;
    EXPECT_THAT(r.err, IsEmpty()) << testing::PrintToString(arguments);
    const Json document = Json::parse(r.out, nullptr, false);  // refuses a second document
    EXPECT_TRUE(document.is_object()) << testing::PrintToString(arguments);
  }
}

TEST_F(OutputTest, ProgressIsPlainLinesWhereThereIsNoTerminal) {
  const CommandResult plain = pgolf(demo({}));
  EXPECT_THAT(plain.err, HasSubstr("train: 5/300 steps"));
  EXPECT_THAT(plain.err, HasSubstr("steps/s"));
  EXPECT_THAT(plain.err, Not(HasSubstr("\r")));
  const CommandResult off = pgolf(demo({"--progress", "off"}));
  EXPECT_THAT(off.err, Not(HasSubstr("steps/s")));
  EXPECT_THAT(off.err, HasSubstr("train: ok after"));  // notices stay
}

TEST_F(OutputTest, NothingIsEverColoured) {
  for (const std::string variable : {"NO_COLOR=1", "FORCE_COLOR=1"}) {
    for (const std::vector<std::string>& arguments : {demo({}), {"ls"}, {"show", "last"}, {"--help"}}) {
      const CommandResult r = pgolf(arguments, {variable});
      EXPECT_THAT(r.out, Not(HasSubstr("\033")));
      EXPECT_THAT(r.err, Not(HasSubstr("\033")));
    }
  }
}

}  // namespace
}  // namespace pgolf
