#include <fmt/ranges.h>

#include "base/error.h"
#include "base/file.h"
#include "base/sha256.h"
#include "base/units.h"
#include "harness/bundle/run.h"
#include "harness/bundle/signature.h"
#include "harness/bundle/statement.h"
#include "harness/cli/cli.h"
#include "harness/cli/options.h"
#include "harness/cli/run_json.h"
#include "harness/commands/registry.h"
#include "harness/judging/judging.h"

namespace pgolf {
namespace {

namespace fs = std::filesystem;

// A key as PEM; "" where none is named, and only there: whoever names one wants it used.
std::string read_key(const fs::path& file) {
  constexpr int64_t kMostBytes = 64 << 10;
  if (file.empty()) return "";
  std::string out = read_text(file, kMostBytes);
  if (out.empty()) fail(ErrorKind::usage, "{}: is empty, and no key", file.string());
  key_id(out, file.string());  // refuses what is none
  return out;
}

std::string names_a_file(const std::string& text) { return text.empty() ? "names no file" : ""; }

int export_run(const Globals& globals, const std::string& name, fs::path out, const fs::path& key) {
  const auto store = look_at_record(globals);
  if (!store) fail_no_record(globals.workspace());
  const std::string run = store->find_run(name);
  if (out.empty()) out = run + ".pgolf.tar.zst";
  BundleContents contents = run_contents(*store, globals.workspace(), run, globals.rules);
  const std::string pem = read_key(key), signed_by = pem.empty() ? "" : key_id(pem, key.string());
  add_statement(contents, pem, key.string());
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
                {"files", contents.files.size()},
                {"signed_by", text_or_null(signed_by)}},
               fmt::format("{}\n  run {}, {} files, {} bytes\n  sha256 {}\n  statement {}\n", out.string(), run,
                           contents.files.size(), with_commas(size), sha256,
                           signed_by.empty() ? "not signed" : "signed by key " + signed_by));
  return 0;
}

std::string statement_text(const CheckedStatement& statement) {
  if (!statement.there) return "none: an older pgolf wrote the bundle, or somebody left it out";
  if (statement.verified) return "fits the bundle, and is signed by the key that was named";
  return statement.keys.empty() ? "fits the bundle; not signed"
                                : fmt::format("fits the bundle; signed by key {}, not checked: name it with --key",
                                              fmt::join(statement.keys, ", "));
}

int import_run(const Globals& globals, const fs::path& file, const fs::path& key, const std::string& rules,
               const std::string& reading) {
  const Ruleset ruleset = chosen_ruleset(globals, rules);
  const std::string bytes = read_bundle_file(file);
  // Refuses other files before it makes a record.
  const CheckedStatement statement =
      check_statement(read_bundle(bytes, file.string()), file.string(), read_key(key), key.string());
  Store store = open_record(globals);
  const ImportResult result =
      import_bundle(store, globals.workspace(), bytes, file.string(), ruleset, globals.submissions);
  const RunRecord record = store.load_run(result.run);
  Json document = run_to_json(record, record_margin(ruleset));
  document["new_run"] = result.new_run;
  document["verdicts_differ"] = result.differs;
  document["statement"] = statement.there ? Json{{"keys", statement.keys}, {"verified", statement.verified}} : Json();
  std::string text = fmt::format(
      "{}\n{}", result.new_run ? "imported" : "already on record, with the same content; nothing was changed",
      run_to_text(record, record_margin(ruleset)));
  text += fmt::format("  statement   {}\n", statement_text(statement));
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
  const auto key = std::make_shared<fs::path>();
  verb->add_option("--key", *key, "sign its statement with this private Ed25519 key, a PEM file")->check(names_a_file);
  verb->callback([&cli, run, out, key] {
    cli.action = [&cli, run, out, key] { return export_run(cli.globals, *run, *out, *key); };
  });

  const auto file = std::make_shared<fs::path>();
  const auto rules = std::make_shared<std::string>();
  const auto reading = std::make_shared<std::string>("strict");
  verb = bundle->add_subcommand("import", "Check an archive, take its run into the record and judge it anew");
  verb->footer("Example: pgolf bundle import run.pgolf.tar.zst");
  verb->fallthrough();
  verb->add_option("file", *file, "an archive that `pgolf bundle export` wrote")->required();
  const auto signer = std::make_shared<fs::path>();
  verb->add_option("--key", *signer, "refuse it unless this public Ed25519 key, a PEM file, signed its statement")
      ->check(names_a_file);
  verb->add_option("--rules", *rules, "a ruleset's id or file; default: the latest");
  verb->add_option("--reading", *reading, "which reading decides the exit code")
      ->check(CLI::IsMember({"strict", "practice"}))
      ->capture_default_str();
  verb->callback([&cli, file, signer, rules, reading] {
    cli.action = [&cli, file, signer, rules, reading] {
      return import_run(cli.globals, *file, *signer, *rules, *reading);
    };
  });
}

}  // namespace pgolf
