#include "harness/run/demo_corpus.h"

#include <algorithm>
#include <map>
#include <vector>

#include "base/error.h"
#include "base/file.h"
#include "base/sha256.h"
#include "base/utf8.h"
#include "engine/data/documents.h"

namespace pgolf {
namespace fs = std::filesystem;
namespace {

constexpr size_t kShortestSection = 300;  // bytes; shorter ones are cross-references

std::string escape_text(std::string_view name) {
  if (name == "lt") return "<";
  if (name == "gt") return ">";
  if (name == "sol") return "/";
  if (name == "verbar") return "|";
  return std::string(name);
}

// What a formatting code shows: L<text|target> its text, E<name> a character, X<...> and Z<> nothing, others their
// content.
std::string code_text(char code, std::string_view content) {
  if (code == 'X' || code == 'Z') return "";
  if (code == 'E') return escape_text(content);
  if (code == 'L') content = content.substr(0, content.find('|'));
  return std::string(content);
}

// Replaces formatting codes from the inside out, so that nested ones come out right. C<< a->b >> has wider brackets.
std::string strip_codes(std::string text) {
  for (size_t at = 0; (at = text.find('<', at)) != std::string::npos;) {
    if (at == 0 || text[at - 1] < 'A' || text[at - 1] > 'Z') {
      ++at;
      continue;
    }
    size_t width = 1;
    while (at + width < text.size() && text[at + width] == '<') ++width;
    const std::string open(width, '<'), close = width == 1 ? ">" : " " + std::string(width, '>');
    size_t end = at + width;
    if (width == 1)  // the matching bracket, past nested codes
      for (int depth = 1; end < text.size(); ++end) {
        if (text[end] == '<' && text[end - 1] >= 'A' && text[end - 1] <= 'Z') ++depth;
        if (text[end] == '>' && --depth == 0) break;
      }
    else
      end = text.find(close, at);
    if (end == std::string::npos || end >= text.size()) return text;
    std::string inner = strip_codes(text.substr(at + width, end - at - width));
    if (width > 1) inner.erase(0, inner.find_first_not_of(' '));
    const std::string shown = code_text(text[at - 1], inner);
    text.replace(at - 1, end + close.size() - at + 1, shown);
    at = at - 1 + shown.size();
  }
  return text;
}

std::vector<std::string> paragraphs(std::string_view pod) {
  std::vector<std::string> out(1);
  for (size_t at = 0; at < pod.size();) {
    const size_t end = std::min(pod.find('\n', at), pod.size());
    const std::string_view line = pod.substr(at, end - at);
    if (line.find_first_not_of(" \t\r") == std::string_view::npos) {
      if (!out.back().empty()) out.emplace_back();
    } else {
      out.back().append(line).push_back('\n');
    }
    at = end + 1;
  }
  return out;
}

// The text of a command paragraph, or nothing for one that shows nothing.
std::string command_text(const std::string& paragraph) {
  const size_t space = paragraph.find_first_of(" \n");
  const std::string command = paragraph.substr(0, space);
  if (!command.starts_with("=head") && command != "=item") return "";
  std::string text = paragraph.substr(std::min(space + 1, paragraph.size()));
  return text.starts_with("*\n") || text == "*" ? "" : strip_codes(text);
}

// Every run of blanks as one space, as the tokenizer's normalisation has it.
std::string one_line(const std::string& text) {
  std::string out;
  for (const char c : text) {
    const bool blank = c == ' ' || c == '\n' || c == '\t' || c == '\r';
    if (!blank)
      out += c;
    else if (!out.empty() && out.back() != ' ')
      out += ' ';
  }
  if (out.ends_with(' ')) out.pop_back();
  return out;
}

}  // namespace

fs::path manual_directory() {
  std::vector<fs::path> found;
  std::error_code none;
  for (const auto& version : fs::directory_iterator("/usr/share/perl", none))
    if (fs::exists(version.path() / "pod" / "perlfunc.pod", none)) found.push_back(version.path() / "pod");
  if (found.empty())
    fail(ErrorKind::not_found,
         "the demo's text is missing: install the Debian package perl-doc, or name text with --docs FILE");
  return *std::max_element(found.begin(), found.end());
}

std::string pod_to_text(std::string_view pod) {
  std::string out;
  bool hidden = false;  // inside =begin ... =end, for other formatters
  for (const std::string& paragraph : paragraphs(pod)) {
    if (paragraph.starts_with("=begin")) hidden = true;
    const bool verbatim = paragraph.starts_with(' ') || paragraph.starts_with('\t');  // code, no prose
    if (!hidden && !verbatim && !paragraph.empty()) {
      const std::string text = one_line(paragraph[0] == '=' ? command_text(paragraph) : strip_codes(paragraph));
      if (!text.empty()) out += (out.empty() ? "" : "\n") + text;
    }
    if (paragraph.starts_with("=end")) hidden = false;
  }
  return out;
}

int64_t write_demo_corpus(const fs::path& out) {
  std::map<std::string, std::string> sections;  // by hash, so that neighbours in the manual are spread
  for (const auto& page : fs::directory_iterator(manual_directory())) {
    const std::string name = page.path().filename().string();
    if (!name.ends_with(".pod") || name.ends_with("delta.pod") || name == "perltoc.pod") continue;
    const std::string pod = read_text(page.path());
    if (first_invalid_utf8(pod) != std::string::npos) continue;
    for (size_t at = 0; at < pod.size();) {
      size_t end = pod.find("\n=head", at);
      end = end == std::string::npos ? pod.size() : end + 1;
      if (const std::string text = pod_to_text(std::string_view(pod).substr(at, end - at));
          text.size() >= kShortestSection)
        sections[sha256_hex(text)] = text;
      at = end;
    }
  }
  std::string lines;
  int64_t documents = 0;
  for (const auto& [hash, text] : sections) {
    lines += document_line(text);
    ++documents;
  }
  write_file_atomic(out, lines);
  return documents;
}

}  // namespace pgolf
