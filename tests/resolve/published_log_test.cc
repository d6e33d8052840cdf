// Logs as the challenge's scripts print them, what is made of them, and what is refused.
#include "resolve/published_log.h"

#include <gmock/gmock.h>
#include <sys/stat.h>

#include <random>

#include "base/file.h"
#include "base/sha256.h"
#include "resolve/training_log.h"
#include "tests/support/error_of.h"
#include "tests/support/source_dir.h"
#include "tests/support/temp_directory.h"

namespace pgolf {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using testing::Pair;

constexpr int64_t kTokens = 786432;

TrainingLog parsed(const std::string& text) { return parse_training_log(text, "train.log", kTokens); }
std::string refusal(const std::string& text) {
  const Error e = error_of([&] { parsed(text); });
  EXPECT_EQ(e.kind(), ErrorKind::submission);
  EXPECT_THAT(e.what(), Not(HasSubstr("\n")));
  return e.what();
}

constexpr char kMilliseconds[] =
    "seed:42\nwarmup_step:20/20\n"
    "step:0/20000 val_loss:6.9 val_bpb:4.1 train_time:0ms step_avg:0.01ms\n"
    "step:1/20000 train_loss:6.9314 train_time:136ms step_avg:136.28ms\n"
    "step:500/20000 train_loss:2.3581 train_time:44365ms step_avg:88.73ms\n"
    "step:500/20000 val_loss:2.4 val_bpb:1.4 train_time:44399ms step_avg:88.80ms\n"
    "step:744 QAT activated (time_frac=0.850, scale=0.2894)\n"
    "swa:start step:800\n"
    "stopping_early: wallclock_cap train_time:80062ms step:900/20000\n"
    "final_int6_ttt val_loss:1.8751 val_bpb:1.1105 stride:64 eval_time:570985ms\n";

TEST(TrainingLog, LinesInMilliseconds) {
  const TrainingLog log = parsed(kMilliseconds);
  const PublishedTraining& t = log.training;
  EXPECT_EQ(log.seed, 42);
  EXPECT_THAT(t.rows, ElementsAre(PublishedRow{0, 0.0, {}, {}}, PublishedRow{1, 136.0, 6.9314, {}},
                                  PublishedRow{500, 44365.0, 2.3581, {}}, PublishedRow{500, 44399.0, {}, {}},
                                  PublishedRow{745, {}, {}, 0.2894}));
  EXPECT_EQ(t.stop_step, 900);
  EXPECT_EQ(t.stop_ms, 80062);
  EXPECT_THAT(t.switches, ElementsAre(Pair("qat", 744), Pair("swa", 800)));
  EXPECT_EQ(t.ttt->elapsed_ms, 570985);
  EXPECT_THAT(t.curve(), ElementsAre(Pair(1, 6.9314), Pair(500, 2.3581)));
}

TEST(TrainingLog, RatesOfTokensAreTimes) {
  const std::string text =
      "1776142719.400 1/20000 train_loss: 9.0087 train_time: 0.0m tok/s: 16070211\n"
      "500/20000 train_loss: 2.4930 train_time: 0.8m tok/s: 8295325\n"
      "layer_loop:enabled step:700 frac:0.350 encoder:[0, 1] decoder:[1, 2]\n"
      "stopping_early: wallclock_cap train_time: 92067ms step: 900/20000\n";
  const PublishedTraining t = parsed(text).training;
  ASSERT_EQ(t.rows.size(), 2u);
  EXPECT_EQ(t.rows[0].elapsed_ms, 48.9);     // 786432 / 16070211 s
  EXPECT_EQ(t.rows[1].elapsed_ms, 47402.1);  // 500 x 786432 / 8295325 s
  EXPECT_EQ(t.switches.at("looping"), 700);
  EXPECT_EQ(t.stop_ms, 92067);
  EXPECT_FALSE(parsed(text).seed);
  EXPECT_FALSE(t.ttt);
}

// A script that counts the updates before a step prints its loss one step early, with the rate it ran at.
TEST(TrainingLog, StepsCountedFromZero) {
  const PublishedTraining t = parsed(
                                  "step:0/900 train_loss:6.9311 lr_scale:1.0000\n"
                                  "step:500/900 val_loss:2.5 val_bpb:1.4 train_time:950423ms\n"
                                  "step:500/900 train_loss:2.5169 lr_scale:0.9556\n"
                                  "step:900/900 val_loss:2.1 val_bpb:1.3 train_time:1700000ms\n"
                                  "loading_swa_weights count=300\n")
                                  .training;
  EXPECT_THAT(t.rows, ElementsAre(PublishedRow{1, {}, 6.9311, 1.0}, PublishedRow{500, 950423.0, {}, {}},
                                  PublishedRow{501, {}, 2.5169, 0.9556}, PublishedRow{900, 1700000.0, {}, {}}));
  EXPECT_EQ(t.stop_step, 900);  // the last iteration, which no line calls a stop
  EXPECT_EQ(t.switches.at("swa"), 601);
}

TEST(TrainingLog, RefusesWhatIsNoWholeTraining) {
  EXPECT_THAT(refusal(""), HasSubstr("train.log: no line has a step and its train_loss"));
  EXPECT_THAT(refusal("step:1/20000 train_loss:6.9\nstep:2/20000 train_loss:6.8\n"), HasSubstr("gives no clock"));
  const std::string whole = kMilliseconds;
  EXPECT_THAT(refusal(whole.substr(0, whole.find("stopping"))), HasSubstr("ends after step 745 of 20000"));
  EXPECT_THAT(refusal("step:1/9 train_loss:6 train_time:50ms\nstep:2/9 train_loss:6 train_time:40ms\n"),
              HasSubstr("train.log:2: the time goes back from 50 to 40 ms"));
  EXPECT_THAT(refusal(whole + whole), HasSubstr("a log of one training is needed"));
  EXPECT_THAT(refusal("step:5/9 train_loss:6 train_time:50ms\nstopping_early: x train_time:40ms step:5/9\n"),
              HasSubstr("stops at step 5 after 40 ms, before step 5 at 50 ms"));
}

// Scripts print their own source into their log; none of it is a line of training.
TEST(TrainingLog, SourceTextIsNoLine) {
  const std::string source =
      "log0(f\"step:{step}/{args.iterations} train_loss:{train_loss.item():.4f} train_time:{ms:.0f}ms\")\n"
      "log0(f\"stopping_early: wallclock_cap train_time:{training_time_ms:.0f}ms step:{step}/{args.iterations}\")\n"
      "log0(f\"late_qat:enabled step:{step} scale:{scale:.4f}\")\nseed = int(os.environ.get(\"SEED\", 1337))\n";
  EXPECT_EQ(parsed(source + kMilliseconds).training, parsed(kMilliseconds).training);
}

class PublishedLogTest : public testing::Test {
 protected:
  static std::vector<PublishedTraining> example() {
    PublishedTraining t = parsed(kMilliseconds).training;
    t.log = "train.log", t.log_sha256 = sha256_hex(kMilliseconds), t.seed = 42;
    PublishedTraining other = t;
    other.seed = 7, other.ttt.reset(), other.switches.clear();
    return {t, other};
  }
  std::string written() const {
    const auto file = directory_.path() / kPublishedLog;
    write_published(file, example());
    return read_text(file);
  }

  TempDirectory directory_;
};

TEST_F(PublishedLogTest, ReadsBackAsWritten) { EXPECT_EQ(parse_published(written(), "f"), example()); }

TEST_F(PublishedLogTest, RefusesWhatIsNotItsOwn) {
  const std::string text = written();
  const auto changed = [&](const std::string& from, const std::string& to) {
    std::string other = text;
    other.replace(other.find(from), from.size(), to);
    const Error e = error_of([&] { parse_published(other, "f"); });
    EXPECT_EQ(e.kind(), ErrorKind::submission);
    return std::string(e.what());
  };
  EXPECT_THAT(changed("published-log/1", "published-log/2"), HasSubstr("use a newer pgolf"));
  EXPECT_THAT(changed("pgolf.published-log", "pgolf.other"), HasSubstr("not a published log"));
  EXPECT_THAT(changed("\"seed\":7", "\"seed\":42"), HasSubstr("seed 42 has two trainings"));
  EXPECT_THAT(changed("\"step\":900", "\"step\":400"), HasSubstr("seed 42: its rows do not end at or before its stop"));
  EXPECT_THAT(changed("\"elapsed_ms\":44399", "\"elapsed_ms\":44"), HasSubstr("row 4: the time goes back"));
  EXPECT_THAT(changed("{\"step\":1,", "{\"step\":501,"), HasSubstr("row 3: step 500 follows step 501"));
  EXPECT_THAT(changed("\"qat\":744", "\"lights\":744"), HasSubstr("switch 'lights'"));
  EXPECT_THAT(changed("\"elapsed_ms\":136", "\"elapsed_ms\":-1"), HasSubstr("elapsed_ms is -1"));
  EXPECT_THAT(changed("train.log", "train\\u0007"), HasSubstr("printable"));
}

// Whatever a file holds, it is read or refused with an Error.
TEST_F(PublishedLogTest, DamagedFilesAreRefusedAndNothingElse) {
  const std::string text = written(), alphabet = "{}[]\",:0123456789.-enulltrueqa \xff";
  std::mt19937 generator(11);
  int refused = 0;
  for (int i = 0; i < 2000; ++i) {
    std::string damaged = text;
    for (unsigned n = 1 + generator() % 3; n > 0; --n)
      damaged[generator() % damaged.size()] = alphabet[generator() % alphabet.size()];
    try {
      parse_published(damaged, "f");
    } catch (const Error& e) {
      ++refused;
      EXPECT_EQ(std::string_view(e.what()).find('\n'), std::string_view::npos) << e.what();
    }
  }
  EXPECT_GT(refused, 500) << "seed 11";
}

TEST_F(PublishedLogTest, ASeedWithoutALogIsTold) {
  EXPECT_EQ(published_training(example(), 7, "pr-1").seed, 7);
  EXPECT_THAT(error_of([&] { published_training(example(), 8, "pr-1"); }).what(), HasSubstr("there are: 42, 7"));
  const Error none = error_of([&] { published_training({}, 8, "pr-1"); });
  EXPECT_EQ(none.kind(), ErrorKind::usage);
  EXPECT_THAT(none.what(), HasSubstr("--save-clock"));
}

TEST_F(PublishedLogTest, TheLogsMustBeThoseThatAreClaimed) {
  Submission s = load_submission(source_dir() / "submissions/pr-334");
  s.claims.clear();
  const auto read = [&] { return read_training_logs(s, directory_.path()); };
  EXPECT_THAT(error_of(read).what(), HasSubstr("no claim names the log of a seed"));
  Claim claim;
  claim.source = "train.log", claim.seed = 42, claim.steps = 900;
  s.claims = {claim};
  const Error missing = error_of(read);
  EXPECT_EQ(missing.kind(), ErrorKind::not_found);
  EXPECT_THAT(missing.what(), HasSubstr("has none of train.log"));
  directory_.file("train.log", kMilliseconds);
  EXPECT_EQ(read().at(0).log_sha256, sha256_hex(kMilliseconds));
  EXPECT_FALSE(read().at(0).ttt->limit_met);
  s.claims[0].steps = 901;
  EXPECT_THAT(error_of(read).what(), HasSubstr("stops at step 900, where 901 are claimed"));
  s.claims[0].steps.reset(), s.claims[0].seed = 43;
  EXPECT_THAT(error_of(read).what(), HasSubstr("the log of seed 42, not of 43"));
}

// The shipped file is held against the claims too: nobody may shorten a training, or strip it of its times.
TEST_F(PublishedLogTest, TheShippedOneHasTimesAndTheStepsClaimed) {
  Submission s = load_submission(source_dir() / "submissions/pr-334");
  s.directory = directory_.path();
  Claim claim;
  claim.source = "train.log", claim.seed = 42, claim.steps = 900;
  s.claims = {claim};
  written();
  EXPECT_EQ(load_published(s), example());
  s.claims[0].steps = 901;
  const Error other = error_of([&] { load_published(s); });
  EXPECT_EQ(other.kind(), ErrorKind::submission);
  EXPECT_THAT(other.what(), HasSubstr("seed 42: stops at step 900, where 901 are claimed"));
  std::vector<PublishedTraining> timeless = example();
  for (PublishedRow& row : timeless[1].rows) row.elapsed_ms.reset();
  write_published(directory_.path() / kPublishedLog, timeless);
  s.claims[0].steps = 900;
  EXPECT_THAT(error_of([&] { load_published(s); }).what(), HasSubstr("seed 7: no step has a time"));
  std::filesystem::remove(directory_.path() / kPublishedLog);
  ASSERT_EQ(::mkfifo((directory_.path() / kPublishedLog).c_str(), 0600), 0);  // would wait for its writer
  EXPECT_THAT(error_of([&] { load_published(s); }).what(), HasSubstr("is a pipe, a file was expected"));
}

}  // namespace
}  // namespace pgolf
