#include <fmt/ranges.h>

#include "base/error.h"
#include "base/file.h"
#include "base/sha256.h"
#include "base/units.h"
#include "harness/bundle/run.h"
#include "harness/cli/cli.h"
#include "harness/cli/options.h"
#include "harness/cli/run_json.h"
#include "harness/commands/registry.h"
#include "harness/judging/judging.h"

namespace pgolf {
namespace {

namespace fs = std::filesystem;

int export_run(const Globals& globals, const std::string& name, fs::path out) {
  const auto store = look_at_record(globals);
  if (!store) fail_no_record(globals.workspace());
  const std::string run = store->find_run(name);
  if (out.empty()) out = run + ".pgolf.tar.zst";
  const BundleContents contents = run_contents(*store, globals.workspace(), run, globals.rules);
  const std::string bytes = write_bundle(contents);
  std::error_code ignored;
  if (fs::exists(out, ignored) && read_text(out) != bytes)
    fail(ErrorKind::usage, "{}: exists and is another file; name a new one with -o", out.string());
  write_file_atomic(out, bytes);
  const auto size = static_cast<int64_t>(bytes.size());
  const std::string sha256 = sha256_hex(bytes);
  print_result(globals,
               {{"format", "pgolf.exported/1"},
                {"run_id", run},
                {"file", out.string()},
                {"bytes", size},
                {"sha256", sha256},
                {"files", contents.files.size()}},
               fmt::format("{}\n  run {}, {} files, {} bytes\n  sha256 {}\n", out.string(), run, contents.files.size(),
                           with_commas(size), sha256));
  return 0;
}

// Checks the size before it reads.
std::string read_archive(const fs::path& file) {
  std::error_code error;
  if (const auto size = fs::file_size(file, error);
      !error && size > static_cast<std::uintmax_t>(BundleLimits{}.archive_bytes))
    fail(ErrorKind::limit, "{}: {} bytes; a bundle may have {}", file.string(), with_commas(static_cast<int64_t>(size)),
         with_commas(BundleLimits{}.archive_bytes));
  if (fs::exists(file, error) && !fs::is_regular_file(file, error))
    fail(ErrorKind::usage, "{}: no regular file", file.string());
  return read_text(file);
}

int import_run(const Globals& globals, const fs::path& file, const std::string& rules, const std::string& reading) {
  const Ruleset ruleset = chosen_ruleset(globals, rules);
  const std::string bytes = read_archive(file);
  read_bundle(bytes, file.string());  // refuses other files before it makes a record
  Store store = open_record(globals);
  const ImportResult result =
      import_bundle(store, globals.workspace(), bytes, file.string(), ruleset, globals.submissions);
  const RunRecord record = store.load_run(result.run);
  Json document = run_to_json(record, record_margin(ruleset));
  document["new_run"] = result.new_run;
  document["verdicts_differ"] = result.differs;
  std::string text = fmt::format(
      "{}\n{}", result.new_run ? "imported" : "already on record, with the same content; nothing was changed",
      run_to_text(record, record_margin(ruleset)));
  for (const std::string& difference : result.differs)
    text += fmt::format("  verdict differs from the bundle's: {}\n", difference);
  print_result(globals, document, text);
  return exit_code_of(result.verdicts, reading_from(reading));
}

}  // namespace

void add_bundle(Cli& cli) {
  CLI::App* bundle =
      cli.verb("bundle", "Write a run into one file, or take one into the record", "pgolf bundle export last");
  bundle->require_subcommand(1);

  const auto run = std::make_shared<std::string>();
  const auto out = std::make_shared<fs::path>();
  CLI::App* verb = bundle->add_subcommand("export", "Write a run with all its evidence into one archive");
  verb->footer("Example: pgolf bundle export last -o run.pgolf.tar.zst");
  verb->fallthrough();
  verb->add_option("run", *run, "a run's identifier, a unique part of it, or 'last'")->required();
  verb->add_option("-o,--output", *out, "the file; default: RUN.pgolf.tar.zst");
  verb->callback([&cli, run, out] { cli.action = [&cli, run, out] { return export_run(cli.globals, *run, *out); }; });

  const auto file = std::make_shared<fs::path>();
  const auto rules = std::make_shared<std::string>();
  const auto reading = std::make_shared<std::string>("strict");
  verb = bundle->add_subcommand("import", "Check an archive, take its run into the record and judge it anew");
  verb->footer("Example: pgolf bundle import run.pgolf.tar.zst");
  verb->fallthrough();
  verb->add_option("file", *file, "an archive that `pgolf bundle export` wrote")->required();
  verb->add_option("--rules", *rules, "a ruleset's id or file; default: the latest");
  verb->add_option("--reading", *reading, "which reading decides the exit code")
      ->check(CLI::IsMember({"strict", "practice"}))
      ->capture_default_str();
  verb->callback([&cli, file, rules, reading] {
    cli.action = [&cli, file, rules, reading] { return import_run(cli.globals, *file, *rules, *reading); };
  });
}

}  // namespace pgolf
