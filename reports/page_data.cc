#include "reports/page_data.h"

#include <fmt/format.h>

#include "base/error.h"
#include "reports/pages.h"
#include "templates.h"

namespace pgolf {

std::string render(const char* template_text, const PageData& data) {
  kainjow::mustache::mustache page(template_text);
  check(page.is_valid(), "a page template is broken: {}", page.error_message());
  return page.render(data);
}

std::string whole_page(const std::string& title, const std::string& body, const std::string& footer) {
  auto data = object({{"title", title}, {"body", body}, {"footer", footer}});
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
