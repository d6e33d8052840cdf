#include <algorithm>
#include <cmath>
#include <utility>

#include "base/error.h"
#include "base/similar.h"
#include "engine/config/field_rows.h"

namespace pgolf {
namespace {

// "model.smear" -> "model", "smear"
std::pair<std::string, std::string> section_and_name(const std::string& key) {
  const auto dot = key.find('.');
  return {key.substr(0, dot), key.substr(dot + 1)};
}

}  // namespace

std::string Limit::problem(const Json& value) const {
  if (!value.is_number()) return "";
  const double v = value.get<double>();
  if ((least_excluded ? v > least : v >= least) && (most_excluded ? v < most : v <= most)) return "";
  std::string must = fmt::format("be {}..{}", least, most);
  if (most == INFINITY) must = least_excluded ? "be positive" : "not be negative";
  if (least_excluded && most < INFINITY) must = fmt::format("be in ({}, {}]", least, most);
  if (most_excluded) must = fmt::format("be in [{}, {})", least, most);
  return fmt::format("must {}, is {}", must, value.dump());
}

void Field::set(Config& config, const Json& value, std::string_view origin) const {
  if (put(config, value)) return;
  const bool not_finite = value.is_number_float() && !std::isfinite(value.get<double>());
  fail(ErrorKind::usage, "{}: {}: expected {}, got {}", origin, key, type,
       not_finite ? "a number that is not finite" : value.dump());
}

const std::vector<Field>& config_fields() {
  static const std::vector<Field> all = [] {
    std::vector<Field> out;
    for (auto* fields : {model_fields, data_fields, train_fields, schedule_fields, muon_fields, adam_fields,
                         clip_fields, average_fields, qat_fields, quant_fields, codec_fields, eval_fields, ttt_fields})
      for (Field& field : fields()) out.push_back(std::move(field));
    return out;
  }();
  return all;
}

const Field& config_field(std::string_view key) {
  const auto& all = config_fields();
  const auto found = std::find_if(all.begin(), all.end(), [&](const Field& field) { return field.key == key; });
  check(found != all.end(), "no field has the key {}", key);
  return *found;
}

Json config_to_json(const Config& config) {
  Json out = Json::object();
  for (const Field& field : config_fields()) {
    const auto [section, name] = section_and_name(field.key);
    out[section][name] = field.get(config);
  }
  return out;
}

Config config_from_json(const Json& json, std::string_view origin) {
  Config config;
  for (const Field& field : config_fields()) {
    const auto [section, name] = section_and_name(field.key);
    if (!json.contains(section) || !json.at(section).contains(name))
      fail(ErrorKind::usage, "{}: key '{}' is missing", origin, field.key);
    field.set(config, json.at(section).at(name), origin);
  }
  size_t present = 0;
  for (const auto& [section, members] : json.items()) present += members.size();
  if (present != config_fields().size())
    for (const auto& [section, members] : json.items())
      for (const auto& [name, value] : members.items()) set_config_field(config, section + "." + name, value, origin);
  return config;
}

void set_config_field(Config& config, std::string_view key, const Json& value, std::string_view origin) {
  std::vector<std::string> known;
  for (const Field& field : config_fields()) {
    if (field.key == key) return field.set(config, value, origin);
    known.push_back(field.key);
  }
  const std::string similar = did_you_mean(key, known);
  fail(ErrorKind::usage, "{}: unknown key '{}'{}", origin, key,
       similar.empty() ? "; `pgolf resolve` prints all of them" : similar);
}

}  // namespace pgolf
