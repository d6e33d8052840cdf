// What every page must hold: closed tags, and nothing that is loaded from elsewhere or runs.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cctype>
#include <set>
#include <string>
#include <vector>

namespace pgolf {

// What a stranger may have written.
inline const std::string kHostile = "<script>alert('x')</script>\" onload=\"evil()\" {{style}} | `code` \n=cmd()";

// Names the first tag that is not closed where it should be; "" for a well-formed page.
inline std::string unbalanced(const std::string& html) {
  static const std::set<std::string> kVoid{"meta", "br", "hr", "img", "input", "!doctype"};
  std::vector<std::string> open;
  for (size_t at = html.find('<'); at != std::string::npos; at = html.find('<', at + 1)) {
    const size_t end = html.find('>', at);
    if (end == std::string::npos) return "an open '<'";
    std::string tag = html.substr(at + 1, end - at - 1);
    const bool closing = tag.starts_with("/"), self_closing = tag.ends_with("/");
    tag = tag.substr(closing, tag.find_first_of(" /\n", closing) - closing);
    for (char& c : tag) c = static_cast<char>(std::tolower(c));
    if (self_closing || kVoid.contains(tag)) continue;
    if (!closing) {
      open.push_back(tag);
    } else {
      if (open.empty() || open.back() != tag) return "</" + tag + "> after <" + (open.empty() ? "" : open.back()) + ">";
      open.pop_back();
    }
  }
  return open.empty() ? "" : "<" + open.back() + ">";
}

inline void expect_self_contained(const std::string& html) {
  EXPECT_EQ(unbalanced(html), "");
  for (const auto* part : {"<script", "<link", "<iframe", "src=", "url(", "@import", "onload=\"", "{{"})
    EXPECT_THAT(html, testing::Not(testing::HasSubstr(part)));
  EXPECT_THAT(html, testing::HasSubstr("default-src 'none'"));
}

}  // namespace pgolf
