// DIR/sweep.json: written once, read strictly.
#include "base/error.h"
#include "base/file.h"
#include "base/json_guard.h"
#include "harness/sweep/plan.h"

namespace pgolf {
namespace fs = std::filesystem;
namespace {

constexpr const char* kRoles[] = {"plain", "base", "out", "in"};

fs::path plan_file(const fs::path& directory) { return directory / "sweep.json"; }

Json variant_to_json(const SweepVariant& v) {
  return {{"name", v.name},
          {"submission", v.submission},
          {"directory", v.directory},
          {"profile", v.profile},
          {"sets", v.sets},
          {"role", kRoles[static_cast<size_t>(v.role)]},
          {"technique", v.technique},
          {"data", v.data},
          {"data_sha256", v.data_sha256},
          {"pinned", v.pinned}};
}

VariantRole role_from(const std::string& name, const std::string& origin) {
  for (size_t i = 0; i < std::size(kRoles); ++i)
    if (name == kRoles[i]) return static_cast<VariantRole>(i);
  fail(ErrorKind::submission, "{}: variants.role: '{:.40}' is none of plain, base, out, in", origin, name);
}

SweepVariant variant_from(const Json& json, size_t seeds, const std::string& origin) {
  SweepVariant out;
  for (const auto& [key, text] : {std::pair("name", &out.name),
                                  {"submission", &out.submission},
                                  {"directory", &out.directory},
                                  {"profile", &out.profile},
                                  {"technique", &out.technique},
                                  {"data", &out.data},
                                  {"data_sha256", &out.data_sha256}})
    *text = json_get<std::string>(json, key, origin);
  out.sets = json_get<std::vector<std::string>>(json, "sets", origin);
  out.pinned = json_get<std::vector<std::string>>(json, "pinned", origin);
  out.role = role_from(json_get<std::string>(json, "role", origin), origin);
  if (out.pinned.size() != seeds)
    fail(ErrorKind::submission, "{}: {:.80} has {} configurations for {} seeds", origin, out.name, out.pinned.size(),
         seeds);
  return out;
}

}  // namespace

Json plan_to_json(const SweepPlan& plan) {
  Json out = {{"format", kSweepFormat}, {"id", plan.id}, {"created_at", plan.created_at}, {"seeds", plan.seeds}};
  out["variants"] = Json::array(), out["skipped"] = Json::array();
  for (const SweepVariant& v : plan.variants) out["variants"].push_back(variant_to_json(v));
  for (const SkippedTechnique& s : plan.skipped) out["skipped"].push_back({{"technique", s.name}, {"why", s.why}});
  return out;
}

void write_plan(const fs::path& directory, const SweepPlan& plan) {
  std::error_code error;
  if (fs::exists(plan_file(directory), error))
    fail(ErrorKind::usage, "{}: has a sweep already; `pgolf sweep run` goes on with it, another needs another folder",
         directory.string());
  fs::create_directories(directory, error);
  if (error) fail(ErrorKind::machine, "{}: cannot be created: {}", directory.string(), error.message());
  write_file_atomic(plan_file(directory), plan_to_json(plan).dump(1) + "\n");
}

SweepPlan read_plan(const fs::path& directory) {
  std::error_code missing;
  const std::string origin = plan_file(directory).string();
  if (!fs::exists(origin, missing))
    fail(ErrorKind::not_found, "{}: no sweep is planned there; `pgolf sweep new {}` plans one", directory.string(),
         directory.string());
  const Json json = read_json(origin);
  if (!json.is_object()) fail(ErrorKind::submission, "{}: no JSON object", origin);
  if (const auto format = json_get<std::string>(json, "format", origin); format != kSweepFormat)
    fail(ErrorKind::usage, "{}: format '{:.40}' is not '{}', which this version of pgolf reads", origin, format,
         kSweepFormat);
  SweepPlan out;
  out.id = json_get<std::string>(json, "id", origin);
  if (out.id.empty() || out.id.size() > 32 || out.id.find_first_not_of("0123456789abcdef") != std::string::npos)
    fail(ErrorKind::submission, "{}: id: expected hexadecimal digits", origin);
  out.created_at = json_get<std::string>(json, "created_at", origin);
  out.seeds = json_get<std::vector<int64_t>>(json, "seeds", origin);
  for (const Json& one : json_get<Json>(json, "variants", origin))
    out.variants.push_back(variant_from(one, out.seeds.size(), origin));
  for (const Json& one : json_get<Json>(json, "skipped", origin))
    out.skipped.push_back({json_get<std::string>(one, "technique", origin), json_get<std::string>(one, "why", origin)});
  if (out.tasks() == 0 || out.tasks() > kMostTasks)
    fail(ErrorKind::submission, "{}: plans {} runs; expected 1 to {}", origin, out.tasks(), kMostTasks);
  return out;
}

}  // namespace pgolf
