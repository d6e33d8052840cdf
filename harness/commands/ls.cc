#include <fmt/ranges.h>

#include "harness/cli/cli.h"
#include "harness/cli/run_list.h"
#include "harness/commands/registry.h"

namespace pgolf {
namespace {

struct ListRequest {
  RunFilter filter;
  std::vector<std::string> columns;
};

Json strays_to_json(const std::vector<StrayRun>& strays) {
  Json out = Json::array();
  for (const StrayRun& stray : strays) out.push_back({{"run_id", stray.id}, {"began", stray.has_logs}});
  return out;
}

std::string strays_text(const std::vector<StrayRun>& strays) {
  std::vector<std::string> began, others;
  for (const StrayRun& stray : strays) (stray.has_logs ? began : others).push_back(stray.id);
  std::string out;
  if (!began.empty())
    out += fmt::format("no rows of {}, whose directories are there: the record that held them is gone or was edited\n",
                       names_text(began));
  return others.empty() ? out : out + fmt::format("no rows of {}: never begun\n", names_text(others));
}

std::string empty_text(const Globals& globals) {
  std::error_code missing;
  return fmt::format("no runs yet in {}{}; `pgolf demo` makes one\n", globals.home.string(),
                     std::filesystem::exists(globals.home, missing) ? "" : ", which is not there");
}

int list(const Globals& globals, const ListRequest& request) {
  std::vector<RunSummary> runs;
  std::vector<std::string> ids, withdrawn;
  if (const auto store = look_at_record(globals)) {
    runs = store->list_runs();
    for (RunSummary& run : runs) {
      run.edited = store->is_edited(run.id), ids.push_back(run.id);
      if (run.withdrawn) withdrawn.push_back(run.id);
    }
    std::erase_if(runs, [](const RunSummary& run) { return run.withdrawn; });
  }
  const size_t all = runs.size();
  runs = filtered(std::move(runs), request.filter);
  const std::vector<StrayRun> strays = stray_runs(globals.workspace(), ids);
  Json document = runs_to_json(runs);
  document["strays"] = strays_to_json(strays);
  document["withdrawn"] = withdrawn;
  std::string text = strays_text(strays);
  if (!withdrawn.empty())
    text += fmt::format("withdrawn: {}; `pgolf show RUN` tells why\n", fmt::join(withdrawn, ", "));
  std::string table = runs.empty() ? "" : runs_to_text(runs, request.columns);
  if (all == 0 && text.empty()) table = empty_text(globals);
  if (runs.size() < all) text += fmt::format("{} of {} runs shown\n", runs.size(), all);
  print_result(globals, document, table + text);
  return 0;
}

}  // namespace

void add_ls(Cli& cli) {
  const auto r = std::make_shared<ListRequest>();
  CLI::App* verb = cli.verb("ls", "List the runs of the record", "pgolf ls 849 demo --sort val_bpb --limit 5");
  verb->add_option("words", r->filter.words,
                   "only runs of this submission, profile, state, outcome, tier or tag; all of them");
  verb->add_option("--variant", r->filter.variant, "only runs whose overrides have this in them");
  verb->add_flag("--all", r->filter.hidden, "also those that `pgolf hide` hides");
  verb->add_option("--sort", r->filter.sort, "a column; with - before it the greatest first")->capture_default_str();
  verb->add_option("--limit", r->filter.limit, "the newest so many, or the first of another order");
  verb->add_option("--columns", r->columns, fmt::format("with commas, of {}", fmt::join(column_names(), ", ")))
      ->delimiter(',')
      ->default_str("the usual");
  verb->callback([&cli, r] {
    if (r->columns.empty()) r->columns = CLI::detail::split(kUsualColumns, ',');
    cli.action = [&cli, r] { return list(cli.globals, *r); };
  });
}

}  // namespace pgolf
