#include "harness/cli/run_list.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "base/similar.h"
#include "base/units.h"
#include "db/run_state.h"
#include "harness/cli/run_json.h"
#include "judge/outcome.h"
#include "judge/tier.h"
#include "resolve/submission.h"

namespace pgolf {
namespace {

using Cell = std::string (*)(const RunSummary&);

struct Column {
  const char *name, *title;
  bool right;
  Cell cell;
  double (*number)(const RunSummary&);  // to sort by; null: by the cell
};

std::string or_dash(const std::string& text) { return text.empty() ? "-" : text; }

std::string quotes_off(std::string text) {
  std::erase(text, '"');
  return text;
}

std::string variant_text(const RunSummary& s) { return quotes_off(fmt::format("{}", fmt::join(s.overrides, " "))); }

const std::vector<Column>& columns() {
  static const std::vector<Column> all = {
      {"run", "RUN", false, [](const RunSummary& s) { return s.id; }, nullptr},
      {"submission", "SUBMISSION", false,
       [](const RunSummary& s) { return s.submission + (outcome_of(s.verdicts).other_submission ? "~" : ""); },
       nullptr},
      {"profile", "PROFILE", false,
       [](const RunSummary& s) { return s.profile + (s.as_run ? "" : "*") + (s.published_clock ? "@" : ""); }, nullptr},
      {"seed", "SEED", true, [](const RunSummary& s) { return std::to_string(s.seed); },
       [](const RunSummary& s) { return static_cast<double>(s.seed); }},
      {"state", "STATE", false,
       [](const RunSummary& s) {
         return std::string(run_state_name(s.state)) + (s.imported ? " +" : "") + (s.unvouched ? " ?" : "") +
                (s.edited ? " !" : "");
       },
       nullptr},
      {"val_bpb", "VAL_BPB", true,
       [](const RunSummary& s) { return s.val_bpb ? fmt::format("{:.4f}", *s.val_bpb) : "-"; },
       [](const RunSummary& s) { return s.val_bpb.value_or(INFINITY); }},
      {"val_loss", "VAL_LOSS", true,
       [](const RunSummary& s) { return s.val_loss ? fmt::format("{:.4f}", *s.val_loss) : "-"; },
       [](const RunSummary& s) { return s.val_loss.value_or(INFINITY); }},
      {"bytes", "MODEL BYTES", true,
       [](const RunSummary& s) { return s.artifact_bytes ? with_commas(*s.artifact_bytes) : "-"; },
       [](const RunSummary& s) { return static_cast<double>(s.artifact_bytes.value_or(INT64_MAX)); }},
      {"train", "TRAINING", true, [](const RunSummary& s) { return s.train_ms ? duration_text(*s.train_ms) : "-"; },
       [](const RunSummary& s) { return s.train_ms.value_or(INFINITY); }},
      {"eval", "EVALUATION", true, [](const RunSummary& s) { return s.eval_ms ? duration_text(*s.eval_ms) : "-"; },
       [](const RunSummary& s) { return s.eval_ms.value_or(INFINITY); }},
      {"strict", "STRICT", false, [](const RunSummary& s) { return or_dash(outcome_of(s.verdicts).strict); }, nullptr},
      {"practice", "PRACTICE", false, [](const RunSummary& s) { return or_dash(outcome_of(s.verdicts).practice); },
       nullptr},
      {"tier", "TIER", false, [](const RunSummary& s) { return or_dash(tier_of(s)); }, nullptr},
      {"broken", "BROKEN", false,
       [](const RunSummary& s) { return or_dash(fmt::format("{}", fmt::join(outcome_of(s.verdicts).broken, ", "))); },
       nullptr},
      {"variant", "VARIANT", false, [](const RunSummary& s) { return or_dash(variant_text(s)); }, nullptr},
      {"tags", "TAGS", false,
       [](const RunSummary& s) { return or_dash(fmt::format("{}", fmt::join(s.labels.tags, " "))); }, nullptr},
      {"note", "NOTE", false, [](const RunSummary& s) { return or_dash(s.labels.note); }, nullptr},
      {"created", "CREATED", false, [](const RunSummary& s) { return s.created_at.substr(0, 16); }, nullptr}};
  return all;
}

const Column& column(const std::string& name) {
  for (const Column& c : columns())
    if (name == c.name) return c;
  fail(ErrorKind::usage, "no column '{}'{}; there are: {}", name, did_you_mean(name, column_names()),
       fmt::join(column_names(), ", "));
}

bool matches(const RunSummary& s, const std::string& word) {
  const auto number = pull_request_number(word);
  const RunOutcome outcome = outcome_of(s.verdicts);
  const auto& tags = s.labels.tags;
  return s.submission == word || (number && s.pr == *number) || s.profile == word || run_state_name(s.state) == word ||
         outcome.strict == word || outcome.practice == word || tier_of(s) == word ||
         std::find(tags.begin(), tags.end(), word) != tags.end();
}

void sort_by(std::vector<RunSummary>& runs, const std::string& key) {
  const bool down = key.starts_with('-');
  const std::string name = key.substr(down ? 1 : 0);
  const Column& by = column(name);
  const auto less = [&](const RunSummary& a, const RunSummary& b) {
    return by.number ? by.number(a) < by.number(b) : by.cell(a) < by.cell(b);
  };
  if (name == "created") {
    if (down) std::reverse(runs.begin(), runs.end());
    return;  // they come so
  }
  std::stable_sort(runs.begin(), runs.end(),
                   [&](const RunSummary& a, const RunSummary& b) { return down ? less(b, a) : less(a, b); });
}

Json to_json(const RunSummary& s) {
  const RunOutcome outcome = outcome_of(s.verdicts);
  return {{"run_id", s.id},
          {"submission", s.submission},
          {"pr", s.pr > 0 ? Json(s.pr) : Json(nullptr)},
          {"profile", s.profile},
          {"as_run", s.as_run},
          {"overrides", s.overrides},
          {"pinned_sha256", s.pinned},
          {"published_clock", s.published_clock},
          {"seed", s.seed},
          {"state", run_state_name(s.state)},
          {"imported", s.imported},
          {"edited", s.edited},
          {"unvouched", s.unvouched},
          {"created_at", s.created_at},
          {"val_loss", or_null(s.val_loss)},
          {"val_bpb", or_null(s.val_bpb)},
          {"model_bytes", or_null(s.artifact_bytes)},
          {"train_ms", or_null(s.train_ms)},
          {"eval_ms", or_null(s.eval_ms)},
          {"strict", text_or_null(outcome.strict)},
          {"practice", text_or_null(outcome.practice)},
          {"tier", text_or_null(tier_of(s))},
          {"broken", outcome.broken},
          {"other_submission", outcome.other_submission},
          {"tags", s.labels.tags},
          {"note", text_or_null(s.labels.note)},
          {"hidden", s.labels.hidden}};
}

// What the marks in the table mean, of those that are in it.
std::string legend(const std::vector<RunSummary>& runs) {
  const auto any = [&](auto&& is) { return std::any_of(runs.begin(), runs.end(), is); };
  std::string out;
  if (any([](const RunSummary& s) { return !s.as_run; })) out += "* not the submission as it ran\n";
  if (any([](const RunSummary& s) { return s.published_clock; })) out += "@ on the published clock\n";
  if (any([](const RunSummary& s) { return s.imported; })) out += "+ imported: measured elsewhere\n";
  if (any([](const RunSummary& s) { return s.unvouched; }))
    out += "? made before records were sealed: nothing vouches for its rows\n";
  if (any([](const RunSummary& s) { return s.edited; }))
    out += "! edited: the rows are not those that pgolf wrote; `pgolf show RUN` refuses them\n";
  if (any([](const RunSummary& s) { return outcome_of(s.verdicts).other_submission; }))
    out += "~ not the submission that pgolf ships under this name\n";
  return out;
}

}  // namespace

std::vector<std::string> column_names() {
  std::vector<std::string> out;
  for (const Column& c : columns()) out.emplace_back(c.name);
  return out;
}

std::vector<RunSummary> filtered(std::vector<RunSummary> runs, const RunFilter& filter) {
  for (const std::string& word : filter.words)
    if (std::none_of(runs.begin(), runs.end(), [&](const RunSummary& s) { return matches(s, word); }))
      fail(ErrorKind::usage, "'{}': no submission, profile, state, outcome, tier or tag of a run on record", word);
  std::erase_if(runs, [&](const RunSummary& s) {
    const bool fits = std::all_of(filter.words.begin(), filter.words.end(),
                                  [&](const std::string& word) { return matches(s, word); });
    return !fits || (s.labels.hidden && !filter.hidden) ||
           variant_text(s).find(quotes_off(filter.variant)) == std::string::npos;
  });
  sort_by(runs, filter.sort);
  if (filter.limit > 0 && runs.size() > filter.limit) {
    // Of the order of time the newest are wanted, of every other the first.
    if (filter.sort == "created")
      runs.erase(runs.begin(), runs.end() - static_cast<long>(filter.limit));
    else
      runs.resize(filter.limit);
  }
  return runs;
}

Json runs_to_json(const std::vector<RunSummary>& runs) {
  Json out = Json::array();
  for (const RunSummary& s : runs) out.push_back(to_json(s));
  return {{"format", "pgolf.runs/1"}, {"runs", out}};
}

std::string runs_to_text(const std::vector<RunSummary>& runs, const std::vector<std::string>& names) {
  std::vector<const Column*> shown;
  for (const std::string& name : names) shown.push_back(&column(name));
  // A column that nobody has anything in is left out, unless it was asked for alone.
  if (names.size() > 1)
    std::erase_if(shown, [&](const Column* c) {
      const std::string name = c->name;
      return (name == "variant" || name == "tags") &&
             std::all_of(runs.begin(), runs.end(), [&](const RunSummary& s) { return c->cell(s) == "-"; });
    });
  std::vector<size_t> widths;
  for (const Column* c : shown) {
    widths.push_back(std::string_view(c->title).size());
    for (const RunSummary& s : runs) widths.back() = std::max(widths.back(), c->cell(s).size());
  }
  const auto line = [&](auto&& text) {
    std::string out;
    for (size_t i = 0; i < shown.size(); ++i)
      out += (i ? "  " : "") + (shown[i]->right ? fmt::format("{:>{}}", text(*shown[i]), widths[i])
                                                : fmt::format("{:<{}}", text(*shown[i]), widths[i]));
    return out.substr(0, out.find_last_not_of(' ') + 1) + "\n";
  };
  std::string out = line([](const Column& c) { return std::string(c.title); });
  for (const RunSummary& s : runs) out += line([&](const Column& c) { return c.cell(s); });
  return out + legend(runs);
}

}  // namespace pgolf
