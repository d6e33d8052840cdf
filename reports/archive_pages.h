// Pages of what others published: an index of all pull requests that searches and filters by itself, a page and a
// review comment for each.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/json.h"
#include "judge/verdict.h"

namespace pgolf {

struct ArchivedFolderView {
  std::string id, path, title, author, track, val_bpb, source;
  std::vector<std::string> notes, rulings = {}, fixes = {}, looks = {}, descent = {};  // a sentence each
  int64_t parent = 0;                                                                  // 0: not known
  std::vector<Verdict> verdicts = {};
  std::vector<double> scores = {};  // val_bpb of each seed that a log shows
  std::string added = {};           // the day, "2026-04-10"; "" where it is not known
  bool of_another = false;          // the folder is another pull request's
  bool to_look_at = false;          // a line of its script has the matter of a ruling against something
  bool ruled_out = false;           // it, or code like its own, was ruled against
  std::string strict() const { return status_name(outcome(verdicts, Reading::strict)); }
  std::string practice() const { return status_name(outcome(verdicts, Reading::practice)); }
};

struct ArchivedPullView {
  int64_t pull = 0;
  std::string head, relation;
  std::string tier;  // claimed, consistent, audited, rerun (docs/archive.md)
  std::vector<ArchivedFolderView> folders;
};

// What is known of the claim of a pull request. `audited`: pgolf ships a submission.toml of it; `rerun`: a run of it as
// it was is on record.
std::string tier_of(const ArchivedPullView& pull, bool audited, bool rerun);

std::string archive_index_page(const std::vector<ArchivedPullView>& pulls, const std::string& ruleset);
std::string archive_index_csv(const std::vector<ArchivedPullView>& pulls);  // a line per folder, RFC 4180
// Format `pgolf.archive-index/1`: what the CSV has, with folders below their pull requests.
Json archive_index_json(const std::vector<ArchivedPullView>& pulls, const std::string& ruleset);
std::string archived_pull_page(const ArchivedPullView& pull, const std::string& ruleset);
// For a review: at most 12 lines, whose first says the outcome and who must do what.
std::string archived_pull_comment(const ArchivedPullView& pull, const std::string& ruleset);

}  // namespace pgolf
