// pinned.json: what is written reads back as the same identity; whatever else it says is refused in one line.
#include "engine/config/pinned.h"

#include <gmock/gmock.h>

#include "base/error.h"
#include "base/sha256.h"
#include "engine/config/fields.h"
#include "engine/config/param_table.h"
#include "tests/support/golden_config.h"

namespace pgolf {
namespace {

using testing::HasSubstr;

Pinned pinned(const std::string& pr) {
  Pinned out;
  out.submission = "pr-" + pr;
  out.pr = std::stoi(pr);
  out.upstream_commit = std::string(40, 'a');
  out.config = submission_config(pr);
  out.num_params = num_params(out.config.model);
  out.data = PinnedData{"text", std::string(64, 'b')};
  out.overrides = {"train.iterations=5"};
  out.seed = 1337;
  return out;
}

// As somebody would who edits a document and knows about its hash.
Json with_new_hash(Json json) {
  json.erase("sha256");
  json["sha256"] = sha256_hex(json.dump());
  return json;
}

std::string refusal(const Json& json) {
  try {
    pinned_from_json(json, "here");
  } catch (const Error& e) {
    EXPECT_TRUE(e.kind() == ErrorKind::usage || e.kind() == ErrorKind::submission) << e.what();
    EXPECT_EQ(std::string(e.what()).find('\n'), std::string::npos) << e.what();
    return e.what();
  }
  return "";
}

TEST(PinnedDocument, ReadsBackAsTheSameIdentity) {
  for (const char* pr : {"334", "754", "849", "2143", "2097"}) {
    const Pinned written = pinned(pr);
    const Pinned read = pinned_from_json(Json::parse(pinned_to_json(written).dump()), "here");
    EXPECT_EQ(pinned_sha256(read), pinned_sha256(written)) << pr;
    EXPECT_EQ(config_to_json(read.config), config_to_json(written.config)) << pr;
  }
}

TEST(PinnedDocument, EveryFieldIsPartOfTheIdentity) {
  Pinned changed = pinned("334");
  const std::string before = pinned_sha256(changed);
  for (const Field& field : config_fields()) {
    const Json value = field.get(changed.config);
    if (value.is_boolean())
      field.set(changed.config, !value.get<bool>(), "test");
    else if (value.is_number_integer())
      field.set(changed.config, value.get<int64_t>() + 1, "test");
    else if (value.is_number())
      field.set(changed.config, value.get<double>() + 0.125, "test");
    else if (value.is_array())
      field.set(changed.config, Json::array({0}), "test");
    else if (field.type == "string")
      field.set(changed.config, value.get<std::string>() + "x", "test");
    else
      continue;  // choices
    EXPECT_NE(pinned_sha256(changed), before) << field.key;
    field.set(changed.config, value, "test");
  }
  EXPECT_EQ(pinned_sha256(changed), before);
}

TEST(PinnedDocument, EveryFieldSaysWhatItIs) {
  for (const Field& field : config_fields()) {
    EXPECT_FALSE(field.doc.empty()) << field.key;
    EXPECT_THAT(field.key, testing::MatchesRegex("[a-z]+\\.[a-z0-9_]+"));
  }
}

TEST(PinnedDocument, RefusesWhatWasEdited) {
  Json json = pinned_to_json(pinned("849"));
  json["seed"] = 1;
  EXPECT_THAT(refusal(json), HasSubstr("edited after `pgolf resolve`"));
}

TEST(PinnedDocument, RefusesForgedDocumentsThatHashRight) {
  const Json good = pinned_to_json(pinned("2097"));
  const auto forged = [&](const std::string& pointer, const Json& value) {
    Json json = good;
    json[Json::json_pointer(pointer)] = value;
    return refusal(with_new_hash(json));
  };
  EXPECT_THAT(forged("/format", "pgolf.pinned/2"), HasSubstr("'pgolf.pinned/2' is not 'pgolf.pinned/1'"));
  EXPECT_THAT(forged("/surprise", 1), HasSubstr("members that pgolf.pinned/1 does not know"));
  EXPECT_THAT(forged("/submission/surprise", 1), HasSubstr("members that"));
  EXPECT_THAT(forged("/config/model/surprise", 1), HasSubstr("unknown key 'model.surprise'"));
  EXPECT_THAT(forged("/config/model/num_layers", "eleven"),
              HasSubstr("model.num_layers: expected integer, got \"eleven\""));
  EXPECT_THAT(forged("/config/train/iterations", uint64_t{1} << 63), HasSubstr("train.iterations: expected integer"));
  EXPECT_THAT(forged("/config/model/smear", "sideways"), HasSubstr("expected one of none, fixed, windowed"));
  EXPECT_THAT(forged("/config/model/num_heads", 7), HasSubstr("model.num_heads: 7 does not divide"));
  EXPECT_THAT(forged("/config/model/rope_scaling", "ntk"), testing::IsEmpty());
  EXPECT_THAT(forged("/num_params", 5), HasSubstr("num_params is 5, but this configuration has 35945673"));
  EXPECT_THAT(forged("/data", "text"), testing::Not(testing::IsEmpty()));
  Json without = good;
  without["config"]["muon"].erase("lr");
  EXPECT_THAT(refusal(with_new_hash(without)), HasSubstr("muon.lr"));
  EXPECT_THAT(refusal(Json::array()), HasSubstr("not a pgolf.pinned/1 document"));
}

}  // namespace
}  // namespace pgolf
