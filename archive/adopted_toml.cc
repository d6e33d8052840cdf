#include "archive/adopted_toml.h"

#include <fmt/ranges.h>

#include <map>

#include "resolve/submission.h"

namespace pgolf {
namespace {

constexpr size_t kMostDifferences = 200;

std::string quoted(const std::string& text) { return Json(shown_name(text)).dump(); }

std::string line(const char* key, const std::string& text) {
  return text.empty() ? "" : fmt::format("{} = {}\n", key, quoted(text));
}
std::string line(const char* key, const std::optional<int64_t>& number) {
  return number && *number >= 0 ? fmt::format("{} = {}\n", key, *number) : "";
}
std::string printed(const char* key, const std::string& number) {
  return is_printed_number(number) ? line(key, number) : "";
}

std::string identity_toml(const std::string& id, const PublishedFolder& folder) {
  const Submission& s = folder.publication.submission;
  const std::string of = folder.pull ? fmt::format("#{}", folder.pull) : shown_name(s.id);
  std::string out = fmt::format("\n[submission]\nid = \"{}\"\n", id);
  out += line("title", fmt::format("{}{}", of, s.title.empty() ? ", adopted" : ", adopted: " + s.title));
  out += line("author", s.author) + line("date", s.date) + line("track", s.track) + line("hardware", s.hardware);
  if (!s.seeds.empty()) out += fmt::format("seeds = [{}]\n", fmt::join(s.seeds, ", "));
  if (s.code.bytes > 0)
    out += fmt::format("\n[code]\nbytes = {}\n{}", s.code.bytes, line("counted", of + ": " + s.code.counted));
  if (!s.headline.eval.empty())
    out += "\n[headline]\n" + line("source", s.headline.source) + line("eval", s.headline.eval) +
           printed("val_loss", s.headline.val_loss) + printed("val_bpb", s.headline.val_bpb);
  return out;
}

std::string config_toml(const std::vector<AdoptedField>& fields) {
  std::map<std::string, std::string> sections;
  for (const AdoptedField& f : fields) {
    const auto dot = f.key.find('.');
    sections[f.key.substr(0, dot)] += fmt::format("{} = {}  # {} {}, {}\n", f.key.substr(dot + 1), f.value.dump(),
                                                  f.variable, shown_name(f.text), shown_name(f.where));
  }
  std::string out;
  for (const auto& [section, lines] : sections) out += fmt::format("\n[config.{}]\n{}", section, lines);
  return out;
}

// A claim names a file by its last name alone; of one that cannot be named so nothing is claimed.
std::string claim_toml(const Claim& claim) {
  const std::string source = shown_name(claim.source.substr(claim.source.rfind('/') + 1));
  if (source.empty() || source[0] == '.') return "";
  std::string out = "\n[[claims]]\n" + line("source", source) + line("seed", claim.seed) + line("steps", claim.steps) +
                    line("train_ms", claim.train_ms) + line("calibration_ms", claim.calibration_ms) +
                    line("model_bytes", claim.model_bytes) + line("code_bytes", claim.code_bytes) +
                    line("total_bytes", claim.total_bytes) + line("val_targets", claim.val_targets) +
                    line("num_params", claim.num_params) + line("world_size", claim.world_size);
  for (const ClaimedEval& e : claim.evals)
    out += "\n[[claims.evals]]\n" + line("name", e.name) + line("weights", e.weights) + line("method", e.method) +
           printed("val_loss", e.val_loss) + printed("val_bpb", e.val_bpb) + line("eval_ms", e.eval_ms) +
           line("targets", e.targets);
  return out;
}

std::string differences_toml(const std::vector<NotExpressed>& missing) {
  std::string out;
  for (size_t i = 0; i < std::min(missing.size(), kMostDifferences); ++i) {
    const NotExpressed& m = missing[i];
    out += "\n[[differences]]\n" + line("claimed", m.kind + ": " + m.what) + line("as_run", m.why) +
           fmt::format("evidence = {}\n", quoted(m.where));
  }
  if (missing.size() > kMostDifferences)
    out += fmt::format("\n# And {} more: `pgolf adopt --json` lists them.\n", missing.size() - kMostDifferences);
  return out;
}

}  // namespace

std::string adopted_toml(const std::string& id, const Adoption& adoption, const PublishedFolder& folder) {
  const std::string& family = adoption.kinship.family->submission;
  std::string out = fmt::format(
      "# What {} publishes, as a variant of {}: {}.\n# Written by `pgolf adopt`; what is not expressed stands below as "
      "differences. Format: docs/submission.md.\nformat = \"pgolf.submission/1\"\nextends = \"{}\"\n",
      folder.pull ? fmt::format("pull request {}, {}", folder.pull, shown_name(folder.path)) : shown_name(folder.path),
      family, adoption.kinship.text(), family);
  out += identity_toml(id, folder) + config_toml(adoption.fields);
  for (const Claim& claim : folder.publication.submission.claims) out += claim_toml(claim);
  return out + differences_toml(adoption.missing);
}

}  // namespace pgolf
