#include "reports/page_data.h"

#include <fmt/format.h>

#include "base/error.h"
#include "base/message.h"
#include "base/sha256.h"
#include "reports/pages.h"
#include "templates.h"

namespace pgolf {
namespace {

// As a Content-Security-Policy names a script.
std::string sha256_base64(const std::string& text) {
  constexpr char kDigits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  const std::string hex = sha256_hex(text);
  std::string out;
  uint32_t bits = 0;
  int have = 0;
  for (size_t i = 0; i < hex.size(); ++i) {
    const char c = hex[i];
    bits = bits << 4 | static_cast<uint32_t>(c <= '9' ? c - '0' : c - 'a' + 10);
    for (have += 4; have >= 6; have -= 6) out += kDigits[bits >> (have - 6) & 63];
  }
  return out + kDigits[bits << (6 - have) & 63] + "=";  // 256 bits: 42 digits, 4 bits more, one digit of filling
}

}  // namespace

std::string render(const char* template_text, const PageData& data) {
  kainjow::mustache::mustache page(template_text);
  check(page.is_valid(), "a page template is broken: {}", page.error_message());
  page.set_custom_escape(
      [](const std::string& text) { return kainjow::mustache::html_escape(readable(text, "\n\r\t")); });
  return page.render(data);
}

std::string whole_page(const std::string& title, const std::string& body, const std::string& footer,
                       const std::string& script) {
  auto data = object({{"title", title}, {"body", body}, {"footer", footer}, {"script", script}});
  data.set("script_hash", PageData(sha256_base64(script)));
  data.set("style", PageData(std::string(templates::kStyle)));
  return render(templates::kPage, data);
}

std::string or_dash(const std::optional<double>& value, int decimals) {
  return value ? fmt::format("{:.{}f}", *value, decimals) : "-";
}

std::string page_name(const std::string& run_id) {
  std::string out;
  for (const char c : run_id) {
    const bool plain =
        (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.';
    out += plain ? c : '_';
  }
  if (out.empty() || out.front() == '.') out = "run" + out;
  return out.substr(0, 120);
}

}  // namespace pgolf
