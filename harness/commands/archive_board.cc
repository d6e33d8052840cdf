#include "reports/archive_board.h"

#include <algorithm>

#include "base/error.h"
#include "harness/commands/archive.h"

namespace pgolf {
namespace {

struct Request {
  std::string rules, reading = "practice", date;
  BoardRequest board;
};

bool is_day(const std::string& text) {
  return text.size() == 10 && text[4] == '-' && text[7] == '-' &&
         std::all_of(text.begin(), text.end(), [](char c) { return c == '-' || (c >= '0' && c <= '9'); });
}

int board(const Globals& globals, Request request) {
  if (!request.date.empty() && !is_day(request.date))
    fail(ErrorKind::usage, "--date {}: no day; write it like 2026-04-10", request.date);
  request.board.date = request.date;
  request.board.reading = request.reading == "strict" ? Reading::strict : Reading::practice;
  const Ruleset ruleset = chosen_ruleset(globals, request.rules);
  const auto all = archived_views(globals, ruleset, request.date);
  const ArchiveBoard board = archive_board(all, request.board);
  print_result(globals, archive_board_json(board, request.board, ruleset.id), archive_board_text(board));
  return 0;
}

}  // namespace

void add_archive_board(Cli& cli, CLI::App* archive) {
  const auto r = std::make_shared<Request>();
  CLI::App* verb = archive->add_subcommand("board", "Rank what was published, by a ruleset and up to a day");
  verb->footer("Example: pgolf archive board --date 2026-04-10");
  verb->fallthrough();
  verb->add_option("--rules", r->rules, "ruleset, by its id or as a file; default: the latest");
  verb->add_option("--reading", r->reading, "whose failures keep a folder off the board")
      ->check(CLI::IsMember({"strict", "practice"}))
      ->capture_default_str();
  verb->add_option("--date", r->date, "the last day of folders and rulings that count; default: all");
  verb->add_option("--track", r->board.track, "10min_16mb or non_record_16mb")
      ->check(CLI::IsMember({"10min_16mb", "non_record_16mb"}))
      ->capture_default_str();
  verb->add_flag("--with-looks", r->board.with_looks,
                 "also folders whose script has a line of the matter of a ruling, at which nobody has looked");
  verb->callback([&cli, r] { cli.action = [&cli, r] { return board(cli.globals, *r); }; });
}

}  // namespace pgolf
