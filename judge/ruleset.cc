#include "judge/ruleset.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <chrono>

#include "base/error.h"
#include "base/sha256.h"
#include "harness/resolve/toml.h"

namespace pgolf {
namespace {

enum class Kind { integer, number, flag, text };
using Params = std::map<std::string, Kind, std::less<>>;

// The rules that this program can judge, and the parameters of each.
const std::map<std::string, Params, std::less<>>& known_rules() {
  static const std::map<std::string, Params, std::less<>> rules{
      {"artifact_size", {{"limit_bytes", Kind::integer}, {"code", Kind::text}, {"code_as_claimed", Kind::text}}},
      {"artifact_identity", {}},
      {"size_adds_up", {}},
      {"train_time",
       {{"limit_ms", Kind::integer},
        {"trust_own_clock", Kind::flag},
        {"overshoot_steps", Kind::integer},
        {"overshoot_ms", Kind::integer},
        {"no_calibration", Kind::text},
        {"tolerance_ms", Kind::integer}}},
      {"eval_time", {{"limit_ms", Kind::integer}, {"trust_own_clock", Kind::flag}, {"counts", Kind::text}}},
      {"hardware", {{"gpu", Kind::text}, {"count", Kind::integer}}},
      {"score_before_update", {{"concurrent", Kind::flag}, {"discarded", Kind::flag}}},
      {"scored_once", {{"max_repeated", Kind::integer}, {"max_missing", Kind::integer}}},
      {"ledger_intact", {}},
      {"normalised", {{"tolerance", Kind::number}, {"min_samples", Kind::integer}}},
      {"causal", {{"min_samples", Kind::integer}}},
      {"training_without_validation", {{"isolation", Kind::flag}}},
      {"evaluation_without_training", {{"isolation", Kind::flag}}},
      {"kept_to_sandbox", {}},
      {"data_hashes", {}},
      {"byte_count", {{"low_bytes", Kind::integer}, {"high_bytes", Kind::integer}}},
      {"validation_set", {}},
      {"engine_identity", {}},
      {"training_extent", {}},
      {"train_val_overlap", {{"max_share", Kind::number}}},
      {"phases_ran_once", {}},
      {"one_result", {}},
      {"fits_configuration", {}},
      {"printed_precision", {}},
      {"claims_agree", {}},
      {"seeds_independent", {{"max_repeated_share", Kind::number}, {"min_repeated", Kind::integer}}},
      {"seeds_shown", {{"min_seeds", Kind::integer}}},
      {"training_text", {{"suspect_shards", Kind::integer}}},
      {"one_script", {}},
      {"code_in_one_file", {}},
      {"submission_identity", {}},
      {"record_margin", {{"margin_nats", Kind::number}, {"alpha", Kind::number}}},
  };
  return rules;
}

// Words that a text parameter may take.
const std::map<std::string, std::vector<std::string>, std::less<>>& known_words() {
  static const std::map<std::string, std::vector<std::string>, std::less<>> words{
      {"code", {"shipped", "counted"}},
      {"counts", {"all_passes", "headline_pass"}},
      {"code_as_claimed", {"pass", "warn", "unknown"}},
      {"no_calibration", {"pass", "warn", "unknown"}}};
  return words;
}

bool fits(const Json& value, Kind kind) {
  switch (kind) {
    case Kind::integer: return value.is_number_integer() && value.get<int64_t>() >= 0;
    case Kind::number: return value.is_number() && value.get<double>() >= 0;
    case Kind::flag: return value.is_boolean();
    case Kind::text: return value.is_string();
  }
  return false;
}

const char* kind_name(Kind kind) {
  switch (kind) {
    case Kind::integer: return "an integer, not negative";
    case Kind::number: return "a number, not negative";
    case Kind::flag: return "true or false";
    case Kind::text: return "a string";
  }
  return "";
}

struct ReadingReader {
  const std::string& rule;
  TomlReader table;
  RuleReading out{};
  std::set<std::string> tracks;

  void member(const std::string& key, const toml::node& node) {
    const Json value = toml_to_json(node, table.file());
    const auto expect = [&](bool ok, const char* what) {
      if (!ok) table.refuse(key, std::string("expected ") + what);
    };
    if (key == "citation" || key == "exempt") {
      expect(value.is_string(), "a string");
      (key == "citation" ? out.citation : out.exempt) = value;
    } else if (key == "since") {
      expect(value.is_string(), "a date in quotes");
      out.since = value;
      check_date(out.since, toml_origin(node, table.file()));
    } else if (key == "required" || key == "evidence_required") {
      expect(value.is_boolean(), "true or false");
      (key == "required" ? out.required : out.evidence_required) = value;
    } else if (key == "tracks") {
      out.tracks = table.strings(key);
      for (const auto& track : out.tracks)
        if (!tracks.contains(track)) table.refuse(key, fmt::format("track '{}' is not in [tracks]", track));
    } else {
      param(key, value);
    }
  }

  void param(const std::string& key, const Json& value) {
    const auto& params = known_rules().at(rule);
    const auto known = params.find(key);
    if (known == params.end()) {
      std::vector<std::string> names{"citation", "since", "required", "evidence_required", "tracks", "exempt"};
      for (const auto& [name, kind] : params) names.push_back(name);
      table.refuse(key, fmt::format("unknown key of rule '{}'; known here: {}", rule, fmt::join(names, ", ")));
    }
    if (!fits(value, known->second)) table.refuse(key, fmt::format("expected {}", kind_name(known->second)));
    if (known->second == Kind::text && known_words().contains(key)) {
      const auto& words = known_words().find(key)->second;
      if (std::find(words.begin(), words.end(), value.get<std::string>()) == words.end())
        table.refuse(key, fmt::format("expected one of {}", fmt::join(words, ", ")));
    }
    out.params[key] = value;
  }

  RuleReading read() {
    for (const auto& [key, node] : table.members()) member(key, *node);
    if (out.citation.empty()) table.refuse("citation", "missing: every reading names its source");
    if (out.since.empty()) table.refuse("since", "missing: every reading has a day from which it applies");
    if (!out.tracks.empty() && out.exempt.empty()) table.refuse("exempt", "missing: say why other tracks are exempt");
    for (const auto& [name, kind] : known_rules().at(rule))
      if (!out.params.contains(name) && !optional(name))
        table.refuse(name, fmt::format("missing: rule '{}' needs it", rule));
    return std::move(out);
  }

  static bool optional(std::string_view param) {
    for (const std::string_view name :
         {"overshoot_steps", "overshoot_ms", "tolerance_ms", "no_calibration", "code_as_claimed", "min_repeated"})
      if (param == name) return true;
    return false;
  }
};

Rule read_rule(TomlReader table, const std::set<std::string>& tracks) {
  Rule rule;
  rule.id = table.string("id");
  if (!known_rules().contains(rule.id))
    table.refuse("id", fmt::format("'{}' is no rule that this program can judge; use a newer pgolf", rule.id));
  rule.title = table.string("title");
  for (const auto& subject : table.strings("subjects")) {
    if (subject != "run" && subject != "claim" && subject != "comparison")
      table.refuse("subjects", "expected run, claim or comparison");
    rule.subjects.insert(subject);
  }
  rule.strict = ReadingReader{rule.id, table.table("strict"), {}, tracks}.read();
  rule.practice = ReadingReader{rule.id, table.table("practice"), {}, tracks}.read();
  table.finish();
  return rule;
}

std::vector<KnownStream> read_streams(TomlReader& top, const char* key, bool hashed) {
  std::vector<KnownStream> out;
  for (auto& table : top.tables(key)) {
    KnownStream stream{table.string("name"), table.integer("targets"), table.integer("bytes")};
    if (stream.targets <= 0) table.refuse("targets", "must be positive");
    if (hashed) stream.tokens_sha256 = table.maybe_string("tokens_sha256").value_or("");
    out.push_back(std::move(stream));
    table.finish();
  }
  return out;
}

}  // namespace

void check_date(std::string_view text, std::string_view origin) {
  const auto number = [&](size_t at, size_t size) {
    int value = 0;
    for (const char c : text.substr(at, size)) value = c >= '0' && c <= '9' ? value * 10 + (c - '0') : -100000;
    return value;
  };
  const bool shaped = text.size() == 10 && text[4] == '-' && text[7] == '-';
  const int year = shaped ? number(0, 4) : -1, month = shaped ? number(5, 2) : -1, day = shaped ? number(8, 2) : -1;
  const bool real =
      year >= 0 && month > 0 && day > 0 &&
      std::chrono::year_month_day(std::chrono::year(year), std::chrono::month(static_cast<unsigned>(month)),
                                  std::chrono::day(static_cast<unsigned>(day)))
          .ok();
  if (!real) fail(ErrorKind::usage, "{}: '{}' is not a date like 2026-05-02", origin, text);
}

const KnownStream* find_stream(std::span<const KnownStream> streams, int64_t targets, int64_t bytes) {
  const auto it = std::find_if(streams.begin(), streams.end(), [&](const KnownStream& stream) {
    return stream.targets == targets && stream.bytes == bytes;
  });
  return it == streams.end() ? nullptr : &*it;
}

void check_in_force(const Ruleset& ruleset, std::string_view as_of) {
  if (as_of.empty()) return;
  check_date(as_of, "--as-of");
  std::string first = "9999-12-31";
  for (const Rule& rule : ruleset.rules) first = std::min({first, rule.strict.since, rule.practice.since});
  if (as_of < first) fail(ErrorKind::usage, "--as-of {}: no rule of {} applies before {}", as_of, ruleset.id, first);
}

const Rule* Ruleset::rule(std::string_view id) const {
  const auto found = std::find_if(rules.begin(), rules.end(), [&](const Rule& r) { return r.id == id; });
  return found == rules.end() ? nullptr : &*found;
}

std::optional<RecordMargin> record_margin(const Ruleset& ruleset) {
  const Rule* rule = ruleset.rule("record_margin");
  if (!rule) return std::nullopt;
  return RecordMargin{rule->strict.number("margin_nats"), rule->strict.number("alpha")};
}

Ruleset parse_ruleset(std::string_view text, const std::string& file) {
  const toml::table document = parse_toml(text, file);
  TomlReader top(document, file);
  const auto format = top.string("format");
  if (format != kRulesetFormat)
    top.refuse("format", fmt::format("'{}'; this program reads {}{}", format, kRulesetFormat,
                                     format.starts_with("pgolf.ruleset/") ? "; use a newer pgolf" : ""));
  Ruleset out;
  out.sha256 = sha256_hex(text);
  out.id = top.string("id");
  if (out.id.empty() || out.id.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789.-") != std::string::npos)
    top.refuse("id", fmt::format("'{}'; an id has small letters, digits, '.' and '-'", out.id));
  out.title = top.string("title");
  out.date = top.string("date");
  check_date(out.date, file);
  std::set<std::string> tracks;
  auto named = top.table("tracks");
  for (const auto& [key, node] : named.members()) {
    out.tracks[key] = named.string(key);
    tracks.insert(key);
  }
  out.streams = read_streams(top, "streams", true);
  out.byte_errors = read_streams(top, "byte_errors", false);
  for (auto& table : top.tables("rules")) {
    out.rules.push_back(read_rule(table, tracks));
    const auto& id = out.rules.back().id;
    if (std::count_if(out.rules.begin(), out.rules.end(), [&](const Rule& rule) { return rule.id == id; }) > 1)
      table.refuse("id", fmt::format("'{}' is there twice", id));
  }
  top.finish();
  if (out.rules.empty()) fail(ErrorKind::usage, "{}: no [[rules]]; nothing could be judged by it", file);
  return out;
}

}  // namespace pgolf
