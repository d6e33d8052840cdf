#include "reports/archive_pages.h"

#include <fmt/ranges.h>

#include <algorithm>

#include "base/units.h"
#include "base/utf8.h"
#include "judge/outcome.h"
#include "reports/escape.h"
#include "reports/page_data.h"
#include "templates.h"

namespace pgolf {
namespace {

constexpr size_t kMostTitle = 90, kMostLines = 12, kMostSentence = 400;

std::string clipped(const std::string& text, size_t most) {
  return text.size() <= most ? text : std::string(utf8_prefix(text, most)) + "...";
}

// Of several folders the first has the title and the claim; outcomes are the worst.
const ArchivedFolderView* first_of(const ArchivedPullView& pull) {
  return pull.folders.empty() ? nullptr : &pull.folders.front();
}

std::string worst(const ArchivedPullView& pull, std::string (ArchivedFolderView::*of)() const) {
  std::vector<std::string> outcomes;
  for (const ArchivedFolderView& folder : pull.folders) outcomes.push_back((folder.*of)());
  return worst_outcome(outcomes);
}

std::vector<std::string> broken(const ArchivedFolderView& folder) {
  std::vector<std::string> out = failed_rules(folder.verdicts, Reading::practice);
  if (out.empty())
    for (const std::string& rule : failed_rules(folder.verdicts, Reading::strict)) out.push_back(rule + " (strict)");
  return out;
}

std::string said_of(const ArchivedPullView& pull) {
  std::vector<std::string> out;
  for (const ArchivedFolderView& folder : pull.folders) {
    for (const std::string& rule : broken(folder))
      if (std::find(out.begin(), out.end(), rule) == out.end()) out.push_back(rule);
    if (!folder.rulings.empty() && std::find(out.begin(), out.end(), "ruling") == out.end()) out.push_back("ruling");
  }
  return fmt::format("{}", fmt::join(out, ", "));
}

PageData index_row(const ArchivedPullView& pull) {
  const ArchivedFolderView* first = first_of(pull);
  return object(
      {{"pull", std::to_string(pull.pull)},
       {"title", first ? clipped(first->title.empty() ? first->path : first->title, kMostTitle) : "no folder"},
       {"author", first ? clipped(first->author, kMostTitle) : ""},
       {"val_bpb", first ? clipped(first->val_bpb, 12) : ""},
       {"strict", worst(pull, &ArchivedFolderView::strict)},
       {"practice", worst(pull, &ArchivedFolderView::practice)},
       {"tier", pull.tier},
       {"said", said_of(pull)}});
}

// One row per rule: of each reading the worst file.
std::vector<std::pair<const Verdict*, const Verdict*>> rows_of(const ArchivedFolderView& folder) {
  std::vector<std::pair<const Verdict*, const Verdict*>> out;
  for (const Verdict& v : folder.verdicts) {
    auto row = std::find_if(out.begin(), out.end(),
                            [&](const auto& r) { return (r.first ? r.first : r.second)->rule == v.rule; });
    if (row == out.end()) row = out.insert(out.end(), {nullptr, nullptr});
    const Verdict*& cell = v.reading == Reading::strict ? row->first : row->second;
    if (!cell || urgency(v.status) > urgency(cell->status)) cell = &v;
  }
  std::stable_sort(out.begin(), out.end(), [](const auto& a, const auto& b) {
    const auto of = [](const auto& r) {
      return std::max(r.first ? urgency(r.first->status) : 0, r.second ? urgency(r.second->status) : 0);
    };
    return of(a) > of(b);
  });
  return out;
}

PageData cell_of(const Verdict* v) {
  if (!v) return object({{"status", ""}});
  std::string seen = v->observed.is_null() ? "" : display_value(v->observed, v->unit);
  if (!seen.empty() && !v->limit.is_null()) seen += ", limit " + display_value(v->limit, v->unit);
  return object({{"status", status_name(v->status)},
                 {"seen", seen},
                 {"reason", clipped((v->subject.empty() ? "" : v->subject + ": ") + v->reason, kMostSentence)},
                 {"citation", v->status == Status::pass ? "" : v->citation}});
}

PageData sentences(const std::vector<std::string>& lines) {
  return list_data(lines, [](const std::string& line) { return object({{"text", clipped(line, kMostSentence)}}); });
}

PageData folder_data(const ArchivedFolderView& folder) {
  auto out = object({{"id", folder.id},
                     {"title", folder.title},
                     {"author", folder.author},
                     {"path", folder.path},
                     {"track", folder.track},
                     {"val_bpb", folder.val_bpb},
                     {"source", folder.source},
                     {"strict", folder.strict()},
                     {"practice", folder.practice()},
                     {"to_do", to_do_text(folder.verdicts)}});
  for (const auto& [name, lines] : {std::pair("rulings", &folder.rulings),
                                    {"fixes", &folder.fixes},
                                    {"descent", &folder.descent},
                                    {"notes", &folder.notes},
                                    {"looks", &folder.looks}}) {
    out.set(name, sentences(*lines));
    out.set(std::string("has_") + name, PageData(!lines->empty()));
  }
  out.set("parent", PageData(folder.parent ? std::to_string(folder.parent) : ""));
  out.set("rows", list_data(rows_of(folder), [](const auto& row) {
            auto data = object({{"rule", (row.first ? row.first : row.second)->rule},
                                {"title", (row.first ? row.first : row.second)->title}});
            data.set("strict", list_data(std::vector{row.first}, cell_of));
            data.set("practice", list_data(std::vector{row.second}, cell_of));
            return data;
          }));
  return out;
}

}  // namespace

std::string tier_of(const ArchivedPullView& pull, bool audited, bool rerun) {
  if (rerun) return "rerun";
  if (audited) return "audited";
  const ArchivedFolderView* first = first_of(pull);
  const bool has_log = first && std::any_of(first->verdicts.begin(), first->verdicts.end(), [](const Verdict& v) {
                         return v.rule == "byte_count" && v.status == Status::pass;
                       });
  return has_log && worst(pull, &ArchivedFolderView::practice) != "fail" ? "consistent" : "claimed";
}

std::string archive_index_page(const std::vector<ArchivedPullView>& pulls, const std::string& ruleset) {
  auto data = object({{"count", with_commas(std::ssize(pulls))}, {"ruleset", ruleset}});
  data.set("rows", list_data(pulls, index_row));
  return whole_page("pgolf archive", render(templates::kArchive, data), "Drawn by pgolf from its record.",
                    templates::kFilter);
}

std::string archive_index_csv(const std::vector<ArchivedPullView>& pulls) {
  std::string out = csv_line({"pull", "folder", "title", "author", "track", "val_bpb", "source", "strict", "practice",
                              "tier", "broken", "rulings", "parent", "head"});
  for (const ArchivedPullView& pull : pulls)
    for (const ArchivedFolderView& f : pull.folders)
      out += csv_line({std::to_string(pull.pull), f.path, f.title, f.author, f.track, f.val_bpb, f.source, f.strict(),
                       f.practice(), pull.tier, fmt::format("{}", fmt::join(broken(f), " ")),
                       fmt::format("{}", fmt::join(f.rulings, "; ")), f.parent ? std::to_string(f.parent) : "",
                       pull.head});
  return out;
}

Json archive_index_json(const std::vector<ArchivedPullView>& pulls, const std::string& ruleset) {
  Json all = Json::array();
  for (const ArchivedPullView& pull : pulls) {
    Json folders = Json::array();
    for (const ArchivedFolderView& f : pull.folders)
      folders.push_back({{"path", f.path},
                         {"title", f.title},
                         {"author", f.author},
                         {"track", f.track},
                         {"added", f.added},
                         {"val_bpb", f.val_bpb},
                         {"source", f.source},
                         {"strict", f.strict()},
                         {"practice", f.practice()},
                         {"broken", broken(f)},
                         {"rulings", f.rulings},
                         {"fixes", f.fixes},
                         {"notes", f.notes},
                         {"parent", f.parent ? Json(f.parent) : Json()}});
    all.push_back({{"pull", pull.pull},
                   {"head", pull.head},
                   {"relation", pull.relation},
                   {"tier", pull.tier},
                   {"folders", folders}});
  }
  return {{"format", "pgolf.archive-index/1"}, {"ruleset", ruleset}, {"pulls", all}};
}

std::string archived_pull_page(const ArchivedPullView& pull, const std::string& ruleset) {
  auto data = object({{"pull", std::to_string(pull.pull)},
                      {"head", pull.head},
                      {"relation", pull.relation},
                      {"tier", pull.tier},
                      {"ruleset", ruleset}});
  data.set("folders", list_data(pull.folders, folder_data));
  data.set("none", PageData(pull.folders.empty()));
  return whole_page(fmt::format("#{}", pull.pull), render(templates::kArchived, data),
                    "Drawn by pgolf from its record. Nothing was run.");
}

std::string archived_pull_comment(const ArchivedPullView& pull, const std::string& ruleset) {
  const ArchivedFolderView* first = first_of(pull);
  if (!first) return fmt::format("**#{}: unknown**: it brings no folder of a submission.\n", pull.pull);
  std::vector<std::string> lines;
  const std::string to_do = to_do_text(first->verdicts);
  lines.push_back(fmt::format("**#{}: strict {}, practice {}** by {}: {}", pull.pull, first->strict(),
                              first->practice(), ruleset,
                              to_do.empty() ? "nothing is open" : markdown_text(clipped(to_do, kMostSentence))));
  const auto add = [&](const char* word, const std::vector<std::string>& sentences) {
    for (const std::string& sentence : sentences)
      if (lines.size() + 1 < kMostLines)
        lines.push_back(fmt::format("- {}: {}", word, markdown_text(clipped(sentence, kMostSentence))));
  };
  if (!first->val_bpb.empty()) add("claimed", {fmt::format("val_bpb {} ({})", first->val_bpb, first->source)});
  add("ruling", first->rulings), add("fix", first->fixes), add("parent", first->descent), add("note", first->notes),
      add("look", first->looks);
  if (pull.folders.size() > 1) lines.push_back(fmt::format("- and {} further folders", pull.folders.size() - 1));
  return fmt::format("{}\n", fmt::join(lines, "\n"));
}

}  // namespace pgolf
