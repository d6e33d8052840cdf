#include "base/error.h"
#include "base/file.h"
#include "base/notice.h"
#include "harness/cli/cli.h"
#include "harness/commands/registry.h"
#include "harness/compare/many.h"
#include "harness/compare/report.h"
#include "harness/run/own_files.h"

namespace pgolf {
namespace {

namespace fs = std::filesystem;

struct CompareRequest {
  std::string a, b, rules, expect = "better";
  std::vector<std::string> more;  // sides beyond the second
  CompareOptions options;
  std::optional<double> margin_nats, alpha;  // of the ruleset unless given
  fs::path out;
  bool no_page = false;
};

// HOME/reports/compare-<a>-<b>, of what was typed.
std::string file_name(const CompareRequest& request) {
  return page_name(fmt::format("compare-{:.50}-{:.50}", request.a, request.b));
}

fs::path write_page(const Comparison& c, const ComparedSides& of, const Store* store, const fs::path& directory,
                    const std::string& name) {
  std::error_code error;
  fs::create_directories(directory, error);
  if (error) fail(ErrorKind::machine, "{}: cannot be created: {}", directory.string(), error.message());
  const CompareView view = compare_view(c, of, store);
  const fs::path page = directory / (name + ".html");
  write_file_atomic(page, compare_page(view));
  write_file_atomic(directory / (name + ".md"), compare_markdown(view));
  write_file_atomic(directory / (name + ".csv"), compare_csv(view));
  write_file_atomic(directory / (name + ".json"),
                    compare_to_json(c, of).dump(2, ' ', true, Json::error_handler_t::replace) + "\n");
  return page;
}

int run_compare(const Globals& globals, CompareRequest request) {
  const Ruleset ruleset = ruleset_to_show_by(globals, request.rules);
  const Rule* rule = ruleset.rule("record_margin");
  CompareOptions& options = request.options;
  const auto margin = record_margin(ruleset);
  if (!margin && !(request.margin_nats && request.alpha))
    fail(ErrorKind::usage, "{} has no rule record_margin; give --margin-nats and --alpha", ruleset.id);
  options.margin_nats = request.margin_nats ? *request.margin_nats : margin->nats;
  options.alpha = request.alpha ? *request.alpha : margin->alpha;
  const auto store = look_at_record(globals);
  const SideSources sources{store ? &*store : nullptr, globals.workspace(), globals.submissions, ruleset};
  const SelectedSide a = select_side(sources, request.a, options.metric);
  SelectedSide b = select_side(sources, request.b, options.metric);
  leave_out_shared(a.side, b);
  if (!request.more.empty()) {
    if (request.expect == "equal") fail(ErrorKind::usage, "--expect equal: asks about two sides, not about several");
    std::vector<SelectedSide> all = {a, b};
    for (const std::string& what : request.more) {
      all.push_back(select_side(sources, what, options.metric));
      leave_out_shared(a.side, all.back());
    }
    const ManyComparison many = compare_many(std::move(all), options);
    print_result(globals, many_to_json(many, options), many_to_text(many, options));
    return exit_code_of(many, options);
  }
  const Comparison comparison = compare(a.side, b.side, options);
  const ComparedSides of{a, b, options, rule};
  Json document = compare_to_json(comparison, of);
  std::string text = compare_to_text(comparison, of);
  if (!request.no_page) {
    const fs::path directory = request.out.empty() ? own_directory(globals.workspace(), "reports") : request.out;
    try {
      const fs::path page = write_page(comparison, of, sources.store, directory, file_name(request));
      document["report"] = page.string();
      text += "\nreport: " + page.string() + "\n";
    } catch (const Error& e) {  // the result is told all the same
      notice("no page: {}; --out names another directory", e.what());
    }
  }
  print_result(globals, document, text);
  return exit_code_of(comparison, request.expect == "equal");
}

}  // namespace

void add_compare(Cli& cli) {
  const auto r = std::make_shared<CompareRequest>();
  CLI::App* verb =
      cli.verb("compare", "Compare two groups of runs or claims: Welch's test, equivalence, what they can show",
               "pgolf compare 334@demo+ttt.enabled=false 334@demo --metric val_bpb");
  verb->add_option("a", r->a,
                   "runs separated by commas, a submission (334, 334@demo, 334@demo+key=value), or claims:334")
      ->required();
  verb->add_option("b", r->b, "likewise; what A has to beat")->required();
  verb->add_option("more", r->more, "further sides that A is held against, corrected for their number");
  verb->add_option("--metric", r->options.metric, "val_bpb or val_loss, or that of one pass: val_bpb_quant")
      ->capture_default_str();
  verb->add_option("--margin-nats", r->margin_nats, "margin, nats per token; default: the ruleset's");
  verb->add_option("--alpha", r->alpha, "level of each one-sided test; default: the ruleset's");
  verb->add_option("--power", r->options.power, "for the smallest gain that would be found")->capture_default_str();
  verb->add_option("--expect", r->expect, "what has to be shown for exit code 0")
      ->check(CLI::IsMember({"better", "equal"}))
      ->capture_default_str();
  verb->add_flag("--mixed", r->options.mixed, "compare different profiles, data or passes all the same, and say so");
  verb->add_option("--rules", r->rules, "a ruleset's id or file; default: the latest");
  verb->add_option("--out", r->out, "directory of the page; default: HOME/reports");
  verb->add_flag("--no-page", r->no_page, "write no page");
  verb->callback([&cli, r] { cli.action = [&cli, r] { return run_compare(cli.globals, *r); }; });
}

}  // namespace pgolf
