#include "archive/adopt.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "archive/found_settings.h"
#include "archive/python_functions.h"
#include "archive/script_code.h"
#include "base/ascii.h"
#include "base/error.h"
#include "engine/config/fields.h"

namespace pgolf {
namespace {

constexpr size_t kMost = 1000, kMostOutside = 20'000;
constexpr int64_t kLeastTokens = 12;  // as script_code: less is a getter, alike everywhere

std::vector<WholeFunction> functions_of(std::string_view script) {
  std::vector<WholeFunction> out = whole_functions(script, kMost);
  std::erase_if(out, [](const WholeFunction& f) { return f.tokens < kLeastTokens; });
  return out;
}

bool occurs_as_word(std::string_view text, std::string_view word) {
  for (size_t at = text.find(word); at != std::string_view::npos; at = text.find(word, at + 1)) {
    const size_t end = at + word.size();
    if ((at == 0 || !is_word(text[at - 1])) && (end == text.size() || !is_word(text[end]))) return true;
  }
  return false;
}

class Adopter {
 public:
  Adopter(const Kinship& kinship, const Config& config, std::string_view script, const std::string& name,
          const FoundSettings& found)
      : family_(*kinship.family), config_(config), script_(script), name_(shown_name(name)), found_(found) {
    out_.kinship = kinship;
  }

  Adoption run(const std::vector<std::string>& other_files) {
    if (!found_.logged)
      miss("unproven", "what the run was set to",
           "no log prints its settings; what no command tells is the script's default", "");
    for (const ScriptVariable& v : family_.variables) found_.by_name.contains(v.name) ? take(v) : take_absent(v);
    for (const auto& [name, setting] : found_.by_name) take_new(name, setting);
    take_functions(), take_outside();
    for (const std::string& file : other_files)
      if (!family_.files.contains(file)) miss("file", file, "other code, which is not looked at", file);
    return std::move(out_);
  }

 private:
  void miss(const char* kind, std::string what, std::string why, std::string where) {
    const NotExpressed entry{kind, std::move(what), std::move(why), std::move(where)};
    if (std::find(out_.missing.begin(), out_.missing.end(), entry) == out_.missing.end()) out_.missing.push_back(entry);
  }
  std::string at(int64_t line) const { return fmt::format("{}:{}", name_, line); }

  // What a variable was set to; of one that the script does not read, what the family ran with.
  std::string text_of(const std::string& name) const {
    const ScriptVariable* known = family_.variable(name);
    const auto it = found_.by_name.find(name);
    if (it == found_.by_name.end()) return known ? known->ran : "";
    // an expression that the family has too: its value is the family's where its parts are
    const bool same = known && it->second.is_default && it->second.text == known->standard;
    return same && !same_setting(known->standard, known->ran) && is_expression(*known) ? known->ran : it->second.text;
  }

  static bool is_expression(const ScriptVariable& v) {
    return !v.field.empty() && !field_value(v, [&](const std::string& name) {
                                  return name == v.name ? v.standard : std::string("1");
                                }).problem.empty();
  }

  void take(const ScriptVariable& v) {
    const FoundSetting& s = found_.by_name.at(v.name);
    const std::string what = fmt::format("{} = {}", v.name, s.text.empty() ? "''" : s.text);
    if (!s.contradiction.empty()) miss("unproven", what, s.contradiction, s.where);
    if (v.field.empty() && !family_.is_part(v.name)) {
      if (!same_setting(text_of(v.name), v.ran))
        miss("variable", what, fmt::format("{} ran with {}; {}", family_.submission, shown(v.ran), v.reason), s.where);
      return;
    }
    if (s.is_default && !same_setting(v.standard, v.ran) && !is_expression(v))
      miss("unproven", what,
           fmt::format("a default; {} ran with {} by its command line, and nothing tells what this ran with",
                       family_.submission, shown(v.ran)),
           s.where);
    if (v.field.empty()) return;
    const FieldValue value = field_value(v, [this](const std::string& name) { return text_of(name); });
    if (!value.problem.empty()) return miss("variable", what, value.problem, s.where);
    set(v, value.value, s);
  }

  void set(const ScriptVariable& v, const Json& value, const FoundSetting& s) {
    if (value.is_null() || value == config_field(v.field).get(config_)) return;
    if (s.is_default && found_.logged && same_setting(v.standard, v.ran))
      miss("unproven", fmt::format("{} = {}", v.name, shown(s.text)),
           "the script's default; neither the log nor a command tells what it ran with", s.where);
    // where a switch or a factor made the difference, it is named too
    std::string text = s.text;
    for (const std::string& other : {v.times, v.only_with})
      if (!other.empty()) text += fmt::format(" with {} = {}", other, text_of(other));
    out_.fields.push_back({v.field, value, v.name, text, s.where});
  }

  static std::string shown(const std::string& text) { return text.empty() ? "''" : text; }

  // A variable that the script does not read: its technique is absent if nothing of its name occurs, else its value is
  // written into the code, where nobody looks for it.
  void take_absent(const ScriptVariable& v) {
    const bool occurs = occurs_as_word(script_, v.attribute) || occurs_as_word(script_, v.name);
    if (v.field.empty()) {
      if (occurs && !family_.is_part(v.name))
        miss("variable", v.name, "not read, though its name occurs: " + v.reason, name_);
      return;
    }
    const Json here = config_field(v.field).get(config_);
    const ScriptVariable* on = family_.variable(v.only_with);
    if (!v.off && on && !found_.by_name.contains(on->name) && !occurs_as_word(script_, on->attribute)) return;
    if (v.off && !occurs) {
      if (here == *v.off) return;
      miss("assumed", fmt::format("{} = {}", v.field, v.off->dump()),
           fmt::format("{} is not read and {} occurs nowhere: taken as off", v.name, v.attribute), name_);
      out_.fields.push_back({v.field, *v.off, v.name, "not read", name_});
    } else {
      miss("assumed", fmt::format("{} = {}", v.field, here.dump()),
           fmt::format("{} is not read: kept as {} ran", v.name, family_.submission), name_);
    }
  }

  void take_new(const std::string& name, const FoundSetting& s) {
    if (family_.variable(name) || family_.ignored.contains(name)) return;
    miss("variable", fmt::format("{} = {}", name, shown(s.text)),
         fmt::format("{} has no such variable", family_.submission), s.where);
  }

  void take_functions() {
    std::set<uint32_t> code, exact, here;
    std::set<std::string> names, names_here;
    for (const KnownFunction& f : family_.functions)
      code.insert(f.hash), exact.insert(f.exact_hash), names.insert(f.name);
    for (const WholeFunction& f : functions_of(script_)) {
      here.insert(f.hash), names_here.insert(f.name);
      if (exact.contains(f.exact_hash)) continue;
      const std::string name = shown_name(f.owner.empty() ? f.name : f.owner + "." + f.name);
      if (code.contains(f.hash))
        miss("text", name, fmt::format("as {}'s but for names or texts", family_.submission), at(f.line));
      else
        miss("function", name, names.contains(f.name) ? fmt::format("not as {}'s", family_.submission) : "new",
             at(f.line));
    }
    for (const KnownFunction& f : family_.functions)
      if (!here.contains(f.hash) && !names_here.contains(f.name))
        miss("function", f.name, fmt::format("{} has it, this script has not", family_.submission), name_);
  }

  // Lines outside of functions that the family has not; what follows each other is one.
  void take_outside() {
    std::set<int64_t> settings;
    for (const CodeSetting& s : script_code(script_).settings) settings.insert(s.line);
    int64_t first = 0, last = 0;
    std::string text;
    const auto tell = [&] {
      if (first == 0) return;
      miss("code", text,
           first == last ? "a line that the family has not"
                         : fmt::format("{} lines that the family has not, to line {}", count_, last),
           at(first));
      first = 0;
    };
    bool follows = false;
    for (const OutsideLine& line : lines_outside(script_, kMostOutside)) {
      if (settings.contains(line.line)) continue;
      if (family_.outside.contains(line.exact_hash)) {
        follows = false;
        continue;
      }
      if (!follows) tell(), first = line.line, text = shown_name(line.text), count_ = 0;
      last = line.line, ++count_, follows = true;
    }
    tell();
  }

  const ScriptFamily& family_;
  const Config& config_;
  std::string_view script_;
  std::string name_;
  const FoundSettings& found_;
  size_t count_ = 0;  // lines of the run of them
  Adoption out_;
};

}  // namespace

std::string Kinship::text() const {
  return fmt::format("{} of {} functions and {} of {} variables are {}'s", equal_functions, functions, known_variables,
                     variables, family->submission);
}

Kinship nearest_family(const std::vector<ScriptFamily>& families, std::string_view script) {
  const std::vector<WholeFunction> functions = functions_of(script);
  const std::vector<CodeSetting> settings = script_code(script).settings;
  Kinship best;
  for (const ScriptFamily& family : families) {
    std::set<uint32_t> known;
    for (const KnownFunction& f : family.functions) known.insert(f.hash);
    Kinship k{&family, 0, functions.size(), 0, settings.size()};
    for (const WholeFunction& f : functions) k.equal_functions += known.contains(f.hash);
    for (const CodeSetting& s : settings)
      k.known_variables += family.variable(s.name) != nullptr || family.ignored.contains(s.name);
    if (!best.family ||
        std::pair(k.equal_functions, k.known_variables) > std::pair(best.equal_functions, best.known_variables))
      best = k;
  }
  return best;
}

const PublishedText* text_named(const std::vector<PublishedText>& texts, const std::string& name) {
  const auto it = std::find_if(texts.begin(), texts.end(), [&](const PublishedText& t) { return t.name == name; });
  return it == texts.end() ? nullptr : &*it;
}

Adoption adopt(const Kinship& kinship, const Config& config, const Publication& publication,
               const std::vector<PublishedText>& texts) {
  const std::string& name = publication.submission.code.file;
  const PublishedText* script = text_named(texts, name);
  check(script, "adopt: {} is not among the texts", name);
  const ScriptCode code = script_code(script->text);
  const FoundSettings found = found_settings(code, name, *kinship.family, texts);
  std::vector<std::string> others = publication.submission.code.others.value_or(std::vector<std::string>());
  std::erase_if(others, [](const std::string& other) { return other.ends_with(".sh"); });  // read for its settings
  return Adopter(kinship, config, script->text, name, found).run(others);
}

}  // namespace pgolf
