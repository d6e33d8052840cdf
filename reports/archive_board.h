// The board of what was published, as the rules of a day have it: rows that their seeds do not tell apart share a rank.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "reports/archive_pages.h"
#include "reports/ties.h"

namespace pgolf {

struct BoardRow {
  int rank = 0;  // from 1; equal within a group of ties
  int64_t pull = 0;
  const ArchivedFolderView* folder = nullptr;
  std::string tier;
  Spread score;
};

struct ArchiveBoard {
  std::vector<BoardRow> rows;
  std::map<std::string, int64_t> left_out;  // why -> folders
};

struct BoardRequest {
  Reading reading = Reading::practice;
  std::string track = "10min_16mb";
  std::string date;         // the last day that counts, "2026-04-10"; "" for all
  bool with_looks = false;  // also those with a line of the matter of a ruling, at which nobody has looked yet
};

// Folders of the track that their own pull request brings, that state a score, and that neither fail a rule by the
// reading nor were ruled against. `pulls` must outlive it.
ArchiveBoard archive_board(const std::vector<ArchivedPullView>& pulls, const BoardRequest& request);

std::string archive_board_text(const ArchiveBoard& board);
Json archive_board_json(const ArchiveBoard& board, const BoardRequest& request, const std::string& ruleset);
std::string archive_board_page(const ArchiveBoard& board, const BoardRequest& request, const std::string& ruleset);

}  // namespace pgolf
