#include "engine/evidence/ledger.h"

#include <gmock/gmock.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file.h"

namespace pgolf {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class LedgerTest : public ::testing::Test {
 protected:
  LedgerTest() { std::filesystem::create_directories(dir_); }
  ~LedgerTest() override { std::filesystem::remove_all(dir_); }

  std::vector<LedgerRecord> records(LedgerSummary* summary = nullptr) {
    std::vector<LedgerRecord> out;
    const auto read =
        read_ledger(path_, [&](const LedgerHeader&, const LedgerRecord& record) { out.push_back(record); });
    if (summary) *summary = read;
    return out;
  }

  std::string refusal() {
    try {
      records();
    } catch (const Error& e) {
      return e.what();
    }
    return "accepted";
  }

  std::vector<std::string> lines() {
    std::vector<std::string> out;
    std::istringstream in(read_text(path_));
    for (std::string line; std::getline(in, line);) out.push_back(line);
    return out;
  }

  void write_lines(const std::vector<std::string>& lines) {
    std::string text;
    for (const auto& line : lines) text += line + "\n";
    write_file_atomic(path_, text);
  }

  // header, SCORE, UPDATE, SYNC, RESET, SCORE, END
  void write_sample() {
    Ledger ledger(path_, {.headline = "ttt", .targets = 200, .world_size = 2});
    ledger.score("ttt", {{0, 64}, {64, 100}}, {"model", "mixer:r0"}, 0);
    ledger.update("model", {{0, 100}}, 1, {"mixer:r0"});
    ledger.sync();
    ledger.reset("mixer:r0", 0);
    ledger.score("ttt", {{150, 200}, {100, 150}}, {"model"}, 1);
    ledger.close();
  }

  std::filesystem::path dir_ = std::filesystem::temp_directory_path() / ("ledger_test." + std::to_string(::getpid()));
  std::filesystem::path path_ = dir_ / "ledger.jsonl";
};

TEST_F(LedgerTest, ReadsBackWhatWasWritten) {
  write_sample();
  LedgerSummary summary;
  const auto got = records(&summary);
  ASSERT_EQ(got.size(), 5u);
  EXPECT_EQ(summary.header, (LedgerHeader{"ttt", 200, 2}));
  EXPECT_EQ(summary.lines, 7);
  EXPECT_TRUE(summary.complete);
  EXPECT_FALSE(summary.torn);
  EXPECT_EQ(got[0].op, LedgerOp::score);
  EXPECT_EQ(got[0].name, "ttt");
  EXPECT_THAT(got[0].reads, ElementsAre("model", "mixer:r0"));
  EXPECT_THAT(got[0].targets, ElementsAre(TargetRange{0, 100}));
  EXPECT_EQ(got[1].op, LedgerOp::update);
  EXPECT_EQ(got[1].rank, 1);
  EXPECT_THAT(got[1].reads, ElementsAre("mixer:r0"));
  EXPECT_EQ(got[2].op, LedgerOp::sync);
  EXPECT_EQ(got[3].op, LedgerOp::reset);
  EXPECT_EQ(got[3].name, "mixer:r0");
  EXPECT_EQ(got[4].line, 6);
  EXPECT_THAT(got[4].targets, ElementsAre(TargetRange{150, 200}, TargetRange{100, 150}));
}

TEST_F(LedgerTest, CloseReturnsTheHeadAReaderFinds) {
  std::string head;
  {
    Ledger ledger(path_, {.headline = "p", .targets = 10});
    ledger.score("p", {{0, 10}});
    head = ledger.close();
  }
  LedgerSummary summary;
  records(&summary);
  EXPECT_EQ(head.size(), 64u);
  EXPECT_EQ(summary.head, head);
}

TEST_F(LedgerTest, ManyWindowsOfOnePassAreOneRange) {
  const int64_t n = 6'200'000;
  {
    Ledger ledger(path_, {.headline = "sliding", .targets = n});
    for (int64_t at = 0; at < n; at += 64) ledger.score("sliding", {{at, std::min(at + 64, n)}});
    ledger.close();
  }
  const auto got = records();
  ASSERT_EQ(got.size(), 1u);
  EXPECT_THAT(got[0].targets, ElementsAre(TargetRange{0, n}));
  EXPECT_LT(std::filesystem::file_size(path_), 600u);
}

TEST_F(LedgerTest, RepeatedTargetsStayRepeated) {
  {
    Ledger ledger(path_, {.headline = "p", .targets = 64});
    for (int i = 0; i < 3; ++i) ledger.score("p", {{0, 64}});
    ledger.close();
  }
  EXPECT_THAT(records().at(0).targets, ElementsAre(TargetRange{0, 64}, TargetRange{0, 64}, TargetRange{0, 64}));
}

TEST_F(LedgerTest, ScatteredRangesAreSplitOverLines) {
  {
    Ledger ledger(path_, {.headline = "p", .targets = 10000});
    for (int64_t at = 0; at < 10000; at += 4) ledger.score("p", {{at, at + 1}});
    ledger.close();
  }
  size_t ranges = 0;
  const auto got = records();
  for (const auto& record : got) ranges += record.targets.size();
  EXPECT_EQ(ranges, 2500u);
  EXPECT_EQ(got.size(), 3u);
}

TEST_F(LedgerTest, AnEditedLineIsNamed) {
  write_sample();
  auto text = lines();
  text[2].replace(text[2].find("0+100"), 5, "0+099");
  write_lines(text);
  EXPECT_THAT(refusal(), HasSubstr("ledger.jsonl:3: hash chain broken"));
}

TEST_F(LedgerTest, ARemovedLineIsNamed) {
  write_sample();
  auto text = lines();
  text.erase(text.begin() + 3);
  write_lines(text);
  EXPECT_THAT(refusal(), HasSubstr("ledger.jsonl:4: hash chain broken"));
}

TEST_F(LedgerTest, SwappedLinesAreNamed) {
  write_sample();
  auto text = lines();
  std::swap(text[1], text[2]);
  write_lines(text);
  EXPECT_THAT(refusal(), HasSubstr("ledger.jsonl:2: hash chain broken"));
}

TEST_F(LedgerTest, AnAppendedLineIsNamed) {
  write_sample();
  auto text = lines();
  text.push_back(text[1]);
  write_lines(text);
  EXPECT_THAT(refusal(), HasSubstr("ledger.jsonl:8: something follows the END line"));
}

TEST_F(LedgerTest, ACutLedgerIsIncomplete) {
  write_sample();
  auto text = lines();
  text.pop_back();
  write_lines(text);
  LedgerSummary summary;
  EXPECT_EQ(records(&summary).size(), 5u);
  EXPECT_FALSE(summary.complete);
}

TEST_F(LedgerTest, ATornLastLineIsLeftOutAndReported) {
  write_sample();
  const auto text = read_text(path_);
  write_file_atomic(path_, text.substr(0, text.size() - 3));
  LedgerSummary summary;
  EXPECT_EQ(records(&summary).size(), 5u);
  EXPECT_TRUE(summary.torn);
  EXPECT_FALSE(summary.complete);
  EXPECT_EQ(summary.lines, 6);
}

TEST_F(LedgerTest, AnyOneChangedByteIsNoticed) {
  write_sample();
  const auto text = read_text(path_);
  for (size_t i = 0; i + 1 < text.size(); ++i) {
    auto changed = text;
    changed[i] ^= 1;
    if (changed[i] == '\n' || text[i] == '\n') continue;
    write_file_atomic(path_, changed);
    EXPECT_THAT(refusal(), HasSubstr("ledger.jsonl:")) << "byte " << i;
  }
}

TEST_F(LedgerTest, AWriterThatDiedLeavesNoEnd) {
  {
    Ledger ledger(path_, {.headline = "p", .targets = 10});
    ledger.score("p", {{0, 5}});
  }
  LedgerSummary summary;
  EXPECT_EQ(records(&summary).size(), 1u);
  EXPECT_FALSE(summary.complete);
}

// As when a process is killed in a later pass: what its destructor would write is lost.
TEST_F(LedgerTest, ASyncedPassIsInTheFileWhateverFollows) {
  Ledger ledger(path_, {.headline = "q", .targets = 10});
  ledger.score("p", {{0, 5}, {5, 10}});
  EXPECT_EQ(records().size(), 0u);  // it may still grow
  ledger.sync_file();
  ledger.score("q", {{0, 5}});
  LedgerSummary summary;
  const auto found = records(&summary);
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].name, "p");
  EXPECT_EQ(found[0].targets, (TargetRanges{{0, 10}}));
  EXPECT_FALSE(summary.complete);
}

TEST_F(LedgerTest, RefusesForeignAndNewerFiles) {
  write_file_atomic(path_, "");
  EXPECT_THAT(refusal(), HasSubstr("empty"));
  write_file_atomic(path_, "hello\n");
  EXPECT_THAT(refusal(), HasSubstr("ledger.jsonl:1: not a ledger line"));
  write_file_atomic(path_, std::string(2 << 20, 'x'));
  EXPECT_THAT(refusal(), HasSubstr("longer than"));
  std::filesystem::remove(path_);
  EXPECT_THAT(refusal(), HasSubstr("no such file"));
  ASSERT_EQ(::mkfifo(path_.c_str(), 0600), 0);
  EXPECT_THAT(refusal(), HasSubstr("is a pipe, a file was expected"));  // at once, without its writer
}

TEST_F(LedgerTest, WillNotWriteOverAnotherLedger) {
  write_sample();
  EXPECT_THROW(Ledger(path_, {.headline = "p", .targets = 1}), Error);
  EXPECT_EQ(records().size(), 5u);
}

TEST_F(LedgerTest, BrokenCallsAreOurFault) {
  Ledger ledger(path_, {.headline = "p", .targets = 10, .world_size = 2});
  EXPECT_THROW(ledger.score("p", {{0, 11}}), std::logic_error);
  EXPECT_THROW(ledger.score("p", {{0, 1}}, {"model"}, 2), std::logic_error);
  EXPECT_THROW(ledger.update("no spaces", {{0, 1}}), std::logic_error);
}

// Ranks of one evaluation, told in one process's order.
void tell(Ledger& ledger, const std::vector<int>& ranks) {
  for (int chunk = 0; chunk < 3; ++chunk) {
    for (const int rank : ranks) {
      ledger.score("ttt", {{chunk * 40 + rank * 10, chunk * 40 + rank * 10 + 10}}, {"model"}, rank);
      if (rank % 2 == 1) ledger.reset("mixer:r" + std::to_string(rank), rank);
    }
    if (chunk == 1) ledger.sync();
    for (const int rank : ranks) ledger.update("model", {{chunk * 40 + rank * 10, chunk * 40 + rank * 10 + 10}}, rank);
  }
}

TEST_F(LedgerTest, IsTheSameHoweverRanksTakeTurnsOrProcessesShareThem) {
  const LedgerHeader header{.headline = "ttt", .targets = 120, .world_size = 4};
  const auto written = [&](const std::string& name, const std::vector<int>& ranks) {
    Ledger ledger(dir_ / name, header);
    tell(ledger, ranks);
    ledger.close();
    return read_text(dir_ / name);
  };
  const std::string whole = written("whole", {0, 1, 2, 3});
  EXPECT_EQ(written("backwards", {3, 2, 1, 0}), whole);
  written("first", {0, 1}), written("second", {2, 3});
  Ledger merged(dir_ / "merged", header);
  merged.merge({dir_ / "first", dir_ / "second"});
  merged.close();
  EXPECT_EQ(read_text(dir_ / "merged"), whole);
}

TEST_F(LedgerTest, PartsThatMetNotEquallyOftenAreRefused) {
  const LedgerHeader header{.headline = "ttt", .targets = 120, .world_size = 2};
  for (const char* name : {"first", "second"}) {
    Ledger ledger(dir_ / name, header);
    ledger.score("ttt", {{0, 10}}, {"model"}, 0);
    if (name == std::string("second")) ledger.sync();
    ledger.close();
  }
  Ledger merged(dir_ / "merged", header);
  try {
    merged.merge({dir_ / "first", dir_ / "second"});
    FAIL() << "merged";
  } catch (const Error& e) {
    EXPECT_THAT(e.what(), HasSubstr("second: 1 SYNCs where the ledger of another process has 0"));
  }
}

}  // namespace
}  // namespace pgolf
