#include "harness/cli/report_files.h"

#include <algorithm>

#include "base/error.h"
#include "base/file.h"
#include "harness/cli/run_json.h"
#include "harness/cli/run_list.h"
#include "reports/pages.h"

namespace pgolf {
namespace fs = std::filesystem;
namespace {

void make_directory(const fs::path& directory) {
  std::error_code error;
  fs::create_directories(directory, error);
  if (error) fail(ErrorKind::machine, "{}: cannot be created: {}", directory.string(), error.message());
}

}  // namespace

fs::path write_run_report(const Store& store, const std::string& run, const std::optional<RecordMargin>& margin,
                          const fs::path& directory, const std::string& name, const std::string& index) {
  make_directory(directory);
  const RunView view = load_run_view(store, run, margin);
  const fs::path page = directory / (name + ".html");
  write_file_atomic(page, run_page(view, index));
  write_file_atomic(directory / (name + ".md"), run_markdown(view));
  write_file_atomic(directory / (name + ".json"),
                    run_to_json(store.load_run(run), margin).dump(2, ' ', true, Json::error_handler_t::replace) + "\n");
  return page;
}

fs::path write_leaderboard(const Store& store, const std::vector<std::string>& runs, Margins& margins,
                           const fs::path& directory) {
  make_directory(directory);
  std::vector<RunView> views;
  for (const std::string& run : runs) {
    const auto margin = margins.of(store.load_run(run));
    views.push_back(load_run_view(store, run, margin));
    write_run_report(store, run, margin, directory, page_name(run), "index.html");
  }
  const fs::path page = directory / "index.html";
  write_file_atomic(page, leaderboard_page(views));
  write_file_atomic(directory / "index.md", leaderboard_markdown(views));
  write_file_atomic(directory / "index.csv", leaderboard_csv(views));
  std::vector<RunSummary> summaries = store.list_runs();
  std::erase_if(summaries,
                [&](const RunSummary& s) { return std::find(runs.begin(), runs.end(), s.id) == runs.end(); });
  write_file_atomic(directory / "index.json",
                    runs_to_json(summaries).dump(2, ' ', true, Json::error_handler_t::replace) + "\n");
  return page;
}

}  // namespace pgolf
