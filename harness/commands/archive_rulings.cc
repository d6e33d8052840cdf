#include <fmt/ranges.h>

#include "archive/agreement.h"
#include "base/error.h"
#include "base/file.h"
#include "base/notice.h"
#include "base/sha256.h"
#include "harness/commands/archive.h"
#include "identity/identity.h"
#include "resolve/toml.h"

namespace pgolf {
namespace {

std::vector<Ruling> chosen_rulings(const Globals& globals, const std::string& only) {
  const std::filesystem::path file = globals.rules / kRulingsFile;
  std::vector<Ruling> all = rulings_of(globals);
  if (!only.empty()) std::erase_if(all, [&](const Ruling& ruling) { return ruling.id != only; });
  if (all.empty()) fail(ErrorKind::not_found, "{} has no ruling '{}'", file.string(), only);
  return all;
}

int rulings(const Globals& globals, const std::string& only) {
  const Store store = filled_archive(look_at_record(globals));
  const std::vector<Ruling> all = chosen_rulings(globals, only);
  Json documents = Json::array();
  std::string text;
  for (const RulingReach& reach : reach_of(ArchiveTables(store), all)) {
    const Ruling& r = *reach.ruling;
    documents.push_back({{"id", r.id},
                         {"title", r.title},
                         {"verdict", r.verdict},
                         {"kind", r.kind},
                         {"date", r.date.empty() ? Json() : Json(r.date)},
                         {"scope", r.scope},
                         {"source", r.source},
                         {"pulls", r.pulls},
                         {"same_code", reach.pulls}});
    text +=
        fmt::format("{}: {}{}: {} ({})\n", r.id, r.verdict, r.date.empty() ? "" : " on " + r.date, r.title, r.source);
    if (!reach.pulls.empty())
      text += fmt::format("  same code in {} pull requests: #{}\n", reach.pulls.size(), fmt::join(reach.pulls, ", #"));
  }
  print_result(globals, {{"format", "pgolf.rulings-reach/1"}, {"rulings", documents}}, text);
  return 0;
}

std::string numbers(const std::vector<int64_t>& pulls) {
  return pulls.empty() ? "-" : fmt::format("#{}", fmt::join(pulls, ", #"));
}

Json reached_json(const Propagation& p, const std::vector<int64_t>& reached) {
  return {{"pulls", reached},
          {"closed", p.hits(reached)},
          {"recall", p.recall(reached)},
          {"precision", p.precision(reached)}};
}

std::string reached_text(const Propagation& p, const char* how, const std::vector<int64_t>& reached) {
  return fmt::format("  {}: {} of {} closed (recall {:.2f}); of {} reached, precision at least {:.2f}: {}\n", how,
                     p.hits(reached).size(), p.closed.size(), p.recall(reached), reached.size(), p.precision(reached),
                     numbers(reached));
}

int agreement(const Globals& globals, const std::string& only) {
  const Store store = filled_archive(look_at_record(globals));
  const ArchiveTables tables(store);
  const std::vector<Ruling> all = chosen_rulings(globals, only);
  Json documents = Json::array(), closures = Json::array();
  std::string text;
  size_t named = 0, found = 0;
  for (const RulingAgreement& a : agreement_of(tables, all)) {
    named += a.ruling->pulls.size(), found += a.found.size();
    Json missed = Json::array();
    text +=
        fmt::format("{}: found {} of {}: {}\n", a.ruling->id, a.found.size(), a.ruling->pulls.size(), numbers(a.found));
    for (const auto& [pull, why] : a.missed) {
      missed.push_back({{"pull", pull}, {"why", why}});
      text += fmt::format("  missed #{}: {}\n", pull, why);
    }
    documents.push_back({{"id", a.ruling->id}, {"found", a.found}, {"missed", missed}});
  }
  text += fmt::format("found {} of {} that rulings against something name\n", found, named);
  for (const Ruling& ruling : all) {
    if (ruling.closed.empty()) continue;
    const Propagation p = propagation_from(tables, ruling, ruling.pulls.front());
    closures.push_back({{"id", ruling.id},
                        {"from", p.from},
                        {"closed", p.closed},
                        {"same_code", reached_json(p, p.same_code)},
                        {"same_matter", reached_json(p, p.same_matter)}});
    text += fmt::format("\n{} from #{} alone, up to #{}; closed, as far as threads name them: {}\n", ruling.id, p.from,
                        p.closed.empty() ? 0 : p.closed.back(), numbers(p.closed));
    text += reached_text(p, "same code", p.same_code) + reached_text(p, "a line of the same matter", p.same_matter);
  }
  print_result(globals,
               {{"format", "pgolf.agreement/1"},
                {"named", named},
                {"found", found},
                {"rulings", documents},
                {"closures", closures}},
               text);
  return 0;
}

}  // namespace

std::vector<Ruling> rulings_of(const Globals& globals) {
  const std::filesystem::path file = globals.rules / kRulingsFile;
  const std::string text = read_text(file, kMostTomlBytes);
  const auto shipped = shipped_files();
  if (const auto own = shipped.find(std::string("rules/") + kRulingsFile);
      own != shipped.end() && own->second != sha256_hex(text))
    notice("{}: not the rulings that this pgolf ships", file.string());
  return parse_rulings(text, file.string());
}

void add_archive_rulings(Cli& cli, CLI::App* archive) {
  const auto only = std::make_shared<std::string>();
  CLI::App* ruled =
      archive->add_subcommand("rulings", "What was ruled, and in which pull requests the same code stands");
  ruled->footer("Example: pgolf archive rulings target-in-key");
  ruled->fallthrough();
  ruled->add_option("id", *only, "one ruling; default: all of rulings.toml");
  ruled->callback([&cli, only] { cli.action = [&cli, only] { return rulings(cli.globals, *only); }; });
  const auto of = std::make_shared<std::string>();
  CLI::App* agree =
      archive->add_subcommand("agreement", "Which named pull requests the looks at scripts find, and which not");
  agree->footer("Example: pgolf archive agreement target-in-key");
  agree->fallthrough();
  agree->add_option("id", *of, "one ruling; default: all of rulings.toml");
  agree->callback([&cli, of] { cli.action = [&cli, of] { return agreement(cli.globals, *of); }; });
}

}  // namespace pgolf
