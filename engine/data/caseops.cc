#include "engine/data/caseops.h"

#include <algorithm>

#include "base/error.h"
#include "base/utf8.h"

namespace pgolf {
namespace {

bool is_upper(char c) { return c >= 'A' && c <= 'Z'; }
bool is_letter(char c) { return is_upper(c) || (c >= 'a' && c <= 'z'); }
char lower(char c) { return is_upper(c) ? static_cast<char>(c + ('a' - 'A')) : c; }
char upper(char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - ('a' - 'A')) : c; }

void require_utf8(std::string_view text) {
  const size_t bad = first_invalid_utf8(text);
  if (bad != std::string_view::npos) fail(ErrorKind::submission, "CaseOps: the text is not UTF-8 at byte {}", bad);
}

void encode_word(std::string& out, std::string_view word) {
  const bool all_upper = word.size() >= 2 && std::all_of(word.begin(), word.end(), is_upper);
  if (all_upper) {
    append_utf8(out, kAllCaps);
  } else if (is_upper(word[0])) {
    append_utf8(out, kTitle);
  }
  for (size_t i = 0; i < word.size(); ++i) {
    if (i > 0 && !all_upper && is_upper(word[i])) append_utf8(out, kCapNext);
    out += lower(word[i]);
  }
}

// Applies operators where they stand. Accepts more than caseops_encode writes; the caller compares.
std::string apply_operators(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  bool all_caps = false, cap_next = false;
  for (size_t at = 0; at < text.size();) {
    const size_t begin = at;
    char32_t c = next_code_point(text, at);
    if (c == kAllCaps || c == kTitle || c == kCapNext) {
      all_caps = c == kAllCaps, cap_next = !all_caps;
      continue;
    }
    if (c < 0x80 && is_letter(static_cast<char>(c))) {
      const char letter = static_cast<char>(c);
      out += all_caps || cap_next ? upper(letter) : letter;
      cap_next = false;
      continue;
    }
    all_caps = cap_next = false;
    size_t literal = begin;
    if (c == kEscape && at < text.size()) literal = at, c = next_code_point(text, at);
    out += text.substr(literal, at - literal);
  }
  return out;
}

}  // namespace

std::string caseops_encode(std::string_view text) {
  require_utf8(text);
  std::string out;
  out.reserve(text.size() + text.size() / 8);
  for (size_t at = 0; at < text.size();) {
    if (is_letter(text[at])) {
      size_t end = at + 1;
      while (end < text.size() && is_letter(text[end])) ++end;
      encode_word(out, text.substr(at, end - at));
      at = end;
      continue;
    }
    const size_t begin = at;
    if (is_case_operator(next_code_point(text, at))) append_utf8(out, kEscape);
    out += text.substr(begin, at - begin);
  }
  return out;
}

std::string caseops_decode(std::string_view text) {
  require_utf8(text);
  std::string out = apply_operators(text);
  const std::string canonical = caseops_encode(out);
  if (canonical != text) {
    const auto [at, _] = std::mismatch(text.begin(), text.end(), canonical.begin(), canonical.end());
    fail(ErrorKind::submission, "CaseOps: the text is no encoding; an operator or capital is out of place near byte {}",
         at - text.begin());
  }
  return out;
}

}  // namespace pgolf
