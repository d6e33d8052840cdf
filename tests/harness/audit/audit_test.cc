// The real engine at a tiny size, its artifact scored again: of an honest run, of forged bundles, and of what cannot be
// audited.
#include "harness/audit/audit.h"

#include <gmock/gmock.h>

#include <fstream>

#include "tests/harness/audit/audit_fixture.h"

namespace pgolf {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

// Bit for bit, in one process and in two; the ledger byte for byte. The run stays as it is but for its verdicts.
TEST_F(AuditTest, AnHonestRunIsTheSameToTheLastBit) {
  const std::string data = text();
  const Json run = tiny_run(data);
  const std::string id = run.at("run_id");
  EXPECT_EQ(run.at("tier"), "rerun");
  for (const std::vector<std::string>& more : {std::vector<std::string>{}, {"--ranks", "2"}}) {
    std::vector<std::string> argv = {"audit", id};
    argv.insert(argv.end(), more.begin(), more.end());
    const Json audit = json(pgolf(argv), 0);
    EXPECT_EQ(audit.at("val_bpb").at("found"), run.at("val_bpb"));
    EXPECT_EQ(audit.at("difference_bpb"), 0.0);
    EXPECT_TRUE(audit.at("same_kind").get<bool>());
    EXPECT_TRUE(audit.at("own_engine").get<bool>());
    EXPECT_TRUE(audit.at("first_difference").is_null()) << audit;
    EXPECT_TRUE(audit.at("ledger_difference").is_null()) << audit;
    EXPECT_EQ(audit.at("strict"), "pass");
    EXPECT_EQ(audit.at("artifact_sha256"), run.at("artifact").at("sha256"));
  }
  const Json shown = json(pgolf({"show", id}), 0);
  EXPECT_EQ(shown.at("phases"), run.at("phases"));
  EXPECT_EQ(read_text(directory_.path() / "home" / id / "ledger.jsonl"),
            read_text(directory_.path() / "home/audits" / id / "ledger.jsonl"));
}

// Another machine's run: consistent by its own word, audited once it was scored here. A forged result is found, with
// the line that was forged.
TEST_F(AuditTest, AForgedBundleIsFound) {
  const std::string data = text();
  const Json run = tiny_run(data);
  const std::string id = run.at("run_id"), honest = (directory_.path() / "honest.tar.zst").string();
  // A score that is a millionth better, in the sums that lead to it, too.
  const double loss = run.at("val_loss"), bpb = run.at("val_bpb");
  const std::string bundle = forged(id, [&](BundleContents& contents) {
    std::string& log = contents.files.at("run/eval.events.jsonl");
    const EventsFile events = parse_events(log, "log");
    double last = 0;
    for (const EventRecord& record : events.events)
      if (const auto* sum = std::get_if<StreamEvent>(&record.event); sum && sum->name == "ttt") last = sum->nll;
    const auto better = [&](std::string& file, double value) {
      replace_all(file, number_text(value), number_text(value * (1 - 1e-6)));
    };
    for (const double value : {last, loss, bpb}) better(log, value);
    for (const double value : {loss, bpb}) better(contents.files.at("run.json"), value);
  });
  const Json taken =
      json(pgolf({"bundle", "import", honest}, "other"), pgolf({"bundle", "import", honest}, "other").exit_code);
  EXPECT_EQ(taken.at("tier"), "consistent");
  const CommandResult nowhere = pgolf({"audit", id}, "other");
  EXPECT_EQ(nowhere.exit_code, 7);
  EXPECT_THAT(nowhere.out, HasSubstr("its data are not here"));
  EXPECT_EQ(json(pgolf({"audit", id, "--data", data}, "other"), 0).at("tier"), "audited");
  const Json recounted = json(pgolf({"show", id}, "other"), 0);
  for (const Json& v : recounted.at("verdicts"))
    if (v.at("rule") == "byte_count") {
      EXPECT_EQ(v.at("status"), "pass");  // of the text that lay there
    }
  EXPECT_EQ(json(pgolf({"ls"}, "other"), 0).at("runs").at(0).at("tier"), "audited");

  const Json audit = json(pgolf({"audit", bundle, "--data", data}, "third"), 1);
  EXPECT_EQ(audit.at("strict"), "fail");
  EXPECT_EQ(audit.at("tier"), "claimed");
  EXPECT_THAT(std::string(audit.at("first_difference")), StartsWith("pass 'ttt' after "));
  EXPECT_THAT(std::string(audit.at("first_difference_at")), StartsWith("eval.events.jsonl:"));
  EXPECT_EQ(audit.at("val_bpb").at("found"), run.at("val_bpb"));
  EXPECT_NEAR(audit.at("difference_bpb").get<double>(), bpb * 1e-6, bpb * 1e-9);
}

// The note of an audit is sealed by its hash; an audit cannot come with a bundle.
TEST_F(AuditTest, ItsFilesAreHeldAgainstTheRecord) {
  const Json run = tiny_run(text());
  const std::string id = run.at("run_id");
  json(pgolf({"audit", id}), 0);
  const fs::path note = directory_.path() / "home/audits" / id / "audit.json";
  std::string edited = read_text(note);
  replace_all(edited, "\"wall_ms\": ", "\"wall_ms\": 1");
  write_file_atomic(note, edited);
  const Json judged = Json::parse(pgolf({"judge", id}).out);
  for (const Json& v : judged.at("verdicts"))
    if (v.at("rule") == "audited") {
      EXPECT_EQ(v.at("status"), "unknown");
      EXPECT_THAT(std::string(v.at("reason")), StartsWith("audit.json is not the file that was recorded"));
    }
  const fs::path file = directory_.path() / "honest.tar.zst";
  EXPECT_EQ(pgolf({"bundle", "export", id, "-o", file.string()}).exit_code, 0);
  const BundleContents contents = read_bundle(read_text(file), "honest");
  EXPECT_EQ(contents.files.at("run.json").find("audit_sha256"), std::string::npos);
  for (const auto& [path, content] : contents.files) EXPECT_EQ(path.find("audit"), std::string::npos) << path;
}

// Nobody who asks by `pgolf audit RUN && ...` takes that for a pass.
// Attacks: audit-that-shows-nothing
TEST_F(AuditTest, WhatShowsNothingIsNoPass) {
  const std::string id = tiny_run(text()).at("run_id");
  const fs::path engine = directory_.path() / "engine", log = directory_.path() / "home" / id / "eval.events.jsonl";
  fs::copy_file(fs::path(PGOLF_BINARY_DIR) / "pgolf-engine", engine);
  std::ofstream(engine, std::ios::app | std::ios::binary) << "x";  // the same, by another hash
  const Json audit = json(pgolf({"audit", id, "--engine", engine.string()}), 3);
  EXPECT_EQ(audit.at("own_engine"), false);
  EXPECT_EQ(audit.at("strict"), "unknown");
  const std::string honest = read_text(log);
  fs::remove(log);
  json(pgolf({"audit", id}), 7);  // it told where the time limit of 849's adaptation stopped it
  write_file_atomic(log, honest);
  json(pgolf({"audit", id}), 0);  // the control
}

TEST_F(AuditTest, WhatCannotBeAuditedIsRefusedInOneLine) {
  const std::string data = text();
  const std::string id = tiny_run(data).at("run_id");
  EXPECT_EQ(pgolf({"audit", "nothing"}).exit_code, 7);
  const DataManifest another = HarnessFixture::data();
  const CommandResult other = pgolf({"audit", id, "--data", another.directory.string()});
  EXPECT_EQ(other.exit_code, 2);
  EXPECT_THAT(other.out, HasSubstr("not the data of run " + id));
  const CommandResult old = pgolf({"audit", id, "--rules", "pg-2026-05-02"});
  EXPECT_EQ(old.exit_code, 2);
  EXPECT_THAT(old.out, HasSubstr("has no rule 'audited'"));
  const fs::path artifact = directory_.path() / "home" / id / "artifact.bin";
  fs::permissions(artifact, fs::perms::owner_all);
  std::string bytes = read_text(artifact);
  bytes.back() ^= 1;
  write_file_atomic(artifact, bytes);
  const CommandResult swapped = pgolf({"audit", id});
  EXPECT_EQ(swapped.exit_code, 4);
  EXPECT_THAT(swapped.out, HasSubstr("not the artifact that was recorded"));
  EXPECT_FALSE(fs::exists(directory_.path() / "home/audits" / id));
}

}  // namespace
}  // namespace pgolf
