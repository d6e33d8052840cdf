#include "harness/commands/check_published.h"

#include <fmt/format.h>

#include "archive/rulings.h"
#include "archive/smallest_fix.h"
#include "harness/commands/archive.h"
#include "harness/judging/check_report.h"
#include "harness/judging/judging.h"

namespace pgolf {
namespace {

struct Checked {
  const PublishedFolder& folder;
  std::vector<Verdict> verdicts;
  std::vector<Fix> fixes;
  std::vector<RulingFinding> rulings;
  std::optional<Descent> descent;
  const Submission& submission() const { return folder.publication.submission; }
};

Json to_json(const Checked& of) {
  Json hints = Json::array(), fixes = Json::array();
  for (const ScriptHint& h : of.folder.publication.hints)
    hints.push_back({{"file", h.file}, {"line", h.line}, {"what", h.what}, {"text", shown_name(h.text)}});
  for (const Fix& f : of.fixes) fixes.push_back({{"rule", f.rule}, {"reading", f.reading}, {"text", f.text}});
  Json rulings = Json::array();
  for (const RulingFinding& r : of.rulings)
    rulings.push_back({{"id", r.ruling->id},
                       {"verdict", r.ruling->verdict},
                       {"date", r.ruling->date.empty() ? Json() : Json(r.ruling->date)},
                       {"source", r.ruling->source},
                       {"same_code_as", r.same_code_as ? Json(r.same_code_as) : Json()},
                       {"function", r.same_code_as ? Json(r.function) : Json()},
                       {"theirs", r.same_code_as ? Json(r.theirs) : Json()},
                       {"shared", r.shared},
                       {"text", r.text()}});
  const Submission& s = of.submission();
  const auto or_null = [](const std::string& text) { return text.empty() ? Json() : Json(text); };
  return {{"submission", s.id},
          {"path", shown_name(of.folder.path)},
          {"owner", of.folder.owner ? Json(of.folder.owner) : Json()},
          {"title", or_null(s.title)},
          {"author", or_null(s.author)},
          {"track", s.track},
          {"val_bpb", or_null(s.headline.val_bpb)},
          {"source", or_null(s.headline.source)},
          {"strict", status_name(outcome(of.verdicts, Reading::strict))},
          {"practice", status_name(outcome(of.verdicts, Reading::practice))},
          {"findings", of.folder.publication.findings},
          {"rulings", rulings},
          {"parent", of.descent ? to_json(*of.descent) : Json()},
          {"fixes", fixes},
          {"hints", hints},
          {"verdicts", verdicts_to_json(of.verdicts)}};
}

std::string text_of(const Checked& of, const Ruleset& ruleset) {
  const Submission& s = of.submission();
  std::string out = fmt::format("{} by {}\n", s.id, ruleset.id);
  if (!s.title.empty()) out += fmt::format("{}{}\n", s.title, s.author.empty() ? "" : ", by " + s.author);
  if (!s.headline.val_bpb.empty())
    out += fmt::format("claims val_bpb {} ({}, {})\n", s.headline.val_bpb, s.headline.source, s.headline.eval);
  if (of.folder.owner != of.folder.pull) out += fmt::format("the folder is #{}'s\n", of.folder.owner);
  for (const std::string& finding : of.folder.publication.findings) out += fmt::format("note: {}\n", finding);
  for (const RulingFinding& r : of.rulings) out += fmt::format("ruling: {}\n", r.text());
  if (of.descent) out += text_of(*of.descent);
  for (const Fix& f : of.fixes) out += fmt::format("fix: {} ({}, {})\n", f.text, f.rule, f.reading);
  for (const ScriptHint& h : of.folder.publication.hints)
    out += fmt::format("look: {}:{}: {}: {}\n", h.file, h.line, h.what, h.text);
  return out + claims_text(of.verdicts);
}

bool is_plain_folder(const std::string& name) {
  std::error_code ignored;
  return std::filesystem::is_directory(name, ignored) &&
         !std::filesystem::exists(std::filesystem::path(name) / "submission.toml", ignored);
}

}  // namespace

std::vector<PublishedFolder> published_by_name(const Globals& globals, const std::string& name) {
  if (is_plain_folder(name)) return {published_on_disk(name)};
  const auto pull = pull_request_number(name);
  const auto store = pull ? look_at_record(globals) : std::nullopt;
  return store ? published_folders(ArchiveTables(*store), *pull) : std::vector<PublishedFolder>();
}

Json to_json(const Descent& of) {
  Json settings = Json::array();
  for (const SettingChange& s : of.settings)
    settings.push_back({{"name", s.name},
                        {"before", s.before.empty() ? Json() : Json(s.before)},
                        {"after", s.after.empty() ? Json() : Json(s.after)}});
  return {{"pull", of.parent},
          {"path", of.path},
          {"shared", of.shared},
          {"named", of.named.empty() ? Json() : Json(of.named)},
          {"settings", settings},
          {"functions", {{"changed", of.changed}, {"new", of.added}, {"gone", of.removed}}},
          {"val_bpb", of.parent_val_bpb.empty() ? Json() : Json(of.parent_val_bpb)},
          {"gain", of.gain() ? Json(*of.gain()) : Json()}};
}

std::string text_of(const Descent& of) {
  std::string out;
  for (const std::string& sentence : of.sentences()) out += fmt::format("parent: {}\n", sentence);
  return out;
}

std::optional<Descent> descent_by_name(const Globals& globals, const std::string& name) {
  const auto pull = pull_request_number(name);
  const auto store = pull ? look_at_record(globals) : std::nullopt;
  if (!store) return std::nullopt;
  const ArchiveTables tables(*store);
  const auto folders = published_folders(tables, *pull);
  return folders.empty() ? std::nullopt : Lineage(tables).of(folders.front());
}

int check_published(const Globals& globals, const std::vector<PublishedFolder>& folders, const Ruleset& ruleset,
                    const std::string& as_of, Reading reading) {
  Json documents = Json::array();
  std::string text;
  int exit_code = 0;
  const std::vector<Ruling> rulings = rulings_of(globals);
  const auto store = look_at_record(globals);
  const auto tables = store ? std::optional(ArchiveTables(*store)) : std::nullopt;
  const auto ruled = tables ? std::optional(RuledCode(*tables, rulings)) : std::nullopt;
  const auto lineage = tables ? std::optional(Lineage(*tables)) : std::nullopt;
  for (const PublishedFolder& folder : folders) {
    const Publication& p = folder.publication;
    Checked checked{folder, judge_publication(p.submission, p.logs, ruleset, as_of), {}, {}, {}};
    if (ruled) checked.rulings = ruled->find(folder);
    if (lineage) checked.descent = lineage->of(folder);
    checked.fixes = smallest_fixes(checked.verdicts, p.submission.headline.val_bpb);
    documents.push_back(to_json(checked));
    text += (text.empty() ? "" : "\n") + text_of(checked, ruleset);
    exit_code = worse_exit_code(exit_code, exit_code_of(checked.verdicts, reading));
  }
  const PublishedFolder& first = folders.front();
  print_result(globals,
               {{"format", "pgolf.published/1"},
                {"pull", first.pull ? Json(first.pull) : Json()},
                {"head", first.head.empty() ? Json() : Json(first.head)},
                {"relation", first.relation},
                {"ruleset", ruleset.id},
                {"folders", documents}},
               text);
  return exit_code;
}

}  // namespace pgolf
