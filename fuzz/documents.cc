#include "base/sha256.h"
#include "engine/config/fields.h"
#include "engine/config/param_table.h"
#include "engine/config/pinned.h"
#include "engine/data/upstream_manifest.h"
#include "fuzz/refusal.h"
#include "fuzz/targets.h"
#include "judge/ruleset.h"
#include "resolve/published_log.h"
#include "resolve/submission.h"
#include "resolve/training_log.h"

namespace pgolf::fuzz {

void submission(std::string_view bytes) {
  parse_or_refuse([&] {
    const Submission read = parse_submission(bytes, "submission.toml");
    hold(!read.id.empty() && read.pr > 0 && !read.seeds.empty(), "a submission without identity");
  });
}

void ruleset(std::string_view bytes) {
  parse_or_refuse([&] {
    const Ruleset read = parse_ruleset(bytes, "rules.toml");
    hold(!read.rules.empty(), "a ruleset without rules");
  });
}

void training_log(std::string_view bytes) {
  parse_or_refuse([&] {
    const PublishedTraining t = parse_training_log(bytes, "train.log", 786432).training;
    hold(!t.rows.empty() && t.stop_step >= t.rows.back().step, "a training that ends before its last line");
    for (size_t i = 1; i < t.rows.size(); ++i) hold(t.rows[i - 1].step <= t.rows[i].step, "steps that go back");
  });
}

void published_log(std::string_view bytes) {
  parse_or_refuse([&] {
    for (const PublishedTraining& t : parse_published(bytes, "published-log.json"))
      hold(!t.rows.empty() && t.stop_step >= t.rows.back().step && t.stop_ms > 0, "a training without an end");
  });
}

void upstream(std::string_view bytes) {
  const DataCheck check = check_upstream_manifest(bytes, "manifest.json", "fineweb10B_sp1024", {.vocab_size = 1024});
  hold(check.status != CheckStatus::warn && !check.detail.empty(), "a check without a finding");
  hold(as_message(check.detail).find('\n') == std::string::npos, "a finding that is not one line");
}

// Sealed: the hash is computed anew, as a hostile writer would.
void pinned(std::string_view bytes) {
  parse_or_refuse([&] {
    const bool sealed = bytes.starts_with(kSealed);
    Json json = parse_json(bytes.substr(sealed ? 1 : 0), "pinned.json");
    if (sealed && json.is_object()) {
      json.erase("sha256");
      json["sha256"] = sha256_hex(json.dump());
    }
    const Pinned read = pinned_from_json(json, "pinned.json");
    hold(num_params(read.config.model) == read.num_params, "a parameter count that is not the model's");
    const Pinned again = pinned_from_json(pinned_to_json(read), "pinned.json");
    hold(pinned_sha256(again) == pinned_sha256(read), "a document that reads back as another");
  });
}

}  // namespace pgolf::fuzz
