#include "reports/archive_board.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>

#include "base/utf8.h"
#include "reports/page_data.h"
#include "resolve/submission.h"
#include "templates.h"

namespace pgolf {
namespace {

constexpr size_t kMostTitle = 60;

std::vector<double> scores_of(const ArchivedFolderView& folder) {
  if (!folder.scores.empty()) return folder.scores;
  if (is_printed_number(folder.val_bpb)) return {std::strtod(folder.val_bpb.c_str(), nullptr)};
  return {};
}

// "" for a folder that belongs on the board.
std::string left_out_because(const ArchivedFolderView& folder, const BoardRequest& request) {
  const auto scores = scores_of(folder);
  if (folder.of_another) return "the folder is of another pull request";
  if (folder.track != request.track) return "on another track";
  if (!request.date.empty() && (folder.added.empty() || folder.added > request.date))
    return "later, or of no known day";
  if (scores.empty()) return "no score";
  if (std::any_of(scores.begin(), scores.end(), [](double v) { return !(v > 0); })) return "a score that is none";
  if (folder.ruled_out) return "ruled against";
  if (folder.to_look_at && !request.with_looks) return "a line of a ruled matter is to be looked at";
  return outcome(folder.verdicts, request.reading) == Status::fail ? "fails a rule" : "";
}

std::string score_text(const Spread& s) {
  return s.deviation ? fmt::format("{:.5f} +- {:.5f} ({})", s.mean, *s.deviation, s.n)
                     : fmt::format("{:.5f} (1)", s.mean);
}

}  // namespace

ArchiveBoard archive_board(const std::vector<ArchivedPullView>& pulls, const BoardRequest& request) {
  ArchiveBoard out;
  for (const ArchivedPullView& pull : pulls)
    for (const ArchivedFolderView& folder : pull.folders) {
      if (const std::string why = left_out_because(folder, request); !why.empty())
        ++out.left_out[why];
      else
        out.rows.push_back({0, pull.pull, &folder, pull.tier, spread_of(scores_of(folder))});
    }
  std::stable_sort(out.rows.begin(), out.rows.end(),
                   [](const BoardRow& a, const BoardRow& b) { return a.score.mean < b.score.mean; });
  size_t first = 0;  // of the group that shares a rank
  for (size_t i = 0; i < out.rows.size(); ++i) {
    if (i > 0 && !tied(out.rows[first].score, out.rows[i].score)) first = i;
    out.rows[i].rank = static_cast<int>(first + 1);
  }
  return out;
}

std::string archive_board_text(const ArchiveBoard& board) {
  std::string out = fmt::format("{:>4} {:>5}  {:<28} {:<10}  {:<10}  title\n", "rank", "pull", "val_bpb, mean of seeds",
                                "tier", "added");
  for (const BoardRow& row : board.rows)
    out += fmt::format("{:>4} {:>5}  {:<28} {:<10}  {:<10}  {}\n", row.rank, row.pull, score_text(row.score), row.tier,
                       row.folder->added, utf8_prefix(row.folder->title, kMostTitle));
  out += fmt::format("\n{} folders; left out:", board.rows.size());
  for (const auto& [why, folders] : board.left_out) out += fmt::format(" {} ({});", why, folders);
  return out + "\n";
}

Json archive_board_json(const ArchiveBoard& board, const BoardRequest& request, const std::string& ruleset) {
  Json rows = Json::array(), left_out = Json::object();
  for (const BoardRow& row : board.rows)
    rows.push_back({{"rank", row.rank},
                    {"pull", row.pull},
                    {"path", row.folder->path},
                    {"title", row.folder->title},
                    {"author", row.folder->author},
                    {"tier", row.tier},
                    {"added", row.folder->added},
                    {"val_bpb", row.score.mean},
                    {"deviation", row.score.deviation ? Json(*row.score.deviation) : Json()},
                    {"seeds", row.score.n}});
  for (const auto& [why, folders] : board.left_out) left_out[why] = folders;
  return {{"format", "pgolf.archive-board/1"},
          {"ruleset", ruleset},
          {"reading", reading_name(request.reading)},
          {"track", request.track},
          {"date", request.date.empty() ? Json() : Json(request.date)},
          {"rows", rows},
          {"left_out", left_out}};
}

std::string archive_board_page(const ArchiveBoard& board, const BoardRequest& request, const std::string& ruleset) {
  auto data = object({{"ruleset", ruleset},
                      {"reading", reading_name(request.reading)},
                      {"track", request.track},
                      {"date", request.date}});
  data.set("rows", list_data(board.rows, [](const BoardRow& row) {
             return object({{"rank", std::to_string(row.rank)},
                            {"pull", std::to_string(row.pull)},
                            {"score", score_text(row.score)},
                            {"tier", row.tier},
                            {"added", row.folder->added},
                            {"author", row.folder->author},
                            {"title", std::string(utf8_prefix(row.folder->title, kMostTitle))}});
           }));
  return whole_page("pgolf archive: board", render(templates::kBoard, data),
                    "Drawn by pgolf from its record. Nothing was run.");
}

}  // namespace pgolf
