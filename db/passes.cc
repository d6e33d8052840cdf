#include "db/passes.h"

#include <fmt/format.h>

#include "base/json_guard.h"
#include "base/message.h"
#include "base/units.h"

namespace pgolf {
namespace {

std::optional<double> number(const Json& object, const char* key, std::string_view origin) {
  if (object.contains(key) && object.at(key).is_null()) return std::nullopt;
  return json_get<double>(object, key, origin);
}

}  // namespace

Json passes_to_json(const std::vector<ScoringPass>& passes) {
  const auto or_null = [](const std::optional<double>& value) { return value ? Json(*value) : Json(nullptr); };
  Json out = Json::array();
  for (const ScoringPass& p : passes)
    out.push_back({{"name", p.name},
                   {"ended", p.ended},
                   {"headline", p.headline},
                   {"targets", p.targets},
                   {"val_loss", or_null(p.val_loss)},
                   {"val_bpb", or_null(p.val_bpb)}});
  return out;
}

std::vector<ScoringPass> passes_of(const Json& document, std::string_view origin) {
  std::vector<ScoringPass> out;
  if (!document.contains("passes")) return out;
  for (const Json& p : json_get<std::vector<Json>>(document, "passes", origin))
    out.push_back({as_message(json_get<std::string>(p, "name", origin)), json_get<bool>(p, "ended", origin),
                   json_get<bool>(p, "headline", origin), json_integer(p, "targets", origin),
                   number(p, "val_loss", origin), number(p, "val_bpb", origin)});
  return out;
}

std::string pass_text(const ScoringPass& pass) {
  if (!pass.ended) return fmt::format("{} broke off after {} targets", pass.name, with_commas(pass.targets));
  return fmt::format("{} ended with val_bpb {}", pass.name, pass.val_bpb ? fmt::format("{:.4f}", *pass.val_bpb) : "-");
}

std::string passes_text(const std::vector<ScoringPass>& passes) {
  std::string out;
  for (const ScoringPass& p : passes) out += (out.empty() ? "" : ", ") + pass_text(p);
  return out;
}

}  // namespace pgolf
