#include "harness/sweep/plan.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <random>
#include <set>

#include "base/error.h"
#include "base/utc.h"

namespace pgolf {
namespace fs = std::filesystem;
namespace {

int64_t seed_from(std::string_view text) {
  int64_t out = -1;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  if (error != std::errc() || end != text.data() + text.size() || out < 0)
    fail(ErrorKind::usage, "--seeds: '{}' is no seed; expected numbers and ranges, like 1-3,7", text);
  return out;
}

std::vector<std::string> split_values(std::string_view text) {
  std::vector<std::string> out(1);
  int depth = 0;
  bool quoted = false;
  for (const char c : text) {
    quoted ^= c == '"';
    depth += quoted ? 0 : c == '[' ? 1 : c == ']' ? -1 : 0;
    if (c == ',' && depth == 0 && !quoted)
      out.emplace_back();
    else
      out.back() += c;
  }
  return out;
}

// Every combination of one value of each.
std::vector<std::vector<std::string>> combinations(const std::vector<std::string>& sets) {
  std::vector<std::vector<std::string>> out(1);
  for (const std::string& set : sets) {
    const auto values = set_values(set);
    if (out.size() * values.size() > kMostTasks) fail(ErrorKind::usage, "--set: more than {} combinations", kMostTasks);
    std::vector<std::vector<std::string>> longer;
    for (const auto& chosen : out)
      for (const std::string& value : values) longer.emplace_back(chosen).push_back(value);
    out = std::move(longer);
  }
  return out;
}

}  // namespace

bool SweepPlan::is_ablation() const { return !variants.empty() && variants.front().role == VariantRole::base; }

std::vector<int64_t> parse_seeds(std::string_view text) {
  std::vector<int64_t> out;
  for (const std::string& part : split_values(text)) {
    const auto dash = part.find('-');
    const int64_t first = seed_from(part.substr(0, dash));
    const int64_t last = dash == std::string::npos ? first : seed_from(part.substr(dash + 1));
    if (last < first || last - first >= static_cast<int64_t>(kMostTasks))
      fail(ErrorKind::usage, "--seeds: '{}' goes down, or has more than {} seeds", part, kMostTasks);
    for (int64_t seed = first; seed <= last; ++seed) {
      if (std::find(out.begin(), out.end(), seed) != out.end())
        fail(ErrorKind::usage, "--seeds: {} is named twice", seed);
      out.push_back(seed);
    }
  }
  return out;
}

std::vector<std::string> set_values(const std::string& set) {
  const auto equals = set.find('=');
  if (equals == std::string::npos || equals == 0)
    fail(ErrorKind::usage, "--set {}: expected key=value or key=a,b,c", set);
  std::vector<std::string> out;
  for (const std::string& value : split_values(std::string_view(set).substr(equals + 1)))
    out.push_back(set.substr(0, equals + 1) + value);
  return out;
}

SweepPlan empty_plan(const std::vector<int64_t>& seeds) {
  std::random_device random;
  SweepPlan out;
  out.id = fmt::format("{:08x}{:08x}", random(), random());
  out.created_at = utc_now(), out.seeds = seeds;
  return out;
}

SweepVariant pin_variant(const Submission& submission, const ResolveRequest& request, const std::vector<int64_t>& seeds,
                         const DataOf& data_of) {
  ResolveRequest one = request;
  const SweepData data = data_of(request.profile, resolve(submission, one).pinned.config);
  one.data = data.pinned;
  SweepVariant out;
  for (const int64_t seed : seeds) {
    one.seed = seed;
    const Pinned pinned = resolve(submission, one).pinned;
    out.sets = pinned.overrides;
    out.pinned.push_back(pinned_sha256(pinned));
  }
  out.submission = submission.id, out.profile = request.profile;
  out.directory = fs::absolute(submission.directory).lexically_normal().string();
  out.data = data.directory, out.data_sha256 = data.pinned.manifest_sha256;
  out.name = kind_name(out.submission, out.profile, out.sets);
  return out;
}

SweepPlan plan_sweep(const SweepRequest& request, const fs::path& submissions, const DataOf& data_of) {
  SweepPlan out = empty_plan(request.seeds);
  std::set<std::string> seen;
  const auto sets = combinations(request.sets);
  if (request.submissions.size() * request.profiles.size() * sets.size() * out.seeds.size() > kMostTasks)
    fail(ErrorKind::usage, "more than {} runs are asked for", kMostTasks);
  for (const std::string& name : request.submissions) {
    const Submission submission = open_submission(submissions, name);
    for (const std::string& profile : request.profiles)
      for (const auto& chosen : sets) {
        ResolveRequest one = request.resolve;
        one.profile = profile, one.sets = chosen;
        SweepVariant variant = pin_variant(submission, one, out.seeds, data_of);
        if (!seen.insert(variant.pinned.front()).second)
          fail(ErrorKind::usage, "{} is asked for twice; of the values of a field each must change something",
               variant.name);
        out.variants.push_back(std::move(variant));
      }
  }
  return out;
}

void check_unchanged(const SweepPlan& plan, const fs::path& submissions) {
  for (const SweepVariant& variant : plan.variants) {
    ResolveRequest request;
    request.profile = variant.profile, request.sets = variant.sets, request.seed = plan.seeds.front();
    request.data = PinnedData{fs::path(variant.data).filename().string(), variant.data_sha256};
    const Submission submission = load_submission(variant.directory, submissions);
    if (pinned_sha256(resolve(submission, request).pinned) != variant.pinned.front())
      fail(ErrorKind::usage,
           "{}: {} changed since this sweep was planned and would compute something else; put it back, or plan a new "
           "sweep",
           variant.name, submission.file);
  }
}

}  // namespace pgolf
