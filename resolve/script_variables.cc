#include "resolve/script_variables.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdlib>

#include "base/error.h"
#include "base/file.h"
#include "base/utf8.h"
#include "engine/config/fields.h"
#include "resolve/submission.h"
#include "resolve/toml.h"

namespace pgolf {
namespace fs = std::filesystem;
namespace {

std::string_view without_blanks(std::string_view text) {
  const size_t first = text.find_first_not_of(" \t"), last = text.find_last_not_of(" \t");
  return first == std::string_view::npos ? std::string_view() : text.substr(first, last - first + 1);
}

// A Python number, or a product of some: 524_288, 6e2, 2048*48*8.
std::optional<double> number_of(std::string_view text) {
  double product = 1;
  while (true) {
    const size_t end = std::min(text.find('*'), text.size());
    std::string factor(without_blanks(text.substr(0, end)));
    std::erase(factor, '_');
    double value = 0;
    const auto [stop, error] = std::from_chars(factor.data(), factor.data() + factor.size(), value);
    if (factor.empty() || error != std::errc() || stop != factor.data() + factor.size() || !std::isfinite(value))
      return std::nullopt;
    product *= value;
    if (end == text.size()) return std::isfinite(product) ? std::optional(product) : std::nullopt;
    text.remove_prefix(end + 1);
  }
}

// 0.0001 * 0.75 is 7.5e-5, as people write it and the configuration has it.
double without_rounding(double value) { return std::strtod(fmt::format("{:.15g}", value).c_str(), nullptr); }

std::string_view truth(std::string_view text) { return text == "True" ? "1" : text == "False" ? "0" : text; }

// "9,10" as [9, 10].
std::optional<Json> integers_of(std::string_view text) {
  Json out = Json::array();
  while (!text.empty()) {
    const size_t end = std::min(text.find(','), text.size());
    const auto number = number_of(text.substr(0, end));
    if (!number || *number != std::floor(*number) || std::abs(*number) > 1e9) return std::nullopt;
    out.push_back(static_cast<int64_t>(*number));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return out;
}

// By the type of the field. A product of two variables is cut to an integer, as the scripts do.
std::optional<Json> typed(const std::string& type, std::string_view text, std::optional<double> number, bool cut) {
  constexpr double kMost = 9e15;  // integers up to here are exact
  if (type == "boolean")
    return text == "1" ? std::optional<Json>(true) : text == "0" ? std::optional<Json>(false) : std::nullopt;
  if (type == "number") return number ? std::optional<Json>(*number) : std::nullopt;
  if (type == "integers") return integers_of(text);
  if (type != "integer") return Json(std::string(text));
  if (!number || std::abs(*number) > kMost || (!cut && *number != std::floor(*number))) return std::nullopt;
  return Json(static_cast<int64_t>(*number));
}

ScriptVariable read_variable(TomlReader& in) {
  ScriptVariable out;
  out.name = in.string("name");
  out.standard = in.string("default");
  out.ran = in.maybe_string("ran").value_or(out.standard);
  out.field = in.string("field");
  out.reason = in.maybe_string("reason").value_or("");
  out.attribute = in.maybe_string("attribute").value_or(lower_ascii(out.name));
  out.times = in.maybe_string("times").value_or("");
  out.only_with = in.maybe_string("only_with").value_or("");
  if (const auto convert = in.maybe_string("convert")) {
    if (*convert != "one minus") in.refuse("convert", fmt::format("'{}' is unknown; known: one minus", *convert));
    out.one_minus = true;
  }
  if (auto values = in.maybe_table("values"))
    for (const auto& [text, node] : values->members()) out.values.emplace_back(text, toml_to_json(*node, in.file()));
  const auto off = in.maybe_string("off");
  in.finish();
  if (out.field.empty() && out.reason.empty()) in.refuse("reason", "one without a field says why");
  if (out.field.empty()) return out;
  const auto& fields = config_fields();
  const auto field = std::find_if(fields.begin(), fields.end(), [&](const Field& f) { return f.key == out.field; });
  if (field == fields.end()) in.refuse("field", fmt::format("'{}' is no field of the configuration", out.field));
  if (off) out.off = typed(field->type, *off, number_of(*off), false);
  if (!off && !field->off.is_null()) out.off = field->off;
  return out;
}

template <class Hash>
const char* read_hex(const char* at, const char* end, Hash& out) {
  const auto [stop, error] = std::from_chars(at, end, out, 16);
  return error == std::errc() && stop == at + 8 ? stop : nullptr;
}

// "1f2e3d4c 5b6a7988 name": both hashes of a function.
KnownFunction read_function(TomlReader& in, const std::string& text) {
  KnownFunction out;
  const char *at = text.data(), *end = at + text.size();
  at = read_hex(at, end, out.hash);
  at = at && at < end && *at == ' ' ? read_hex(at + 1, end, out.exact_hash) : nullptr;
  if (!at || at + 1 >= end || *at != ' ') in.refuse("functions", fmt::format("'{}' is not 'HASH HASH NAME'", text));
  out.name.assign(at + 1, end);
  return out;
}

void read_outside(TomlReader& in, const std::string& text, std::set<uint32_t>& out) {
  for (const char *at = text.data(), *end = at + text.size(); at < end; ++at) {
    uint32_t hash = 0;
    const char* stop = read_hex(at, end, hash);
    if (!stop || (stop < end && *stop != ' ')) in.refuse("outside", fmt::format("'{}' are no hashes", text));
    out.insert(hash), at = stop;
  }
}

// What a row names must be there, a field is set by one row, and rows of one variable agree.
void check_rows(TomlReader& in, const ScriptFamily& family) {
  std::set<std::string> fields;
  for (const ScriptVariable& v : family.variables) {
    const ScriptVariable& first = *family.variable(v.name);
    if (first.standard != v.standard || first.ran != v.ran)
      in.refuse("variables", fmt::format("rows of {} differ in `default` or `ran`", v.name));
    if (!v.field.empty() && !fields.insert(v.field).second)
      in.refuse("variables", fmt::format("{} has two rows", v.field));
    for (const std::string& other : {v.times, v.only_with})
      if (!other.empty() && !family.variable(other))
        in.refuse("variables", fmt::format("{} names {}, which has no row", v.name, other));
  }
}

}  // namespace

const ScriptVariable* ScriptFamily::variable(std::string_view name) const {
  const auto it = std::find_if(variables.begin(), variables.end(), [&](const auto& v) { return v.name == name; });
  return it == variables.end() ? nullptr : &*it;
}

bool ScriptFamily::is_part(std::string_view name) const {
  return std::any_of(variables.begin(), variables.end(),
                     [&](const auto& v) { return v.times == name || v.only_with == name; });
}

ScriptFamily parse_family(std::string_view text, const std::string& file) {
  const toml::table document = parse_toml(text, file);
  TomlReader in(document, file);
  if (const std::string format = in.string("format"); format != kVariablesFormat)
    in.refuse("format",
              fmt::format("'{}' is not '{}'; this version of pgolf reads only that", format, kVariablesFormat));
  ScriptFamily out;
  out.script_sha256 = in.string("script_sha256");
  for (TomlReader& row : in.tables("variables")) out.variables.push_back(read_variable(row));
  for (const std::string& name : in.strings("ignored")) out.ignored.insert(name);
  for (const std::string& name : in.strings("files")) out.files.insert(name);
  for (const std::string& function : in.strings("functions")) out.functions.push_back(read_function(in, function));
  for (const std::string& hashes : in.strings("outside")) read_outside(in, hashes, out.outside);
  in.finish();
  check_rows(in, out);
  return out;
}

ScriptFamily load_family(const fs::path& directory) {
  const fs::path file = directory / kVariablesFile;
  ScriptFamily out = parse_family(read_text(file, kMostTomlBytes), file.string());
  out.submission = directory.filename().string();
  return out;
}

std::vector<ScriptFamily> load_families(const fs::path& root) {
  std::vector<ScriptFamily> out;
  std::error_code ignored;
  for (const std::string& name : list_submissions(root))
    if (fs::exists(root / name / kVariablesFile, ignored)) out.push_back(load_family(root / name));
  return out;
}

FieldValue field_value(const ScriptVariable& v, const std::function<std::string(const std::string&)>& text_of) {
  const std::string text = text_of(v.name);
  const std::string_view plain = truth(text);
  std::optional<Json> value;
  if (!v.only_with.empty() && truth(text_of(v.only_with)) == "0") {
    if (!v.off) return {};
    value = v.off;
  } else if (!v.values.empty()) {
    for (const auto& [key, mapped] : v.values)
      if (key == plain) value = mapped;
  } else {
    std::optional<double> number = number_of(plain);
    const auto factor = v.times.empty() ? std::optional(1.0) : number_of(text_of(v.times));
    if (number) number = factor ? std::optional(without_rounding(*number * *factor)) : std::nullopt;
    if (number && v.one_minus) number = without_rounding(1 - *number);
    value = typed(config_field(v.field).type, plain, number, !v.times.empty());
  }
  if (!value) return {{}, fmt::format("'{}' is no value of {} that is known", text, v.field)};
  const Field& field = config_field(v.field);
  Config scratch;
  if (!field.put(scratch, *value)) return {{}, fmt::format("'{}' is no value of {}", text, v.field)};
  const std::string problem = field.limit.problem(*value);
  if (!problem.empty()) return {{}, fmt::format("{}: {}", v.field, problem)};
  return {field.get(scratch), ""};
}

bool same_setting(std::string_view a, std::string_view b) {
  a = truth(a), b = truth(b);
  if (a == b) return true;
  const auto x = number_of(a), y = number_of(b);
  return x && y && *x == *y;
}

}  // namespace pgolf
