#include "harness/sweep/ablation.h"

#include <fmt/ranges.h>

#include <algorithm>

#include "base/error.h"
#include "base/similar.h"
#include "base/utf8.h"
#include "engine/config/fields.h"
#include "engine/config/techniques.h"

namespace pgolf {
namespace {

const Technique& technique_named(const std::string& name) {
  std::vector<std::string> known;
  for (const Technique& t : techniques()) {
    if (lower_ascii(t.name) == lower_ascii(name) || t.key == name) return t;
    known.push_back(t.name), known.push_back(t.key);
  }
  fail(ErrorKind::usage, "--techniques: no technique '{}'{}; `pgolf techniques` lists them", name,
       did_you_mean(name, known));
}

std::vector<const Technique*> wanted(const AblationRequest& request, const Config& config) {
  std::vector<const Technique*> out;
  for (const std::string& name : request.techniques) {
    const Technique& t = technique_named(name);
    if (!uses(config, t))
      fail(ErrorKind::usage, "--techniques: {} does not use {} ({} is {})", request.submission, t.name, t.key,
           technique_value(config, t).dump());
    if (std::find(out.begin(), out.end(), &t) == out.end()) out.push_back(&t);
  }
  if (request.techniques.empty())
    for (const Technique& t : techniques())
      if (uses(config, t)) out.push_back(&t);
  return out;
}

std::string set_text(const std::string& key, const Json& value) { return fmt::format("{}={}", key, value.dump()); }

}  // namespace

SweepPlan plan_ablation(const AblationRequest& request, const std::filesystem::path& submissions,
                        const DataOf& data_of) {
  const Submission own = open_submission(submissions, request.submission);
  const bool in = !request.in_from.empty();
  const Submission base = in ? open_submission(submissions, request.in_from) : own;
  const Config config = resolve(own, request.resolve).pinned.config;
  SweepPlan out = empty_plan(request.seeds);
  out.variants.push_back(pin_variant(base, request.resolve, out.seeds, data_of));
  out.variants.front().role = VariantRole::base;
  const Config base_config = resolve(base, request.resolve).pinned.config;
  for (const Technique* t : wanted(request, config)) {
    ResolveRequest one = request.resolve;
    one.sets.push_back(set_text(t->key, in ? technique_value(config, *t) : config_field(t->key).off));
    try {
      if (in && technique_value(base_config, *t) == technique_value(config, *t))
        fail(ErrorKind::usage, "{} has it already", base.id);
      SweepVariant variant = pin_variant(base, one, out.seeds, data_of);
      if (variant.pinned.front() == out.variants.front().pinned.front())
        fail(ErrorKind::usage, "it changes nothing in {}", base.id);
      variant.name = fmt::format("{} {}", in ? "with" : "without", t->name);
      variant.role = in ? VariantRole::in : VariantRole::out, variant.technique = t->name;
      out.variants.push_back(std::move(variant));
    } catch (const Error& e) {
      out.skipped.push_back({t->name, e.what()});
    }
  }
  if (out.variants.size() < 2)
    fail(ErrorKind::usage, "{}: no technique can be switched alone{}", own.id,
         out.skipped.empty() ? "" : fmt::format("; {}: {}", out.skipped.front().name, out.skipped.front().why));
  if (out.tasks() > kMostTasks) fail(ErrorKind::usage, "more than {} runs are asked for", kMostTasks);
  return out;
}

}  // namespace pgolf
