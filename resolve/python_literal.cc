#include "resolve/python_literal.h"

#include <cctype>

#include "base/ascii.h"

namespace pgolf {
namespace {

// A place in a script, from which literals are read.
class Literals {
 public:
  Literals(std::string_view text, size_t at) : text_(text), at_(at) {}

  // Literals side by side are one; nullopt if there is none.
  std::optional<std::string> read() {
    std::optional<std::string> out;
    for (skip_blanks(); const auto quote = opening(); skip_blanks()) {
      const auto part = until(*quote);
      if (!part) return std::nullopt;
      out = out.value_or("") + *part;
    }
    return out;
  }

  std::string_view name() {
    skip_blanks();
    const size_t start = at_;
    while (at_ < text_.size() && is_word(text_[at_])) ++at_;
    return text_.substr(start, at_ - start);
  }

  bool takes_out_line_breaks() const {
    constexpr std::string_view kReplace = ".replace(";
    if (text_.substr(at_, kReplace.size()) != kReplace) return false;
    const std::string_view arguments = text_.substr(at_ + kReplace.size(), 12);
    return arguments.find("\\n") != std::string_view::npos;
  }

 private:
  struct Quote {
    std::string_view mark;  // ' " ''' """
    bool raw;
  };

  void skip_blanks() {
    while (at_ < text_.size() && (std::isspace(static_cast<unsigned char>(text_[at_])) || text_[at_] == '\\')) ++at_;
  }

  // Steps over a prefix and the quotation mark.
  std::optional<Quote> opening() {
    size_t at = at_;
    bool raw = false;
    for (; at < text_.size() && at < at_ + 2 && std::string_view("bBrRuU").find(text_[at]) != std::string_view::npos;
         ++at)
      raw |= text_[at] == 'r' || text_[at] == 'R';
    if (at >= text_.size() || (text_[at] != '"' && text_[at] != '\'')) return std::nullopt;
    const std::string_view three = text_.substr(at, 3);
    const bool triple = three == "\"\"\"" || three == "'''";
    const Quote out{text_.substr(at, triple ? 3 : 1), raw};
    at_ = at + out.mark.size();
    return out;
  }

  std::optional<std::string> until(const Quote& quote) {
    std::string out;
    while (at_ < text_.size() && text_.substr(at_, quote.mark.size()) != quote.mark) {
      if (text_[at_] == '\n' && quote.mark.size() == 1) return std::nullopt;
      if (text_[at_] == '\\' && !quote.raw)
        escape(out);
      else
        out += text_[at_++];
    }
    if (at_ >= text_.size()) return std::nullopt;
    at_ += quote.mark.size();
    return out;
  }

  // An unknown escape stands for itself; numbers are none in what encodes bytes as text.
  void escape(std::string& out) {
    const char next = at_ + 1 < text_.size() ? text_[at_ + 1] : '\0';
    at_ += 2;
    if (next == 'n')
      out += '\n';
    else if (next == '\\' || next == '"' || next == '\'')
      out += next;
    else if (next != '\n')
      (out += '\\') += next;
  }

  std::string_view text_;
  size_t at_;
};

// Behind `NAME =`, at the start of a statement; npos if it is never assigned.
size_t assignment_of(std::string_view script, std::string_view name) {
  for (size_t at = script.find(name); at != std::string_view::npos; at = script.find(name, at + 1)) {
    if (at > 0 && script[at - 1] != '\n' && script[at - 1] != ';') continue;
    size_t end = at + name.size();
    while (end < script.size() && script[end] == ' ') ++end;
    if (end + 1 < script.size() && script[end] == '=' && script[end + 1] != '=') return end + 1;
  }
  return std::string_view::npos;
}

}  // namespace

std::optional<Argument> argument_of(std::string_view script, std::string_view function) {
  const std::string call = std::string(function) + "(";
  const size_t at = script.find(call);
  if (at == std::string_view::npos) return std::nullopt;
  Literals argument(script, at + call.size());
  std::optional<std::string> out = argument.read();
  const bool by_name = !out;
  if (by_name) {
    const std::string_view name = argument.name();
    const size_t assigned = name.empty() ? std::string_view::npos : assignment_of(script, name);
    if (assigned == std::string_view::npos) return std::nullopt;
    out = Literals(script, assigned).read();
  }
  if (out && argument.takes_out_line_breaks()) std::erase(*out, '\n');
  return out ? std::optional(Argument{std::move(*out), by_name}) : std::nullopt;
}

}  // namespace pgolf
