#include "judge/ruleset.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <chrono>

#include "base/error.h"
#include "base/sha256.h"
#include "judge/rule_table.h"
#include "resolve/toml.h"

namespace pgolf {
namespace {

bool fits(const Json& value, ParamKind kind) {
  switch (kind) {
    case ParamKind::integer: return value.is_number_integer() && value.get<int64_t>() >= 0;
    case ParamKind::number: return value.is_number() && value.get<double>() >= 0;
    case ParamKind::flag: return value.is_boolean();
    case ParamKind::text: return value.is_string();
  }
  return false;
}

struct ReadingReader {
  const RuleSpec& rule;
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
    const RuleParam* param = rule.param(key);
    if (!param) {
      std::vector<std::string_view> names{"citation", "since", "required", "evidence_required", "tracks", "exempt"};
      for (const RuleParam& known : rule.params) names.push_back(known.name);
      table.refuse(key, fmt::format("unknown key of rule '{}'; known here: {}", rule.id, fmt::join(names, ", ")));
    }
    if (!fits(value, param->kind)) table.refuse(key, fmt::format("expected {}", param_kind_name(param->kind)));
    if (!param->words.empty() &&
        std::find(param->words.begin(), param->words.end(), value.get<std::string>()) == param->words.end())
      table.refuse(key, fmt::format("expected one of {}", fmt::join(param->words, ", ")));
    out.params[key] = value;
  }

  RuleReading read() {
    for (const auto& [key, node] : table.members()) member(key, *node);
    if (out.citation.empty()) table.refuse("citation", "missing: every reading names its source");
    if (out.since.empty()) table.refuse("since", "missing: every reading has a day from which it applies");
    if (!out.tracks.empty() && out.exempt.empty()) table.refuse("exempt", "missing: say why other tracks are exempt");
    for (const RuleParam& param : rule.params)
      if (!out.params.contains(param.name) && !param.optional)
        table.refuse(param.name, fmt::format("missing: rule '{}' needs it", rule.id));
    return std::move(out);
  }
};

void read_subjects(Rule& rule, const RuleSpec& spec, TomlReader& table) {
  for (const auto& subject : table.strings("subjects")) {
    if (subject != "run" && subject != "claim" && subject != "comparison")
      table.refuse("subjects", "expected run, claim or comparison");
    if ((subject == "run" && !spec.judges_runs()) || (subject == "claim" && !spec.judges_claims()))
      table.refuse("subjects", fmt::format("'{}' measures nothing of a {}", rule.id, subject));
    rule.subjects.insert(subject);
  }
}

Rule read_rule(TomlReader table, const std::set<std::string>& tracks) {
  Rule rule;
  rule.id = table.string("id");
  const RuleSpec* spec = find_rule(rule.id);
  if (!spec) table.refuse("id", fmt::format("'{}' is no rule that this program can judge; use a newer pgolf", rule.id));
  rule.title = table.string("title");
  read_subjects(rule, *spec, table);
  rule.strict = ReadingReader{*spec, table.table("strict"), {}, tracks}.read();
  rule.practice = ReadingReader{*spec, table.table("practice"), {}, tracks}.read();
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

void check_id(const std::string& id, const TomlReader& table) {
  if (id.empty() || id.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789.-") != std::string::npos)
    table.refuse("id", fmt::format("'{}'; an id has small letters, digits, '.' and '-'", id));
}

// Whose rules they are, and with which of pgolf's own they are read.
void read_origin(Ruleset& out, TomlReader& top) {
  out.author = top.string("author");
  if (out.author != kChallenge && out.author != kPgolf)
    top.refuse("author", fmt::format("expected {} or {}", kChallenge, kPgolf));
  auto evidence = top.maybe_table("evidence");
  if (!evidence) return;
  out.evidence = {evidence->string("id"), evidence->string("sha256")};
  check_id(out.evidence->id, *evidence);
  if (out.evidence->sha256.size() != 64) evidence->refuse("sha256", "expected 64 hexadecimal digits");
  evidence->finish();
}

std::set<std::string> read_tracks(Ruleset& out, TomlReader& top) {
  std::set<std::string> tracks;
  if (auto named = top.maybe_table("tracks"))
    for (const auto& [key, node] : named->members()) {
      out.tracks[key] = named->string(key);
      tracks.insert(key);
    }
  return tracks;
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
  if (format != kRulesetFormat && format != kFirstRulesetFormat)
    top.refuse("format",
               fmt::format("'{}'; this program reads {} and {}{}", format, kFirstRulesetFormat, kRulesetFormat,
                           format.starts_with("pgolf.ruleset/") ? "; use a newer pgolf" : ""));
  Ruleset out;
  out.sha256 = sha256_hex(text);
  out.id = top.string("id");
  check_id(out.id, top);
  out.title = top.string("title");
  out.date = top.string("date");
  check_date(out.date, file);
  if (format != kFirstRulesetFormat) read_origin(out, top);
  const std::set<std::string> tracks = read_tracks(out, top);
  out.streams = read_streams(top, "streams", true);
  out.byte_errors = read_streams(top, "byte_errors", false);
  for (auto& table : top.tables("rules")) {
    out.rules.push_back(read_rule(table, tracks));
    out.rules.back().author = out.author;
    const auto& id = out.rules.back().id;
    if (std::count_if(out.rules.begin(), out.rules.end(), [&](const Rule& rule) { return rule.id == id; }) > 1)
      table.refuse("id", fmt::format("'{}' is there twice", id));
  }
  top.finish();
  if (out.rules.empty()) fail(ErrorKind::usage, "{}: no [[rules]]; nothing could be judged by it", file);
  return out;
}

void add_evidence(Ruleset& ruleset, const Ruleset& evidence, const std::string& file) {
  if (evidence.author != kPgolf) fail(ErrorKind::usage, "{}: no evidence rules: its author is not '{}'", file, kPgolf);
  if (evidence.evidence) fail(ErrorKind::usage, "{}: evidence rules that name others", file);
  for (const Rule& rule : evidence.rules) {
    if (ruleset.rule(rule.id)) fail(ErrorKind::usage, "{}: rule '{}' is in {} too", file, rule.id, ruleset.id);
    ruleset.rules.push_back(rule);
  }
}

}  // namespace pgolf
