#include "archive/corrections.h"
#include "base/error.h"
#include "harness/commands/archive.h"
#include "harness/process/file_lock.h"

namespace pgolf {
namespace {

std::filesystem::path log_of(const Globals& globals) { return globals.workspace().home / kCorrectionsFile; }

Json to_json(const Correction& c) {
  return {{"number", c.number}, {"date", c.date}, {"pull", c.pull},     {"field", c.field},
          {"was", c.was},       {"is", c.is},     {"reason", c.reason}, {"source", c.source}};
}

int print_corrections(const Globals& globals, const std::vector<Correction>& all) {
  Json documents = Json::array();
  std::string text;
  for (const Correction& c : all) {
    documents.push_back(to_json(c));
    text += fmt::format("#{}: {}\n", c.pull, c.text());
  }
  print_result(globals, {{"format", "pgolf.corrections/1"}, {"corrections", documents}},
               text.empty() ? "no corrections\n" : text);
  return 0;
}

int correct(const Globals& globals, const Correction& correction) {
  const std::filesystem::path file = log_of(globals);
  std::filesystem::create_directories(file.parent_path());
  const auto lock = FileLock::try_lock(file.string() + ".lock");
  if (!lock) fail(ErrorKind::usage, "{}: another pgolf writes it; try again", file.string());
  return print_corrections(globals, {add_correction(file, correction)});
}

}  // namespace

void add_archive_corrections(Cli& cli, CLI::App* archive) {
  const auto c = std::make_shared<Correction>();
  CLI::App* verb =
      archive->add_subcommand("correct", "Put on record what is wrong in a publication, for pages and board");
  verb->footer(
      "Example: pgolf archive correct 1143 --field val_bpb --is 1.1247 --reason 'U+FFFD counted as 3 bytes' "
      "--source '#1143'");
  verb->fallthrough();
  verb->add_option("pull", c->pull, "number of the pull request")->required()->check(CLI::Range(1, 999'999'999));
  verb->add_option("--field", c->field, "what is corrected: val_bpb, title, author, track, or another word")
      ->required();
  verb->add_option("--was", c->was, "what was said");
  verb->add_option("--is", c->is, "what is right");
  verb->add_option("--reason", c->reason, "why")->required();
  verb->add_option("--source", c->source, "who found it, and where")->required();
  verb->callback([&cli, c] { cli.action = [&cli, c] { return correct(cli.globals, *c); }; });
  CLI::App* list = archive->add_subcommand("corrections", "All corrections, in the order in which they were entered");
  list->footer("Example: pgolf archive corrections");
  list->fallthrough();
  list->callback([&cli] {
    cli.action = [&cli] { return print_corrections(cli.globals, read_corrections(log_of(cli.globals))); };
  });
}

}  // namespace pgolf
