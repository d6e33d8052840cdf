#include "db/documents/documents.h"

#include <gmock/gmock.h>

#include "base/error.h"

namespace pgolf {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

std::string refusal(const std::function<void()>& body, ErrorKind kind) {
  try {
    body();
  } catch (const Error& e) {
    EXPECT_EQ(e.kind(), kind) << e.what();
    return e.what();
  }
  return "accepted";
}

PhaseDocument whole() {
  PhaseDocument d;
  d.engine_sha256 = "ee", d.visible = {"train"}, d.network = false, d.user_namespaces = false;
  d.environment = {{"HOME", "/"}}, d.span_ms = {{"train", 595000.25}}, d.watched = true;
  d.denied = {{"val", "open /data/val/0.bin", 3}}, d.libraries = {{"/lib/libc.so.6", "aa"}};
  d.left_behind = {"core"}, d.over = "time", d.remembered_hashes = 7, d.events_sha256 = "ff";
  d.passes = {{"sliding", true, false, 62021632, 1.9, 1.12}, {"ttt", false, false, 310108, {}, {}}};
  d.ledger_head = "aa";
  return d;
}

TEST(PhaseDocument, ReadsBackWhatItWrites) {
  const std::string text = to_text(whole());
  const PhaseDocument d = parse_phase_document(text, "phase train");
  EXPECT_EQ(to_text(d), text);
  EXPECT_EQ(d.span_ms.at("train"), 595000.25);
  EXPECT_EQ(d.denied.at(0).times, 3);
  EXPECT_EQ(d.passes, whole().passes);
  EXPECT_FALSE(d.network);
}

// What older pgolf wrote: {"span_ms": ...} and no more.
TEST(PhaseDocument, AMemberThatIsMissingHasItsDefault) {
  const PhaseDocument d = parse_phase_document(R"({"span_ms":{"train":40000.5}})", "phase train");
  EXPECT_EQ(d.span_ms.at("train"), 40000.5);
  EXPECT_TRUE(d.network);
  EXPECT_FALSE(d.watched);
  EXPECT_TRUE(d.denied.empty());
  EXPECT_EQ(to_json(d).contains("passes"), false);
}

TEST(PhaseDocument, RefusesByKey) {
  const auto said = [](const char* text) {
    return refusal([&] { parse_phase_document(text, "rows.json"); }, ErrorKind::submission);
  };
  EXPECT_THAT(said(R"({"watched": 1})"), HasSubstr("rows.json: key 'watched'"));
  EXPECT_THAT(said(R"({"denied": [{"kind": "val", "what": "x"}]})"), HasSubstr("key 'times' is missing"));
  EXPECT_THAT(said(R"({"denied": [{"kind": "val", "what": "x", "times": 0}]})"), HasSubstr("made 0 times"));
  EXPECT_THAT(said(R"({"denied": {}})"), HasSubstr("key 'denied'"));
  EXPECT_THAT(said(R"({"passes": [7]})"), HasSubstr("key 'name'"));
  EXPECT_THAT(said(R"({"remembered_hashes": 1.5})"), HasSubstr("key 'remembered_hashes'"));
  EXPECT_THAT(said("[]"), HasSubstr("no JSON object"));
  EXPECT_THAT(said("[1"), HasSubstr("not valid JSON"));
  PhaseRow row;
  row.name = "eval", row.document = R"({"over": 5})";
  EXPECT_THAT(refusal([&] { phase_document(row); }, ErrorKind::database),
              HasSubstr("the record of phase eval is damaged"));
}

TEST(ArtifactDocument, ReadsBackWhatItWrites) {
  const std::string text = to_text(ArtifactDocument{{{"matrices", 15'000'000}, {"scalars", 4711}}});
  EXPECT_EQ(text, R"({"classes":[{"name":"matrices","bytes":15000000},{"name":"scalars","bytes":4711}]})");
  EXPECT_EQ(to_text(parse_artifact_document(text, "artifact")), text);
  EXPECT_EQ(to_text(ArtifactDocument{}), "{}");
}

TEST(SubmissionDocument, ReadsBackWhatItWrites) {
  SubmissionDocument d;
  d.hardware = "8xH100 SXM", d.code.bytes = 50'000, d.code.shipped_bytes = 60'000,
  d.headline = {"README", "ttt", "", "1.12"};
  d.claims.resize(1);
  d.claims[0].source = "train.log", d.claims[0].seed = 1337;
  d.claims[0].evals = {{"ttt", "", "", "1.8939", "1.1217", {}, 100}};
  d.differences = {{"a", "b", "c"}};
  d.published.push_back({"train.log", 1337, 2, Json::parse("[[1,6.9],[2,6.8]]")});
  const std::string text = to_text(d);
  const SubmissionDocument read = parse_submission_document(text, "submission");
  EXPECT_EQ(to_text(read), text);
  EXPECT_EQ(read.code.shipped_bytes, 60'000);
  EXPECT_EQ(read.claims.at(0).seed, 1337);
  EXPECT_EQ(read.claims.at(0).steps, std::nullopt);
  EXPECT_EQ(read.claims.at(0).evals.at(0).targets, 100);
  EXPECT_TRUE(parse_submission_document("{}", "submission").claims.empty());
}

TEST(PinnedDocument, IsReadWithoutBeingAConfigurationOfOurs) {
  PinnedRow row;
  row.document = R"({"submission":{"id":"pr-1","code_bytes":7},"overrides":["a=1"],"data":{"manifest_sha256":"dd"},
                     "config":{"train":{"max_wallclock_seconds":600.0,"of_tomorrow":"x"}}})";
  const PinnedDocument d = pinned_document(row);
  EXPECT_EQ(d.code_bytes, 7);
  EXPECT_THAT(d.overrides, ElementsAre("a=1"));
  EXPECT_EQ(d.manifest_sha256(), "dd");
  EXPECT_EQ(d.number("train", "max_wallclock_seconds"), 600.0);
  EXPECT_EQ(d.number("train", "of_tomorrow"), std::nullopt);
  EXPECT_EQ(d.number("gone", "x"), std::nullopt);
  row.document = "[]";
  EXPECT_THAT(refusal([&] { pinned_document(row); }, ErrorKind::database), HasSubstr("is damaged; restore a backup"));
}

TEST(PassMetric, NamesEachPassOnce) {
  EXPECT_EQ(pass_metric("val_bpb", "ttt"), "val_bpb_ttt");
  EXPECT_EQ(pass_metric("val_loss", "quantized"), "val_loss_quant");
  for (const char* pass : {"quantized", "prequant", "sliding", "ttt"})
    EXPECT_EQ(split_pass_metric(pass_metric("val_bpb", pass)), std::pair(std::string("val_bpb"), std::string(pass)));
  EXPECT_EQ(split_pass_metric("val_loss"), std::pair(std::string("val_loss"), std::string()));
  EXPECT_EQ(split_pass_metric("steps").second, "");
}

TEST(RunRecord, KnowsPhasesFilesAndMetricsByName) {
  RunRecord r;
  r.phases.resize(3);
  r.phases[0].name = "eval", r.phases[1].name = "eval", r.phases[1].attempt = 2, r.phases[2].name = "train";
  r.artifacts.resize(1);
  r.artifacts[0].name = "artifact", r.metrics = {{"val_bpb", 1.25}};
  EXPECT_EQ(r.phase("eval"), &r.phases[1]);
  EXPECT_EQ(r.phase("pack"), nullptr);
  EXPECT_EQ(r.artifact(), &r.artifacts[0]);
  EXPECT_EQ(r.checkpoint(), nullptr);
  EXPECT_EQ(r.metric("val_bpb"), 1.25);
  EXPECT_EQ(r.metric("steps"), std::nullopt);
}

}  // namespace
}  // namespace pgolf
