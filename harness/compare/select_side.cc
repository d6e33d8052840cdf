// What the words of a command line mean as a side of a comparison.
#include <fmt/ranges.h>

#include <algorithm>
#include <map>
#include <regex>
#include <set>

#include "base/error.h"
#include "db/passes.h"
#include "engine/config/fields.h"
#include "harness/compare/side.h"
#include "resolve/resolve.h"

namespace pgolf {
namespace {

std::string metrics_of(const RunRecord& record) {
  std::vector<std::string> out;
  for (const auto& [name, value] : record.metrics)
    if (name.starts_with("val_bpb") || name.starts_with("val_loss")) out.push_back(name);
  return out.empty() ? "no result" : fmt::format("{}", fmt::join(out, ", "));
}

std::vector<std::string> split(std::string_view text, char separator) {
  std::vector<std::string> out;
  for (size_t at = 0, end = 0; at <= text.size(); at = end + 1) {
    end = std::min(text.find(separator, at), text.size());
    out.emplace_back(text.substr(at, end - at));
  }
  return out;
}

SelectedSide named_runs(const SideSources& sources, std::string_view what, const std::string& metric) {
  std::vector<RunRecord> runs;
  std::set<std::string> seen;
  for (const std::string& name : split(what, ',')) {
    if (name.empty()) fail(ErrorKind::usage, "'{}': names an empty run; separate runs by single commas", what);
    const std::string id = sources.store->find_run(name);
    if (!seen.insert(id).second) fail(ErrorKind::usage, "run {} is named twice on one side", id);
    check_counts(runs.emplace_back(sources.store->load_run(id)));
    if (!runs.back().metrics.contains(metric))
      fail(ErrorKind::usage, "run {} ({}) has no {}; it has {}", id, run_state_name(runs.back().run.state), metric,
           metrics_of(runs.back()));
  }
  return side_of_runs(sources, std::move(runs), metric);
}

// "demo+model.smear=none+train.iterations=5": a profile and overrides, which begin at a '+' before "section.field=".
std::string kind_named(const std::string& submission, const std::string& text) {
  static const std::regex kOverride("\\+(?=[a-z]+\\.[a-z0-9_]+=)");
  std::vector<std::string> parts(std::sregex_token_iterator(text.begin(), text.end(), kOverride, -1), {});
  std::vector<std::string> overrides;
  for (size_t i = 1; i < parts.size(); ++i) overrides.push_back(canonical_set(parts[i]));
  const auto place = [](const std::string& set) {  // as the pinned configuration orders them
    const std::string key = set.substr(0, set.find('='));
    const auto& all = config_fields();
    return std::find_if(all.begin(), all.end(), [&](const Field& f) { return f.key == key; }) - all.begin();
  };
  std::sort(overrides.begin(), overrides.end(), [&](const auto& a, const auto& b) { return place(a) < place(b); });
  return kind_name(submission, parts.front(), overrides);
}

bool is_on_record(const SideSources& sources, std::string_view submission) {
  for (const SubmissionRow& row : sources.store->list_submissions())
    if (row.id == submission) return true;
  return false;
}

// The identifier of what was typed, by number, folder or itself, whether its folder is still there or not.
std::string submission_id(const SideSources& sources, const std::string& name) {
  if (const auto number = pull_request_number(name)) {
    const std::string id = fmt::format("pr-{}", *number);
    if (is_on_record(sources, id)) return id;
  }
  return is_on_record(sources, name) ? name : open_submission(sources.submissions, name).id;
}

// "334@demo+ttt.enabled=false": finished runs of a submission, of one kind.
SelectedSide submission_runs(const SideSources& sources, std::string_view what, const std::string& metric) {
  const size_t at = what.find('@');
  const std::string submission = submission_id(sources, std::string(what.substr(0, at)));
  std::map<std::string, std::vector<RunRecord>> kinds;
  int64_t without = 0;
  for (const RunSummary& s : sources.store->list_runs()) {
    if (s.submission != submission || s.state != RunState::done || s.withdrawn) continue;
    RunRecord record = sources.store->load_run(s.id);
    if (!record.metrics.contains(metric))
      ++without;
    else
      kinds[kind_name(record)].push_back(std::move(record));
  }
  std::vector<std::string> names;
  for (const auto& [name, runs] : kinds)
    names.push_back(fmt::format("{} ({} run{})", name, runs.size(), runs.size() == 1 ? "" : "s"));
  if (kinds.empty())
    fail(ErrorKind::not_found, "{} has no finished run with a {}{}", submission, metric,
         without ? fmt::format(" ({} without it)", without) : "; `pgolf reproduce` makes one");
  if (at == std::string_view::npos) {
    if (kinds.size() > 1)
      fail(ErrorKind::usage, "{} has runs of several kinds; name one: {}", submission, fmt::join(names, ", "));
    return side_of_runs(sources, kinds.begin()->second, metric);
  }
  const std::string wanted = kind_named(submission, std::string(what.substr(at + 1)));
  const auto found = kinds.find(wanted);
  if (found == kinds.end())
    fail(ErrorKind::not_found, "no finished runs of kind {}; there are: {}", wanted, fmt::join(names, ", "));
  return side_of_runs(sources, found->second, metric);
}

// A bare number is a submission if there is one of it; else it may be a part of a run's identifier ("9919").
bool names_submission(const SideSources& sources, std::string_view what) {
  if (what.find('@') != std::string_view::npos || what.find("/pull/") != std::string_view::npos) return true;
  std::error_code ignored;
  for (const auto& directory : {sources.submissions / fmt::format("pr-{}", what), std::filesystem::path(what)})
    if (std::filesystem::exists(directory / "submission.toml", ignored)) return true;
  return what.starts_with("pr-") || what.starts_with("#") || is_on_record(sources, what);
}

}  // namespace

SelectedSide select_side(const SideSources& sources, std::string_view what, const std::string& metric) {
  constexpr std::string_view kClaims = "claims:";
  check_metric(metric);
  if (what.starts_with(kClaims)) {
    const auto submission = open_submission(sources.submissions, what.substr(kClaims.size()));
    CompareSide side = claims_side(submission, sources.ruleset, metric);
    if (side.runs.empty())
      fail(ErrorKind::not_found, "the logs of {} claim no {} of the pass '{}'", submission.id,
           split_pass_metric(metric).first, side.pass);
    return {std::move(side), {}};
  }
  if (!sources.store) fail_no_record(sources.workspace);
  return names_submission(sources, what) ? submission_runs(sources, what, metric) : named_runs(sources, what, metric);
}

}  // namespace pgolf
