#include "harness/commands/archive.h"

#include "archive/figures.h"
#include "archive/import.h"
#include "base/error.h"
#include "base/units.h"
#include "harness/cli/cli.h"
#include "harness/commands/registry.h"

namespace pgolf {
namespace {

Json to_json(const Imported& of) {
  return {
      {"location", of.location}, {"kind", of.kind},       {"heads", of.heads},           {"changed", of.changed},
      {"removed", of.removed},   {"folders", of.folders}, {"files_read", of.files_read}, {"bytes_read", of.bytes_read},
      {"absent", of.absent}};
}

std::string text_of(const Imported& of) {
  if (of.changed + of.removed == 0)
    return fmt::format("{}: nothing new, {} pull requests\n", of.location, with_commas(of.heads));
  return fmt::format("{}: {} pull requests, {} new or moved, {} gone; {} folders; read {} files of {} bytes{}\n",
                     of.location, with_commas(of.heads), with_commas(of.changed), of.removed, with_commas(of.folders),
                     with_commas(of.files_read), with_commas(of.bytes_read),
                     of.absent ? fmt::format("; {} files are not in the repository", of.absent) : "");
}

int print_imported(const Globals& globals, const std::vector<Imported>& all) {
  Json sources = Json::array();
  std::string text;
  for (const Imported& one : all) sources.push_back(to_json(one)), text += text_of(one);
  print_result(globals, {{"format", "pgolf.archive/1"}, {"sources", sources}}, text);
  return 0;
}

int update(const Globals& globals) {
  Store store = filled_archive(open_record(globals));
  std::vector<Imported> all;
  for (const ArchiveSource& source : ArchiveTables(store).sources())
    all.push_back(add_to_archive(store, source.location));
  return print_imported(globals, all);
}

int facts(const Globals& globals) {
  const Store store = filled_archive(look_at_record(globals));
  const ArchiveFigures figures = archive_figures(ArchiveTables(store), ruleset_to_show_by(globals, ""));
  print_result(globals, figures_to_json(figures), figures_text(figures));
  return 0;
}

}  // namespace

Store filled_archive(std::optional<Store> store) {
  if (!store || ArchiveTables(*store).sources().empty())
    fail(ErrorKind::not_found, "the archive is empty; `pgolf archive add REPOSITORY` fills it");
  return std::move(*store);
}

void add_archive(Cli& cli) {
  CLI::App* archive = cli.verb("archive", "Keep what others published: every pull request of a repository, or a folder",
                               "pgolf archive add parameter-golf.git");
  archive->require_subcommand(1);
  const auto path = std::make_shared<std::string>();
  CLI::App* add = archive->add_subcommand("add", "Read pull requests or a folder; nothing is checked out or executed");
  add->footer("Example: pgolf archive add parameter-golf.git");
  add->fallthrough();
  add->add_option("path", *path, "a git directory with refs/pull/N/head, bare or not, or the folder of a submission")
      ->required();
  add->callback([&cli, path] {
    cli.action = [&cli, path] {
      Store store = open_record(cli.globals);
      return print_imported(cli.globals, {add_to_archive(store, *path)});
    };
  });
  CLI::App* again = archive->add_subcommand("update", "Read what is new in everything that was added");
  again->footer("Example: pgolf archive update");
  again->fallthrough();
  again->callback([&cli] { cli.action = [&cli] { return update(cli.globals); }; });
  CLI::App* figures =
      archive->add_subcommand("facts", "Count what the archive is: logs, bytes that they imply, wrapped scripts");
  figures->footer("Example: pgolf archive facts --json");
  figures->fallthrough();
  figures->callback([&cli] { cli.action = [&cli] { return facts(cli.globals); }; });
  add_archive_rulings(cli, archive);
  add_archive_report(cli, archive);
  add_archive_board(cli, archive);
  add_archive_corrections(cli, archive);
}

}  // namespace pgolf
