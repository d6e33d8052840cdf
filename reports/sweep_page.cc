#include "reports/sweep_page.h"

#include <fmt/ranges.h>

#include "reports/escape.h"
#include "reports/page_data.h"
#include "templates.h"

namespace pgolf {
namespace {

PageData cells(const std::vector<std::string>& texts) {
  return list_data(texts, [](const std::string& text) { return object({{"text", text}}); });
}

void set_table(PageData& data, const std::string& name, const std::vector<std::string>& columns,
               const std::vector<SweepView::Cells>& rows) {
  data.set(name + "_columns", cells(columns));
  set_list(data, name, rows, [](const SweepView::Cells& row) {
    PageData out{PageData::type::object};
    out.set("name", row.texts.front());
    out.set("cells", cells({row.texts.begin() + 1, row.texts.end()}));
    return out;
  });
}

std::string markdown_table(const std::vector<std::string>& columns, const std::vector<SweepView::Cells>& rows) {
  std::string out = fmt::format("\n| {} |\n|", fmt::join(columns, " | "));
  for (size_t i = 0; i < columns.size(); ++i) out += i == 0 ? "---|" : "--:|";
  out += "\n";
  for (const SweepView::Cells& row : rows) {
    out += "|";
    for (const std::string& text : row.texts) out += " " + markdown_text(text) + " |";
    out += "\n";
  }
  return out;
}

}  // namespace

std::string sweep_page(const SweepView& view) {
  auto data = object({{"title", view.title}, {"metric", view.metric}, {"unit", view.unit}});
  data.set("effect_chart", PageData(effect_chart(view.effects, "gain, " + view.unit)));
  data.set("spread", PageData(spread_chart(view.spread, view.metric + ", " + view.unit)));
  set_list(data, "notes", view.notes, [](const std::string& text) { return object({{"text", text}}); });
  set_table(data, "effects", view.effect_columns, view.effect_rows);
  set_table(data, "rows", view.row_columns, view.rows);
  return whole_page(view.title, render(templates::kSweep, data), "Drawn by pgolf from its record. Bytes decimal.");
}

std::string sweep_markdown(const SweepView& view) {
  std::string out = fmt::format("# {}\n", markdown_text(view.title));
  if (!view.notes.empty()) out += "\n";
  for (const std::string& note : view.notes) out += fmt::format("- {}\n", markdown_text(note));
  if (!view.effect_rows.empty()) out += markdown_table(view.effect_columns, view.effect_rows);
  return out + markdown_table(view.row_columns, view.rows);
}

std::string sweep_csv(const SweepView& view) {
  std::string out = csv_line(view.row_columns);
  for (const SweepView::Cells& row : view.rows) out += csv_line(row.texts);
  return out;
}

}  // namespace pgolf
