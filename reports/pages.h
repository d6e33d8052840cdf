// The pages: HTML that needs nothing but itself, and a Markdown twin of each for review comments.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "reports/run_view.h"

namespace pgolf {

// `index`: address of the leaderboard page beside it, "" if there is none.
std::string run_page(const RunView& run, const std::string& index = "");
std::string run_markdown(const RunView& run);

// Best first within each profile. `href` of a run's page: page_name(run_id) + ".html".
std::string leaderboard_page(const std::vector<RunView>& runs);
std::string leaderboard_markdown(const std::vector<RunView>& runs);
std::string leaderboard_csv(const std::vector<RunView>& runs);  // one line per run, RFC 4180

// A comparison of two groups of runs, with what was concluded from it; the numbers come from whoever compared.
struct ComparedRun {
  std::string group, run_id;
  std::optional<int64_t> seed;
  double value = 0;
};
struct CompareView {
  std::string a, b, metric, unit;
  std::string status;               // pass, warn, fail, unknown
  std::string outcome, conclusion;  // a word, a sentence
  std::string interval;             // what `spread` draws as a line: "95 % confidence interval of the mean"
  std::vector<std::string> mixed;   // what must be said first: other profiles, other data
  std::vector<std::string> notes;
  std::vector<NamedText> statements;
  std::vector<ComparedRun> runs;
  std::vector<SpreadRow> spread;
  std::optional<GainInterval> gain;
  std::vector<ChartSeries> curves;  // training loss by step
  struct Difference {
    std::string field, a, b;
  };
  std::vector<Difference> differences;
};
std::string compare_page(const CompareView& compare);
std::string compare_markdown(const CompareView& compare);
std::string compare_csv(const CompareView& compare);

// A file name for a run: its identifier with everything but letters, digits, '-', '_' and '.' replaced.
std::string page_name(const std::string& run_id);

}  // namespace pgolf
