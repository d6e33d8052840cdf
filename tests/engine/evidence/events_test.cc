#include "engine/evidence/events.h"

#include <gmock/gmock.h>
#include <unistd.h>

#include <cmath>

#include "base/error.h"
#include "base/file.h"

namespace pgolf {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class EventsTest : public ::testing::Test {
 protected:
  EventsTest() { std::filesystem::create_directories(dir_); }
  ~EventsTest() override { std::filesystem::remove_all(dir_); }

  std::string refusal(const std::string& text) {
    write_file_atomic(path_, text);
    try {
      read_events(path_);
    } catch (const Error& e) {
      return e.what();
    }
    return "accepted";
  }

  const std::string header_ = R"({"format":"pgolf.events/1","phase":"train","config_sha256":"c","build":"b"})";
  std::filesystem::path dir_ = std::filesystem::temp_directory_path() / ("events_test." + std::to_string(::getpid()));
  std::filesystem::path path_ = dir_ / "events.jsonl";
};

TEST_F(EventsTest, EveryKindReadsBackAsWritten) {
  {
    EventLog log(path_, {"eval", "c0ffee", "pgolf-engine 0.1.0 cpu"});
    log.write(PhaseStartEvent{"eval"});
    log.write(DataEvent{"val", "val_0.bin", "ab", 1024});
    log.write(StepEvent{7, 0.1 + 0.2, 1.0 / 3, 1234.5, 524288, 9e5, {"qat", "looping"}});
    log.write(ValidationEvent{"ttt", "artifact", 2.0611, 1.2207, 62021632, 151080363, 10.5, true});
    log.write(StreamEvent{"ttt", 1000, 2061.1, 2436});
    log.write(ArtifactEvent{"artifact.bin", "cd", 100, {{"matrices", 60}, {"scales", 40}}});
    log.write(NormalisationEvent{"ttt", 5, 1.25});
    log.write(CausalityEvent{"ttt", 5, 100, 0, 0.0});
    log.write(WarningEvent{"line\nbreak \"quoted\" \xff"});
    log.write(WeightsEvent{7, "0a"});
    log.write(StateEvent{7, "0b", "0c"});
    log.write(LedgerEvent{"ledger.jsonl", "ef"});
    log.write(PhaseEndEvent{"eval", 12.25});
  }
  const auto file = read_events(path_);
  EXPECT_EQ(file.header.phase, "eval");
  EXPECT_EQ(file.header.config_sha256, "c0ffee");
  EXPECT_FALSE(file.torn);
  ASSERT_EQ(file.events.size(), 13u);
  EXPECT_EQ(file.events[2].line, 4);
  const auto& step = std::get<StepEvent>(file.events[2].event);
  EXPECT_EQ(step.step, 7);
  EXPECT_EQ(step.train_loss, 0.1 + 0.2);
  EXPECT_EQ(step.lr_scale, 1.0 / 3);
  EXPECT_THAT(step.switches, ElementsAre("qat", "looping"));
  const auto& validation = std::get<ValidationEvent>(file.events[3].event);
  EXPECT_EQ(validation.targets, 62021632);
  EXPECT_TRUE(validation.headline);
  const auto& artifact = std::get<ArtifactEvent>(file.events[5].event);
  EXPECT_EQ(artifact.classes.at(1).name, "scales");
  EXPECT_EQ(artifact.classes.at(1).bytes, 40);
  EXPECT_EQ(std::get<NormalisationEvent>(file.events[6].event).sum, 1.25);
  EXPECT_EQ(std::get<WarningEvent>(file.events[8].event).text, "line\nbreak \"quoted\" \xef\xbf\xbd");
  EXPECT_EQ(std::get<StateEvent>(file.events[10].event).state, "0b");
  EXPECT_EQ(std::get<StateEvent>(file.events[10].event).root, "0c");
  EXPECT_EQ(std::get<PhaseEndEvent>(file.events[12].event).elapsed_ms, 12.25);
  EXPECT_GE(file.events[12].t_ms, file.events[0].t_ms);
}

// Logs of older pgolf have no loss of rank 0, and stay readable.
TEST_F(EventsTest, TheLossOfRank0IsOptional) {
  {
    EventLog log(path_, {"train", "", ""});
    log.write(StepEvent{.step = 1, .train_loss = 2.5});
    log.write(StepEvent{.step = 2, .train_loss = 2.5, .rank0_loss = 1.0 / 3});
    log.write(StepEvent{.step = 3, .train_loss = 2.5, .rank0_loss = std::nan("")});
  }
  const auto file = read_events(path_);
  EXPECT_FALSE(std::get<StepEvent>(file.events.at(0).event).rank0_loss);
  EXPECT_EQ(std::get<StepEvent>(file.events.at(1).event).rank0_loss, 1.0 / 3);
  EXPECT_TRUE(std::isnan(*std::get<StepEvent>(file.events.at(2).event).rank0_loss));
}

TEST_F(EventsTest, ALossThatIsNotANumberSurvives) {
  {
    EventLog log(path_, {"train", "", ""});
    log.write(StepEvent{.step = 1, .train_loss = std::nan("")});
  }
  EXPECT_TRUE(std::isnan(std::get<StepEvent>(read_events(path_).events.at(0).event).train_loss));
}

TEST_F(EventsTest, ATornLastLineIsReported) {
  const std::string beat = R"({"event":"warning","t_ms":1,"text":"w"})";
  write_file_atomic(path_, header_ + "\n" + beat + "\n" + beat.substr(0, 9));
  const auto file = read_events(path_);
  EXPECT_TRUE(file.torn);
  EXPECT_EQ(file.events.size(), 1u);
}

TEST_F(EventsTest, DamageIsRefusedWithItsLine) {
  const std::string beat = R"({"event":"warning","t_ms":1,"text":"w"})";
  EXPECT_THAT(refusal(header_ + "\n{\"event\n" + beat + "\n"), HasSubstr("events.jsonl:2: not valid JSON"));
  EXPECT_THAT(refusal(header_ + "\n" + beat + "\n{\"event\":\"dance\",\"t_ms\":1}\n"),
              HasSubstr("events.jsonl:3: unknown event 'dance'"));
  EXPECT_THAT(refusal(header_ + "\n{\"event\":\"warning\",\"text\":\"w\"}\n"),
              HasSubstr("events.jsonl:2: key 't_ms' is missing"));
  EXPECT_THAT(
      refusal(header_ + "\n{\"event\":\"stream\",\"t_ms\":1,\"name\":\"x\",\"targets\":1.5,\"nll\":1,\"bytes\":1}\n"),
      HasSubstr("events.jsonl:2: key 'targets' has the wrong type"));
  EXPECT_THAT(refusal(header_ + "\n[]\n"), HasSubstr("events.jsonl:2: key 'event' is missing"));
  EXPECT_THAT(refusal("{\"format\":\"pgolf.events/2\"}\n"), HasSubstr("use a newer pgolf"));
  EXPECT_THAT(refusal("{\"format\":\"something\"}\n"), HasSubstr("not an event log"));
  EXPECT_THAT(refusal(""), HasSubstr("empty"));
}

TEST_F(EventsTest, WillNotContinueAnotherLog) {
  write_file_atomic(path_, header_ + "\n");
  EXPECT_THROW(EventLog(path_, {"eval", "", ""}), Error);
}

}  // namespace
}  // namespace pgolf
