#include "harness/bundle/statement.h"

#include <functional>

#include "base/file.h"
#include "base/json.h"
#include "base/sha256.h"
#include "tests/harness/bundle/keys.h"
#include "tests/harness/bundle/run_fixture.h"

namespace pgolf {
namespace {

using testing::HasSubstr;

class StatementTest : public BundleRunTest {
 protected:
  StatementTest() : store_(Store::open(workspace().database())) {
    contents_ = run_contents(store_, workspace(), make_run(store_), source_dir() / "rules");
  }
  BundleContents with_statement(const std::string& key = "") const {
    BundleContents out = contents_;
    add_statement(out, key, "key.pem");
    return out;
  }
  static std::string refusal(const BundleContents& contents, const std::string& key = "") {
    const Error e = error_of([&] { check_statement(contents, "b", key, "pub.pem"); });
    EXPECT_EQ(e.kind(), ErrorKind::submission) << e.what();
    return e.what();
  }

  Store store_;
  BundleContents contents_;
};

// Every file, the engine that evaluated and the data, by SHA-256; as any in-toto reader finds it.
TEST_F(StatementTest, IsOnAllThatTheBundleHas) {
  const BundleContents bundle = with_statement();
  const Json envelope = Json::parse(bundle.files.at(kStatementFile));
  EXPECT_EQ(envelope.at("payloadType"), "application/vnd.in-toto+json");
  EXPECT_TRUE(envelope.at("signatures").empty());
  const Json statement = Json::parse(*from_base64(std::string(envelope.at("payload"))));
  EXPECT_EQ(statement.at("_type"), "https://in-toto.io/Statement/v1");
  std::map<std::string, std::string> subjects;
  for (const Json& subject : statement.at("subject")) subjects[subject.at("name")] = subject.at("digest").at("sha256");
  EXPECT_EQ(subjects.size(), contents_.files.size() + 2);
  for (const auto& [path, content] : contents_.files) EXPECT_EQ(subjects.at(path), sha256_hex(content)) << path;
  EXPECT_EQ(subjects.at("engine"), sha256_file(fake_engine()));
  EXPECT_EQ(subjects.at("data/manifest.json"), data().sha256);
  const CheckedStatement found = check_statement(bundle, "b");
  EXPECT_TRUE(found.there);
  EXPECT_FALSE(found.verified);
}

TEST_F(StatementTest, IsSignedByTheKeyThatIsGiven) {
  const BundleContents bundle = with_statement(private_pem());
  const CheckedStatement found = check_statement(bundle, "b", public_pem(), "pub.pem");
  EXPECT_TRUE(found.verified);
  EXPECT_EQ(found.keys, std::vector<std::string>{key_id(public_pem(), "k")});
  EXPECT_FALSE(check_statement(bundle, "b").verified);  // whose key it is, nobody said
  EXPECT_THAT(refusal(bundle, other_public_pem()), HasSubstr("no signature of it is by pub.pem ("));
  EXPECT_THAT(refusal(with_statement(), public_pem()), HasSubstr("is not signed"));
  EXPECT_THAT(refusal(contents_, public_pem()), HasSubstr("has no statement, so that pub.pem cannot have signed it"));
}

// Whatever changes in the bundle, the statement is on something else.
TEST_F(StatementTest, OfOtherSubjectsIsRefused) {
  for (const auto& [path, content] : contents_.files) {
    if (path == "run.json" || path == "pinned.json") continue;  // read, too
    BundleContents bundle = with_statement(private_pem());
    bundle.files.at(path) += " ";
    EXPECT_THAT(refusal(bundle), HasSubstr("'" + path + "' has SHA-256")) << path;
    bundle.files.erase(path);
    EXPECT_THAT(refusal(bundle), HasSubstr("is on '" + path + "', which the bundle does not have")) << path;
  }
  BundleContents more = with_statement();
  more.files["run/pack.stdout"] += "more";
  EXPECT_THAT(refusal(more), HasSubstr("pack.stdout"));
  // A new statement on the changed bundle is not the old key's.
  BundleContents again = contents_;
  again.files.at("run/ledger.jsonl") += " ";
  add_statement(again, "", "");
  Json envelope = Json::parse(again.files.at(kStatementFile));
  envelope["signatures"] = Json::parse(with_statement(private_pem()).files.at(kStatementFile)).at("signatures");
  again.files.at(kStatementFile) = envelope.dump();
  EXPECT_TRUE(check_statement(again, "b").there);
  EXPECT_THAT(refusal(again, public_pem()), HasSubstr("no signature of it is by"));
}

TEST_F(StatementTest, DamagedAndNewerOnesAreRefused) {
  const auto changed = [&](const std::function<void(Json & envelope, Json & statement)>& change) {
    BundleContents out = with_statement(private_pem());
    Json envelope = Json::parse(out.files.at(kStatementFile));
    Json statement = Json::parse(*from_base64(std::string(envelope.at("payload"))));
    envelope["payload"] = "";
    change(envelope, statement);
    if (envelope["payload"] == "") envelope["payload"] = to_base64(statement.dump());
    out.files.at(kStatementFile) = envelope.dump();
    return refusal(out);
  };
  EXPECT_THAT(changed([](Json&, Json& s) { s["predicateType"] = "urn:pgolf:run/2"; }), HasSubstr("use a newer pgolf"));
  EXPECT_THAT(changed([](Json&, Json& s) { s["_type"] = "https://in-toto.io/Statement/v2"; }),
              HasSubstr("no in-toto statement on a run"));
  EXPECT_THAT(changed([](Json&, Json& s) { s["subject"].push_back(s["subject"][0]); }), HasSubstr("twice"));
  EXPECT_THAT(changed([](Json& e, Json&) { e["payload"] = "*"; }), HasSubstr("its payload is no Base64"));
  EXPECT_THAT(changed([](Json& e, Json&) { e["payloadType"] = "text"; }), HasSubstr("a payload of type 'text'"));
  EXPECT_THAT(changed([](Json& e, Json&) { e["signatures"] = Json(std::vector<Json>(17, e["signatures"][0])); }),
              HasSubstr("17 signatures, 16 at most"));
  BundleContents cut = with_statement();
  cut.files.at(kStatementFile).resize(100);
  EXPECT_THAT(refusal(cut), HasSubstr(kStatementFile));
}

// It travels with the run, and stays beside it as it came.
TEST_F(StatementTest, IsKeptOnImport) {
  const BundleContents bundle = with_statement(private_pem());
  std::filesystem::create_directories(other().home);
  Store there = Store::open(other().database());
  const ImportResult result = take(there, bundle);
  EXPECT_EQ(read_text(other().run(result.run).root() / "imported.statement.json"), bundle.files.at(kStatementFile));
  BundleContents bad = bundle;
  bad.files.at("verdicts.json") += " ";
  EXPECT_THAT(std::string(error_of([&] { take(there, bad); }).what()), HasSubstr("'verdicts.json' has SHA-256"));
}

}  // namespace
}  // namespace pgolf
