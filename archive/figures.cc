#include "archive/figures.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <numbers>
#include <optional>
#include <set>
#include <unordered_map>

#include "base/units.h"
#include "judge/claims/printed.h"
#include "judge/claims/printed_values.h"

namespace pgolf {
namespace {

constexpr int64_t kLow = 151'050'000, kHigh = 151'100'000;

// What a log says last.
struct LastPair {
  std::string loss, bpb, loader_tokens, val_tokens;
  std::optional<int64_t> targets() const { return integer_of(loader_tokens.empty() ? val_tokens : loader_tokens); }
  std::optional<double> per_target() const {
    if (loss.empty() || bpb.empty()) return std::nullopt;
    const double l = std::strtod(loss.c_str(), nullptr), b = std::strtod(bpb.c_str(), nullptr);
    return b > 0 && l > 0 ? std::optional(l / (std::numbers::ln2 * b)) : std::nullopt;
  }
};
using LastPairs = std::unordered_map<std::string, LastPair>;  // by the blob's row

LastPairs last_pairs(const ArchiveTables& tables) {
  LastPairs out;
  for (const auto& row :
       tables.rows("SELECT v.blob, v.key, v.text FROM archive_values v JOIN archive_blobs b ON b.id = "
                   "v.blob WHERE b.kind = 'log' AND v.key IN ('val_loss', 'val_bpb', "
                   "'val_loader_tokens', 'val_tokens') ORDER BY v.blob, v.seq")) {
    LastPair& log = out[row[0]];
    (row[1] == "val_loss"     ? log.loss
     : row[1] == "val_bpb"    ? log.bpb
     : row[1] == "val_tokens" ? log.val_tokens
                              : log.loader_tokens) = row[2];
  }
  return out;
}

// pull request, blob, path of each log in folders of records/.
std::vector<std::vector<std::string>> record_logs(const ArchiveTables& tables) {
  return tables.rows(
      "SELECT d.pull, f.blob, CAST(d.path AS TEXT), CAST(f.name AS TEXT), f.on_main, h.relation "
      "FROM archive_files f JOIN archive_folders d ON d.id = f.folder JOIN archive_blobs b ON b.id = f.blob "
      "JOIN archive_heads h ON h.source = d.source AND h.pull = d.pull "
      "WHERE b.kind = 'log' AND CAST(d.path AS TEXT) LIKE 'records/%' ORDER BY d.pull, d.path, f.name");
}

ByteOracle oracle_of(const std::vector<std::vector<std::string>>& logs, const LastPairs& pairs) {
  ByteOracle out;
  std::set<std::pair<std::string, std::string>> seen;
  std::set<std::string> pulls;
  for (const auto& log : logs) {
    const std::string &path = log[2], &name = log[3];
    const bool own = log[4] == "0" && (log[5] == "base" || log[5] == "merged");
    if (!own || !path.starts_with("records/track_10min_16mb/") || !name.ends_with(".log") ||
        name.find('/') != std::string::npos || !seen.emplace(log[0], log[1]).second)
      continue;
    const auto pair = pairs.find(log[1]);
    const auto ratio = pair == pairs.end() ? std::nullopt : pair->second.per_target();
    const auto targets = ratio ? pair->second.targets() : std::nullopt;
    if (!targets) continue;
    const auto bytes = static_cast<double>(*targets) * *ratio;
    ++out.logs, pulls.insert(log[0]);
    if (bytes >= kLow && bytes <= kHigh)
      ++out.within;
    else
      out.outside[std::stoll(log[0])] = std::llround(bytes);
  }
  out.pulls = std::ssize(pulls);
  return out;
}

// By the ratio, as the judge does where a log states no number of targets.
std::vector<Signature> signatures_of(const std::vector<std::vector<std::string>>& logs, const LastPairs& pairs,
                                     const Ruleset& ruleset) {
  constexpr double kLike = 1e-6;  // what print rounding leaves open, and less than what sets two errors apart

  std::vector<Signature> out;
  for (const KnownStream& error : ruleset.byte_errors) {
    Signature signature{error.name, error.bytes, {}, 0};
    const double wanted = static_cast<double>(error.bytes) / static_cast<double>(error.targets);
    std::set<int64_t> pulls;
    for (const auto& log : logs) {
      const auto pair = pairs.find(log[1]);
      const auto ratio = pair == pairs.end() ? std::nullopt : pair->second.per_target();
      if (!ratio || std::abs(*ratio / wanted - 1) > kLike) continue;
      ++signature.logs, pulls.insert(std::stoll(log[0]));
    }
    signature.pulls.assign(pulls.begin(), pulls.end());
    out.push_back(std::move(signature));
  }
  return out;
}

Wrapped wrapped_of(const ArchiveTables& tables) {
  const auto rows = tables.rows(
      "SELECT f.blob, d.id, d.pull, v.label FROM archive_values v JOIN archive_files f ON f.blob = v.blob JOIN "
      "archive_folders d ON d.id = f.folder JOIN archive_heads h ON h.source = d.source AND h.pull = d.pull WHERE "
      "h.relation IN ('base', 'merged') AND v.key = 'unwrapped_bytes' AND CAST(d.path AS TEXT) LIKE 'records/%' "
      "AND CAST(f.name AS TEXT) = 'train_gpt.py'");
  const auto counted = [&](bool direct_alone) {
    std::array<std::set<std::string>, 3> distinct;
    for (const auto& row : rows)
      if (!direct_alone || row[3].find(',') == std::string::npos)
        for (size_t i = 0; i < distinct.size(); ++i) distinct[i].insert(row[i]);
    return Wrapped::Count{std::ssize(distinct[0]), std::ssize(distinct[1]), std::ssize(distinct[2])};
  };
  Wrapped out{counted(false), counted(true), {}};
  for (const auto& row : rows) ++out.how[row[3]];
  return out;
}

int64_t count(const ArchiveTables& tables, const char* query) {
  const auto rows = tables.rows(query);
  return rows.empty() ? 0 : std::stoll(rows[0][0]);
}

Json to_json(const Wrapped::Count& of) {
  return {{"scripts", of.scripts}, {"folders", of.folders}, {"pulls", of.pulls}};
}

std::string text_of(const Wrapped::Count& of) {
  return fmt::format("{} wrapped scripts in {} folders of {} pull requests", of.scripts, of.folders, of.pulls);
}

}  // namespace

ArchiveFigures archive_figures(const ArchiveTables& tables, const Ruleset& ruleset) {
  ArchiveFigures out;
  out.pulls = count(tables, "SELECT count(*) FROM archive_heads WHERE relation <> 'folder'");
  for (const auto& row : tables.rows("SELECT relation, count(*) FROM archive_heads GROUP BY relation"))
    out.relations.emplace(row[0], std::stoll(row[1]));
  out.folders = count(tables, "SELECT count(*) FROM archive_folders WHERE CAST(path AS TEXT) LIKE 'records/%'");
  out.pulls_with_several = count(tables,
                                 "SELECT count(*) FROM (SELECT 1 FROM archive_folders WHERE CAST(path AS TEXT) LIKE "
                                 "'records/%' GROUP BY source, pull HAVING count(*) > 1)");
  const auto logs = record_logs(tables);
  std::set<std::string> distinct;
  for (const auto& log : logs) distinct.insert(log[1]);
  out.logs = std::ssize(logs), out.distinct_logs = std::ssize(distinct);
  for (const auto& row : tables.rows("SELECT k.key, count(*) FROM (SELECT DISTINCT blob, key FROM archive_values) k "
                                     "JOIN archive_files f ON f.blob = "
                                     "k.blob JOIN archive_folders d ON d.id = f.folder JOIN archive_blobs b ON b.id = "
                                     "f.blob WHERE b.kind = 'log' AND "
                                     "CAST(d.path AS TEXT) LIKE 'records/%' GROUP BY k.key"))
    out.logs_with.emplace(row[0], std::stoll(row[1]));
  const LastPairs pairs = last_pairs(tables);
  out.oracle = oracle_of(logs, pairs);
  out.wrapped = wrapped_of(tables);
  out.signatures = signatures_of(logs, pairs, ruleset);
  return out;
}

Json figures_to_json(const ArchiveFigures& f) {
  Json outside = Json::array(), signatures = Json::array();
  for (const auto& [pull, bytes] : f.oracle.outside) outside.push_back({{"pull", pull}, {"bytes", bytes}});
  for (const Signature& s : f.signatures)
    signatures.push_back({{"name", s.name}, {"bytes", s.bytes}, {"pulls", s.pulls}, {"logs", s.logs}});
  return {{"format", "pgolf.archive-facts/1"},
          {"pulls", f.pulls},
          {"relations", f.relations},
          {"record_folders", f.folders},
          {"pulls_with_several_folders", f.pulls_with_several},
          {"logs", f.logs},
          {"distinct_logs", f.distinct_logs},
          {"logs_with", f.logs_with},
          {"byte_oracle",
           {{"logs", f.oracle.logs}, {"within", f.oracle.within}, {"pulls", f.oracle.pulls}, {"outside", outside}}},
          {"wrapped", {{"all", to_json(f.wrapped.all)}, {"direct", to_json(f.wrapped.direct)}, {"how", f.wrapped.how}}},
          {"signatures", signatures}};
}

std::string figures_text(const ArchiveFigures& f) {
  const auto share = [](int64_t part, int64_t of) {
    return of ? 100 * static_cast<double>(part) / static_cast<double>(of) : 0;
  };
  std::string out = fmt::format("{} pull requests", with_commas(f.pulls));
  for (const auto& [relation, number] : f.relations) out += fmt::format("; {} {}", relation, with_commas(number));
  out += fmt::format("\n{} folders of records/; {} pull requests have several\n", with_commas(f.folders),
                     with_commas(f.pulls_with_several));
  out += fmt::format("{} logs in them, {} distinct; with", with_commas(f.logs), with_commas(f.distinct_logs));
  const char* separator = " ";
  for (const auto& [key, number] : f.logs_with)
    out += fmt::format("{}{} {}", separator, key, with_commas(number)), separator = ", ";
  out += fmt::format(
      "\n\nbytes that the last pair implies, of {} logs of {} pull requests: {} ({:.2f} %) within {} to {}\n{} pull "
      "requests "
      "outside:\n",
      with_commas(f.oracle.logs), with_commas(f.oracle.pulls), with_commas(f.oracle.within),
      share(f.oracle.within, f.oracle.logs), with_commas(kLow), with_commas(kHigh), f.oracle.outside.size());
  for (const auto& [pull, bytes] : f.oracle.outside) out += fmt::format("  #{:<5} {:>15}\n", pull, with_commas(bytes));
  out += fmt::format("\n{}; {} run by an exec of the literal\n", text_of(f.wrapped.all), text_of(f.wrapped.direct));
  for (const auto& [how, folders] : f.wrapped.how) out += fmt::format("  {:<44} {}\n", how, folders);
  out += "\nknown errors of counting\n";
  for (const Signature& s : f.signatures)
    out += fmt::format("  {:>11}  {} logs of {} pull requests: {} ({})\n", with_commas(s.bytes), s.logs, s.pulls.size(),
                       s.pulls.empty() ? "-" : fmt::format("#{}", fmt::join(s.pulls, ", #")), s.name);
  return out;
}

}  // namespace pgolf
