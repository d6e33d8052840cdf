// Filling templates. Included by the sources of this room only.
#pragma once

#include <kainjow/mustache.hpp>

#include <optional>
#include <string>
#include <vector>

namespace pgolf {

using PageData = kainjow::mustache::data;

// An empty text is false to a section, and prints as nothing.
inline PageData text_data(const std::string& text) { return text.empty() ? PageData(false) : PageData(text); }

inline PageData object(std::initializer_list<std::pair<const char*, std::string>> texts) {
  PageData out{PageData::type::object};
  for (const auto& [key, text] : texts) out.set(key, text_data(text));
  return out;
}

template <class T, class F>
PageData list_data(const std::vector<T>& items, F to_data) {
  PageData out{PageData::type::list};
  for (const auto& item : items) out.push_back(to_data(item));
  return out;
}

// Sets `key` to the list and `has_<key>` to whether there is anything in it.
template <class T, class F>
void set_list(PageData& data, const std::string& key, const std::vector<T>& items, F to_data) {
  data.set(key, list_data(items, to_data));
  data.set("has_" + key, PageData(!items.empty()));
}

// The named template of reports/templates, rendered; {{x}} is escaped. `title` and `body` go into the page around it.
std::string render(const char* template_text, const PageData& data);
// `script`, of ours alone: the page's policy lets this text run and no other.
std::string whole_page(const std::string& title, const std::string& body, const std::string& footer,
                       const std::string& script = "");

// "0 to 60 ms" and the like, absent values as "-".
std::string or_dash(const std::optional<double>& value, int decimals);

}  // namespace pgolf
