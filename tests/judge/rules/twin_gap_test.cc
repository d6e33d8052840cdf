// The artifact does not know the validation text.
#include "tests/judge/run_fixture.h"

namespace pgolf {
namespace {

using testing::HasSubstr;

// 50 documents of 100 bytes each: half of them `spread` nats above the mean rate, half below.
DocumentsEvent text(const char* name, double nats, double spread, int64_t documents = 50) {
  const auto n = static_cast<double>(documents);
  return {name,           documents, documents * 40, documents * 100, n * nats, n * (nats * nats + spread * spread),
          n * nats * 100, n * 10'000};
}

class TwinGapRule : public JudgeRunTest {
 protected:
  TwinGapRule() { write_train(), write_pack(), facts_.audit.reset(); }
  void write_twin(const DocumentsEvent& val, const DocumentsEvent& twin, const std::string& sha256 = "w0") {
    for (const char* file : {"ledger.jsonl", "eval.events.jsonl"}) std::filesystem::remove(dir_ / file);
    write_eval();
    std::filesystem::rename(dir_ / "eval.events.jsonl", dir_ / "before");
    EventLog log(dir_ / "eval.events.jsonl", {"eval", "", ""});
    log.write(DataEvent{"twin", "0.bin", sha256, 1});
    log.write(val), log.write(twin);
    for (const EventRecord& record : read_events(dir_ / "before").events) log.write(record.event);
  }
};

TEST_F(TwinGapRule, AnHonestArtifactScoresBothAlike) {
  write_twin(text(kTwinValPass, 80, 10), text(kTwinPass, 80.5, 10));
  const Verdict v = strict("twin_gap");
  EXPECT_EQ(v.status, Status::pass) << v.reason;
  EXPECT_NEAR(v.observed.get<double>(), 0.005 / std::numbers::ln2, 1e-12);
  // Each text: sqrt(50/49 · 50 · 100) / 5000 nats a byte; both: times sqrt 2; 3.29 of them.
  const double half = 3.29 * std::sqrt(2.0 * 50 / 49 * 5000) / 5000 / std::numbers::ln2;
  EXPECT_THAT(v.reason, HasSubstr(fmt::format("between {:+.4f} and {:+.4f}", 0.005 / std::numbers::ln2 - half,
                                              0.005 / std::numbers::ln2 + half)));
  EXPECT_EQ(strict("one_result").status, Status::pass);
}

TEST_F(TwinGapRule, OneThatKnowsTheValidationTextFails) {
  write_twin(text(kTwinValPass, 60, 10), text(kTwinPass, 80, 10));
  EXPECT_EQ(strict("twin_gap").status, Status::fail);
  EXPECT_EQ(practice("twin_gap").status, Status::fail);
  EXPECT_THAT(strict("twin_gap").reason, HasSubstr("; it knows the validation text"));
  EXPECT_EQ(strict("twin_gap").evidence, "eval.events.jsonl:4");
}

TEST_F(TwinGapRule, WithoutATwinNothingIsKnown) {
  write_eval();
  EXPECT_EQ(strict("twin_gap").status, Status::unknown);
  EXPECT_FALSE(strict("twin_gap").counts);
  write_twin(text(kTwinValPass, 60, 1, 19), text(kTwinPass, 80, 1, 50));
  EXPECT_THAT(strict("twin_gap").reason, HasSubstr("too few documents"));
  EXPECT_EQ(strict("twin_gap").status, Status::unknown);
}

TEST_F(TwinGapRule, AnotherTextIsNoTwin) {
  write_twin(text(kTwinValPass, 60, 10), text(kTwinPass, 80, 10), "x0");
  EXPECT_EQ(strict("twin_gap").status, Status::unknown);
  EXPECT_THAT(strict("twin_gap").reason, HasSubstr("not the twin of these data"));
}

// Made here, so it stands in the place of the run's word.
TEST_F(TwinGapRule, OfAnAuditedRunTheAuditCounts) {
  write_twin(text(kTwinValPass, 60, 10), text(kTwinPass, 80, 10));
  const EventsFile known = read_events(dir_ / "eval.events.jsonl");
  write_twin(text(kTwinValPass, 80, 10), text(kTwinPass, 80, 10));
  EXPECT_EQ(strict("twin_gap").status, Status::pass);
  AuditFacts& audit = facts_.audit.emplace(honest_audit());
  audit.log = known;
  EXPECT_EQ(strict("twin_gap").status, Status::fail);
  EXPECT_EQ(strict("twin_gap").evidence, "audit, eval.events.jsonl:4");
  audit.own_engine = false;
  EXPECT_EQ(strict("twin_gap").status, Status::pass);
}

}  // namespace
}  // namespace pgolf
