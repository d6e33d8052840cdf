#include "archive/found_settings.h"

#include <fmt/format.h>

#include <algorithm>

#include "archive/card.h"
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

bool starts_script(std::string_view command) { return has(command, "torchrun") || has(command, ".py"); }

// "X=1 torchrun ...", with a prompt or without; no sentence about one.
bool is_command(std::string_view text) {
  text = trimmed(text);
  if (text.starts_with("$ ")) text.remove_prefix(2);
  for (const std::string_view word : {"env ", "export "})
    if (text.starts_with(word)) text.remove_prefix(word.size());
  const std::string_view first = text.substr(0, text.find(' '));
  return has(first, "=") && is_name(first.substr(0, first.find('=')), 'A', 'Z');
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

  // NAME=value in a block of commands that starts the script, or in a command outside of one: "`X=1 torchrun ...`".
  void take_readme(const PublishedText& readme) {
    Block block;
    bool inside = false, goes_on = false;
    each_line(readme.text, [&](std::string_view line, size_t number) {
      if (trimmed(line).starts_with("```")) {
        if (inside) take_block(block, readme.name);
        inside = !inside, goes_on = false, block.clear();
      } else if (inside) {
        block.emplace_back(line, number);
      } else {
        if (!goes_on) block.clear();
        take_line(line, number, block);
        goes_on = trimmed(line).ends_with('\\');
        if (!goes_on && !block.empty()) take_block(block, readme.name), block.clear();
      }
    });
  }

  // A script of the shell beside it, as far as it starts the script.
  void take_shell(const PublishedText& shell) {
    if (!starts_script(shell.text)) return;
    each_line(shell.text, [&](std::string_view line, size_t number) { take_command(line, shell.name, number); });
  }

  // "env_overrides": {"X": 1} in submission.json.
  void take_card(const PublishedText& card) {
    for (const PrintedValue& v : card_values(card.text)) {
      const size_t dot = v.label.rfind('.');
      if (dot == std::string::npos) continue;
      const std::string_view path = std::string_view(v.label).substr(0, dot);
      if ((has(path, "env") || has(path, "override")) && !has(path, "ablation"))
        put(v.label.substr(dot + 1), v.text, card.name, static_cast<size_t>(v.line));
    }
  }

  FoundSettings finish() { return std::move(out_); }

 private:
  using Block = std::vector<std::pair<std::string_view, size_t>>;  // lines with their numbers

  void take_block(const Block& block, const std::string& file) {
    if (std::any_of(block.begin(), block.end(), [](const auto& line) { return starts_script(line.first); }))
      for (const auto& [text, at] : block) take_command(text, file, at);
  }

  // A line of prose: its code between backticks; a line that is a command, or the next one of it, as a whole.
  static void take_line(std::string_view line, size_t number, Block& block) {
    if (!block.empty() || is_command(line)) return void(block.emplace_back(line, number));
    for (size_t at = line.find('`'); at != std::string_view::npos; at = line.find('`', at + 1)) {
      const size_t end = line.find('`', at + 1);
      if (end == std::string_view::npos) return;
      const std::string_view code = line.substr(at + 1, end - at - 1);
      if (is_command(code) && starts_script(code)) block.emplace_back(code, number);
      at = end;
    }
  }

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
  for (const PublishedText& text : texts)
    if (text.name.ends_with(".sh")) finder.take_shell(text);
  for (const PublishedText& text : texts)
    if (text.kind == "card") finder.take_card(text);
  return finder.finish();
}

}  // namespace pgolf
