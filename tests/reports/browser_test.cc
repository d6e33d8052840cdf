// The three pages in a real browser. Without Chromium there is nothing to test and the tests are skipped.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cstdlib>

#include "base/file.h"
#include "reports/pages.h"
#include "tests/reports/fixture.h"

namespace pgolf {
namespace {

class BrowserTest : public ::testing::Test {
 protected:
  BrowserTest() { std::filesystem::create_directories(dir_); }
  ~BrowserTest() override { std::filesystem::remove_all(dir_); }

  void SetUp() override {
    for (const auto* name : {"chromium", "chromium-browser", "google-chrome"})
      if (std::system((std::string("command -v ") + name + " >/dev/null 2>&1").c_str()) == 0) browser_ = name;
    if (browser_.empty()) GTEST_SKIP() << "no Chromium on this machine; ./pgolf test installs it (packages-test.txt)";
  }

  bool run(const std::string& options, const std::string& page) {
    return std::system(("cd '" + dir_.string() + "' && HOME='" + dir_.string() + "' timeout 100 " + browser_ +
                        " --headless --no-sandbox --disable-gpu --disable-dev-shm-usage --hide-scrollbars " + options +
                        " 'file://" + (dir_ / page).string() + "' >out.txt 2>err.txt")
                           .c_str()) == 0;
  }

  // The picture of page.html; width and height are in the PNG header.
  std::vector<std::byte> screenshot(const std::string& options, uint32_t width, uint32_t height) {
    EXPECT_TRUE(run(fmt::format("{} --window-size={},{} --screenshot=shot.png", options, width, height), "page.html"))
        << read_text(dir_ / "err.txt");
    auto png = read_bytes(dir_ / "shot.png");
    const auto word = [&](size_t at) {
      uint32_t value = 0;
      for (size_t i = 0; i < 4; ++i) value = value << 8 | std::to_integer<uint32_t>(png[at + i]);
      return value;
    };
    EXPECT_EQ(word(16), width);
    EXPECT_EQ(word(20), height);
    EXPECT_GT(png.size(), 20'000u);  // a blank page is about 8 kB
    return png;
  }

  // On a wide and a narrow screen, light and dark, and on paper.
  void expect_shown(const std::string& html) {
    write_file_atomic(dir_ / "page.html", html);
    const auto light = screenshot("", 1200, 1600);
    EXPECT_NE(light, screenshot("--blink-settings=preferredColorScheme=0", 1200, 1600)) << "dark is as light";
    screenshot("", 500, 1600);
    ASSERT_TRUE(run("--no-pdf-header-footer --print-to-pdf=page.pdf", "page.html")) << read_text(dir_ / "err.txt");
    EXPECT_EQ(read_text(dir_ / "page.pdf").substr(0, 5), "%PDF-");
    EXPECT_GT(read_bytes(dir_ / "page.pdf").size(), 20'000u);
  }

  std::string browser_;
  std::filesystem::path dir_ = std::filesystem::temp_directory_path() / ("browser_test." + std::to_string(::getpid()));
  Record record_;
};

TEST_F(BrowserTest, TheThreePagesShow) {
  record_.add_submission();
  record_.add_finished("run-1", 2.0712);
  record_.add_finished("run-2", 2.0688, true, 42, {"ttt.enabled=false"});
  const std::vector<RunView> runs{load_run_view(record_.store(), "run-1", kMargin),
                                  load_run_view(record_.store(), "run-2", kMargin)};
  expect_shown(run_page(runs[0], "index.html"));
  expect_shown(leaderboard_page(runs));
  CompareView compare;
  compare.a = "with TTT", compare.b = "without TTT", compare.metric = "val_bpb", compare.unit = "bits per byte";
  compare.status = "unknown", compare.outcome = "inconclusive", compare.conclusion = "A has one run";
  compare.mixed = {"profiles: A ran as 'demo', B as 'record'"}, compare.notes = {"B: run-2 was imported"};
  compare.gain = {{0.004, -0.003, 0.011, 0.005, "98 %"}};
  compare.statements = {{"gain of A over B", "+0.00240 bits per byte"}};
  compare.runs = {{"A", "run-1", 1337, 2.0712}, {"B", "run-2", std::nullopt, 2.0688}};
  compare.spread = {{"with TTT", {2.0712, 2.08}, 2.0756, 2.06, 2.09}, {"without TTT", {2.0688}, {}, {}, {}}};
  expect_shown(compare_page(compare));
}

TEST_F(BrowserTest, HostileTextIsNoElement) {
  record_.add_submission("pr-1",
                         "<img src=x onerror=\"document.title='owned'\"><script>document.title='owned'</script>");
  record_.add_run("run-1", "demo", 1, "pr-1");
  write_file_atomic(dir_ / "page.html", run_page(load_run_view(record_.store(), "run-1", kMargin)));
  ASSERT_TRUE(run("--dump-dom", "page.html")) << read_text(dir_ / "err.txt");
  const auto dom = read_text(dir_ / "out.txt");
  EXPECT_EQ(dom.find("<img"), std::string::npos);
  EXPECT_EQ(dom.find("<script"), std::string::npos);
  EXPECT_EQ(dom.find("<title>owned"), std::string::npos);
  EXPECT_NE(dom.find("&lt;img src=x onerror"), std::string::npos);
}

}  // namespace
}  // namespace pgolf
