#include "harness/run/record_rows.h"

#include "base/json.h"
#include "harness/resolve/published_log.h"

namespace pgolf {
namespace {

Json claim_to_json(const Claim& claim) {
  Json out;
  out["source"] = claim.source;
  const auto put = [&](const char* key, const std::optional<int64_t>& value) {
    if (value) out[key] = *value;
  };
  put("seed", claim.seed);
  put("steps", claim.steps);
  put("train_ms", claim.train_ms);
  put("calibration_ms", claim.calibration_ms);
  put("model_bytes", claim.model_bytes);
  put("code_bytes", claim.code_bytes);
  put("total_bytes", claim.total_bytes);
  put("val_targets", claim.val_targets);
  put("num_params", claim.num_params);
  out["evals"] = Json::array();
  for (const ClaimedEval& e : claim.evals) {
    Json eval = {{"name", e.name},
                 {"weights", e.weights},
                 {"method", e.method},
                 {"val_loss", e.val_loss},
                 {"val_bpb", e.val_bpb}};
    if (e.eval_ms) eval["eval_ms"] = *e.eval_ms;
    if (e.targets) eval["targets"] = *e.targets;
    out["evals"].push_back(std::move(eval));
  }
  return out;
}

}  // namespace

SubmissionRow submission_row(const Submission& s) {
  Json document;
  document["hardware"] = s.hardware;
  document["date"] = s.date;
  document["upstream"] = {
      {"repository", s.upstream.repository}, {"commit", s.upstream.commit}, {"path", s.upstream.path}};
  document["upstream_data"] = to_json(s.upstream_data);
  document["code"] = {{"bytes", s.code.bytes}, {"counted", s.code.counted}};
  if (s.code.shipped_bytes) document["code"]["shipped_bytes"] = *s.code.shipped_bytes;
  document["headline"] = {{"source", s.headline.source},
                          {"eval", s.headline.eval},
                          {"val_loss", s.headline.val_loss},
                          {"val_bpb", s.headline.val_bpb}};
  document["techniques"] = Json::object();
  for (const auto& [group, names] : s.techniques) document["techniques"][group] = names;
  document["claims"] = Json::array();
  for (const Claim& claim : s.claims) document["claims"].push_back(claim_to_json(claim));
  document["differences"] = Json::array();
  for (const Difference& d : s.differences)
    document["differences"].push_back({{"claimed", d.claimed}, {"as_run", d.as_run}, {"evidence", d.evidence}});
  document["published"] = Json::array();
  for (const PublishedTraining& t : load_published(s))
    document["published"].push_back(
        {{"log", t.log}, {"seed", t.seed}, {"steps", t.stop_step}, {"train_loss", t.curve()}});
  return {s.id, s.title, s.author, s.track, s.upstream.commit, s.pr, s.code.bytes, document.dump()};
}

PinnedRow pinned_row(const Pinned& pinned) {
  const Json document = pinned_to_json(pinned);
  return {document.at("sha256").get<std::string>(),
          pinned.submission,
          pinned.profile,
          pinned.as_run(),
          pinned.seed,
          pinned.num_params,
          document.dump()};
}

}  // namespace pgolf
