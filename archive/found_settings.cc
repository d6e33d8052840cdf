#include "archive/found_settings.h"

#include <fmt/format.h>

#include <algorithm>

#include "archive/publication.h"
#include "base/ascii.h"
#include "base/message.h"
#include "base/utf8.h"
#include "judge/claims/log_text.h"

namespace pgolf {
namespace {

constexpr size_t kMostValue = 80, kMostLines = 200'000;

template <class Use>
void each_line(std::string_view text, Use&& use) {
  for (size_t number = 1; !text.empty() && number <= kMostLines; ++number) {
    const size_t end = std::min(text.find('\n'), text.size());
    use(text.substr(0, end), number);
    text.remove_prefix(std::min(end + 1, text.size()));
  }
}

bool is_name(std::string_view text, char first, char last) {
  return !text.empty() && std::all_of(text.begin(), text.end(),
                                      [&](char c) { return (c >= first && c <= last) || is_digit(c) || c == '_'; });
}

class SettingFinder {
 public:
  SettingFinder(const ScriptCode& code, const std::string& script, const ScriptFamily& family) {
    for (const CodeSetting& s : code.settings) {
      out_.by_name[s.name] = {s.value, fmt::format("{}:{}", shown_name(script), s.line), true, ""};
      const ScriptVariable* known = family.variable(s.name);
      by_attribute_[lower_ascii(known ? known->attribute : s.name)] = s.name;
    }
  }

  // "Hyperparameters:", then "  name: value" a line.
  void take_log(const PublishedText& log) {
    bool inside = false;
    each_line(log.text, [&](std::string_view line, size_t number) {
      if (trimmed(line) == "Hyperparameters:") return void(inside = true);
      const size_t colon = line.find(':');
      if (!inside || !line.starts_with("  ") || colon == std::string_view::npos ||
          !is_name(line.substr(2, colon - 2), 'a', 'z'))
        return void(inside = false);
      out_.logged = true;
      if (const auto name = by_attribute_.find(std::string(line.substr(2, colon - 2))); name != by_attribute_.end())
        put(name->second, trimmed(line.substr(colon + 1)), log.name, number);
    });
  }

  // NAME=value in a block of commands that starts the script.
  void take_readme(const PublishedText& readme) {
    std::vector<std::pair<std::string_view, size_t>> block;
    bool inside = false;
    each_line(readme.text, [&](std::string_view line, size_t number) {
      if (trimmed(line).starts_with("```")) {
        const bool starts = std::any_of(block.begin(), block.end(), [](const auto& l) {
          return l.first.find("torchrun") != std::string_view::npos || l.first.find(".py") != std::string_view::npos;
        });
        if (inside && starts)
          for (const auto& [text, at] : block) take_command(text, readme.name, at);
        inside = !inside, block.clear();
      } else if (inside) {
        block.emplace_back(line, number);
      }
    });
  }

  FoundSettings finish() { return std::move(out_); }

 private:
  void take_command(std::string_view line, const std::string& file, size_t number) {
    if (line.find('#') != std::string_view::npos) line = line.substr(0, line.find('#'));
    while (!(line = trimmed(line)).empty()) {
      const size_t end = std::min(line.find_first_of(" \t"), line.size());
      const std::string_view word = line.substr(0, end);
      const size_t equals = word.find('=');
      if (equals != std::string_view::npos && is_name(word.substr(0, equals), 'A', 'Z')) {
        std::string value(word.substr(equals + 1));
        std::erase_if(value, [](char c) { return c == '"' || c == '\'' || c == '\\' || c == ';'; });
        if (value.find('$') == std::string::npos) put(std::string(word.substr(0, equals)), value, file, number);
      }
      line.remove_prefix(end);
    }
  }

  // The first that says so counts; another value of a later one is told.
  void put(const std::string& name, std::string_view value, const std::string& file, size_t number) {
    const auto it = out_.by_name.find(name);
    if (it == out_.by_name.end()) return;
    FoundSetting& s = it->second;
    const std::string text = as_message(value.substr(0, kMostValue)),
                      where = fmt::format("{}:{}", shown_name(file), number);
    if (s.is_default)
      s = {text, where, false, ""};
    else if (!same_setting(s.text, text) && s.contradiction.empty())
      s.contradiction = fmt::format("{} says {}", where, text);
  }

  FoundSettings out_;
  std::map<std::string, std::string> by_attribute_;
};

}  // namespace

FoundSettings found_settings(const ScriptCode& code, const std::string& script, const ScriptFamily& family,
                             const std::vector<PublishedText>& texts) {
  SettingFinder finder(code, script, family);
  for (const PublishedText& text : texts)
    if (text.kind == "log") finder.take_log(text);
  for (const PublishedText& text : texts)
    if (text.kind == "text") finder.take_readme(text);
  return finder.finish();
}

}  // namespace pgolf
