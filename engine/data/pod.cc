#include "engine/data/pod.h"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <utility>

#include "engine/data/utf8.h"

namespace pgolf {
namespace {

bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

std::string to_utf8(std::string_view text) {
  if (first_invalid_utf8(text) == std::string_view::npos) return std::string(text);
  std::string out;
  for (const char c : text) append_utf8(out, static_cast<uint8_t>(c));
  return out;
}

std::string collapsed(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (!is_blank(c))
      out += c;
    else if (!out.empty() && out.back() != ' ')
      out += ' ';
  }
  if (!out.empty() && out.back() == ' ') out.pop_back();
  return out;
}

// E<lt>, E<0x201E>, E<181>; an unknown name stands for itself.
std::string escape_text(std::string_view name) {
  static constexpr std::pair<std::string_view, std::string_view> kNames[] = {
      {"lt", "<"}, {"gt", ">"}, {"verbar", "|"}, {"sol", "/"}, {"eacute", "\xC3\xA9"}, {"mdash", "\xE2\x80\x94"}};
  for (const auto& [key, value] : kNames)
    if (name == key) return std::string(value);
  const bool hex = name.starts_with("0x");
  uint32_t code = 0;
  const auto digits = hex ? name.substr(2) : name;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), code, hex ? 16 : 10);
  const bool valid = code > 0 && code < 0x110000 && (code < 0xD800 || code > 0xDFFF);
  if (error != std::errc() || end != digits.data() + digits.size() || !valid) return std::string(name);
  std::string out;
  append_utf8(out, code);
  return out;
}

// L<text|target> shows its text, L<page/"section"> its section, L<page> the page.
std::string link_text(std::string_view inside) {
  if (const size_t bar = inside.find('|'); bar != std::string_view::npos) return pod_plain_text(inside.substr(0, bar));
  const bool url = inside.find("://") != std::string_view::npos;
  const size_t slash = url ? std::string_view::npos : inside.find('/');
  std::string_view shown = slash == std::string_view::npos ? inside : inside.substr(slash + 1);
  if (shown.size() >= 2 && shown.front() == '"' && shown.back() == '"') shown = shown.substr(1, shown.size() - 2);
  return pod_plain_text(shown);
}

// The end of the code whose content starts at `at`: single brackets nest, wider ones end at " >>" of their width.
size_t code_end(std::string_view text, size_t at, size_t width) {
  if (width > 1) return text.find(std::string(" ") + std::string(width, '>'), at);
  for (int depth = 1; at < text.size(); ++at) {
    if (text[at] == '<' && at > 0 && std::isupper(static_cast<unsigned char>(text[at - 1])) != 0) ++depth;
    if (text[at] == '>' && --depth == 0) return at;
  }
  return std::string_view::npos;
}

std::string code_text(char code, std::string_view inside) {
  switch (code) {
    case 'E': return escape_text(inside);
    case 'L': return link_text(inside);
    case 'X':
    case 'Z': return {};
    default: return pod_plain_text(inside);
  }
}

std::string_view command_of(std::string_view paragraph) {
  const size_t end = std::find_if(paragraph.begin(), paragraph.end(), is_blank) - paragraph.begin();
  return paragraph.substr(1, end - 1);
}

}  // namespace

std::string pod_plain_text(std::string_view text) {
  std::string out;
  for (size_t at = 0; at < text.size();) {
    const bool opens = text[at] >= 'A' && text[at] <= 'Z' && at + 1 < text.size() && text[at + 1] == '<';
    size_t width = 0;
    while (opens && at + 1 + width < text.size() && text[at + 1 + width] == '<') ++width;
    const size_t inside = at + 1 + width;
    const bool spaced = width == 1 || (inside < text.size() && is_blank(text[inside]));
    const size_t end = opens && spaced ? code_end(text, inside, width) : std::string_view::npos;
    if (end == std::string_view::npos) {
      out += text[at++];
      continue;
    }
    out += code_text(text[at], text.substr(inside, end - inside));
    at = end + width + (width > 1 ? 1 : 0);
  }
  return out;
}

std::vector<PodParagraph> pod_paragraphs(std::string_view pod) {
  const std::string text = to_utf8(pod);
  std::vector<PodParagraph> out;
  bool in_pod = false, in_block = false;
  const auto read = [&](std::string_view paragraph) {
    if (paragraph.front() != '=') {
      if (in_pod && !in_block && !is_blank(paragraph.front()))
        out.push_back({false, collapsed(pod_plain_text(paragraph))});
      return;
    }
    const std::string_view command = command_of(paragraph);
    in_pod = command != "cut";
    if (command == "begin") in_block = true;
    if (command == "end") in_block = false;
    if (in_block || (command != "item" && !command.starts_with("head"))) return;
    std::string shown = collapsed(pod_plain_text(paragraph.substr(1 + command.size())));
    if (shown == "*" || shown.find_first_not_of("0123456789.") == std::string::npos) return;  // a bullet or a number
    if (command == "item" && shown.starts_with("* ")) shown.erase(0, 2);
    out.push_back({command == "head1" || command == "head2", std::move(shown)});
  };
  std::string paragraph;
  for (size_t at = 0; at <= text.size();) {
    const size_t end = std::min(text.find('\n', at), text.size());
    const std::string_view line = std::string_view(text).substr(at, end - at);
    const bool blank = line.find_first_not_of(" \t\r") == std::string_view::npos;
    if (!blank) paragraph.append(line) += '\n';
    if ((blank || end == text.size()) && !paragraph.empty()) {
      read(paragraph);
      paragraph.clear();
    }
    at = end + 1;
  }
  std::erase_if(out, [](const PodParagraph& p) { return p.text.empty(); });
  return out;
}

}  // namespace pgolf
