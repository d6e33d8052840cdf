#include "engine/config/pinned.h"

#include "base/error.h"
#include "base/file.h"
#include "base/json_guard.h"
#include "base/sha256.h"
#include "engine/config/fields.h"
#include "engine/config/param_table.h"

namespace pgolf {
namespace {

// Everything but `sha256`.
Json body_of(const Pinned& p) {
  Json out;
  out["format"] = kPinnedFormat;
  out["submission"] = {
      {"id", p.submission}, {"pr", p.pr}, {"upstream_commit", p.upstream_commit}, {"code_bytes", p.code_bytes}};
  out["profile"] = p.profile;
  out["overrides"] = p.overrides;
  out["seed"] = p.seed;
  out["config"] = config_to_json(p.config);
  out["num_params"] = p.num_params;
  out["data"] = nullptr;
  if (p.data) out["data"] = {{"name", p.data->name}, {"manifest_sha256", p.data->manifest_sha256}};
  return out;
}

void check_format(const Json& json, std::string_view origin) {
  if (!json.is_object()) fail(ErrorKind::usage, "{}: not a {} document", origin, kPinnedFormat);
  const auto format = json_get<std::string>(json, "format", origin);
  if (format != kPinnedFormat)
    fail(ErrorKind::usage, "{}: format '{}' is not '{}'; resolve the submission again with this version of pgolf",
         origin, format, kPinnedFormat);
}

void check_identity(const Json& json, std::string_view origin) {
  Json body = json;
  body.erase("sha256");
  const auto stated = json_get<std::string>(json, "sha256", origin);
  const std::string computed = sha256_hex(body.dump());
  if (stated != computed)
    fail(ErrorKind::usage, "{}: the content's SHA-256 is {}, but it states {}; it was edited after `pgolf resolve`",
         origin, computed, stated);
}

}  // namespace

std::string pinned_sha256(const Pinned& pinned) { return sha256_hex(body_of(pinned).dump()); }

Json pinned_to_json(const Pinned& pinned) {
  Json out = body_of(pinned);
  out["sha256"] = sha256_hex(out.dump());
  return out;
}

Pinned pinned_from_json(const Json& json, std::string_view origin) {
  check_format(json, origin);
  check_identity(json, origin);
  Pinned p;
  const auto submission = json_get<Json>(json, "submission", origin);
  p.submission = json_get<std::string>(submission, "id", origin);
  p.pr = json_integer(submission, "pr", origin);
  p.upstream_commit = json_get<std::string>(submission, "upstream_commit", origin);
  p.code_bytes = json_integer(submission, "code_bytes", origin);
  p.profile = json_get<std::string>(json, "profile", origin);
  p.overrides = json_get<std::vector<std::string>>(json, "overrides", origin);
  p.seed = json_integer(json, "seed", origin);
  p.config = config_from_json(json_get<Json>(json, "config", origin), origin);
  validate_config(p.config, [&](std::string_view) { return std::string(origin); });
  p.num_params = json_integer(json, "num_params", origin);
  if (const int64_t counted = num_params(p.config.model); counted != p.num_params)
    fail(ErrorKind::usage, "{}: num_params is {}, but this configuration has {}", origin, p.num_params, counted);
  if (const auto data = json_get<Json>(json, "data", origin); !data.is_null())
    p.data =
        PinnedData{json_get<std::string>(data, "name", origin), json_get<std::string>(data, "manifest_sha256", origin)};
  if (pinned_to_json(p) != json) fail(ErrorKind::usage, "{}: has members that {} does not know", origin, kPinnedFormat);
  return p;
}

Pinned read_pinned(const std::filesystem::path& path) { return pinned_from_json(read_json(path), path.string()); }

void write_pinned(const std::filesystem::path& path, const Pinned& pinned) {
  write_file_atomic(path, pinned_to_json(pinned).dump(2) + "\n");
}

}  // namespace pgolf
