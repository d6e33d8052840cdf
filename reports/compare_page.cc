#include <fmt/format.h>

#include "reports/escape.h"
#include "reports/page_data.h"
#include "reports/pages.h"
#include "templates.h"

namespace pgolf {

std::string compare_page(const CompareView& compare) {
  auto data = object({{"a", compare.a},
                      {"b", compare.b},
                      {"metric", compare.metric},
                      {"unit", compare.unit},
                      {"outcome", compare.outcome},
                      {"status", compare.status},
                      {"conclusion", compare.conclusion},
                      {"interval", compare.interval},
                      {"spread", spread_chart(compare.spread, compare.metric + ", " + compare.unit)}});
  data.set("has_gain", PageData(compare.gain.has_value()));
  if (compare.gain) {
    data.set("gain", PageData(gain_chart(*compare.gain)));
    data.set("level", PageData(compare.gain->level));
  }
  set_list(data, "mixed", compare.mixed, [](const std::string& text) { return object({{"text", text}}); });
  set_list(data, "notes", compare.notes, [](const std::string& text) { return object({{"text", text}}); });
  set_list(data, "statements", compare.statements, [](const NamedText& t) {
    return object({{"name", t.name}, {"text", t.text}});
  });
  set_list(data, "runs", compare.runs, [](const ComparedRun& run) {
    return object({{"group", run.group},
                   {"run", run.run_id},
                   {"seed", run.seed ? std::to_string(*run.seed) : "-"},
                   {"value", fmt::format("{:.6f}", run.value)}});
  });
  set_list(data, "differences", compare.differences, [](const CompareView::Difference& d) {
    return object({{"field", d.field}, {"a", d.a}, {"b", d.b}});
  });
  data.set("has_curves", PageData(!compare.curves.empty()));
  data.set("curves", PageData(line_chart({"Training loss by step", "optimizer step", "training loss, nats per token",
                                          compare.curves, true, true})));
  return whole_page(compare.a + " against " + compare.b, render(templates::kCompare, data),
                    "Drawn by pgolf from its record.");
}

std::string compare_markdown(const CompareView& compare) {
  std::string out =
      fmt::format("# {} against {}\n\n**{}** on {}: {}\n", markdown_text(compare.a), markdown_text(compare.b),
                  markdown_text(compare.outcome), markdown_text(compare.metric), markdown_text(compare.conclusion));
  for (const auto& reason : compare.mixed) out += fmt::format("\n> **Mixed.** {}\n", markdown_text(reason));
  if (!compare.notes.empty()) out += "\n";
  for (const auto& note : compare.notes) out += fmt::format("- {}\n", markdown_text(note));
  out += "\n| | |\n|---|---|\n";
  for (const auto& s : compare.statements)
    out += fmt::format("| {} | {} |\n", markdown_text(s.name), markdown_text(s.text));
  out += fmt::format("\n| group | run | seed | {} |\n|---|---|--:|--:|\n", markdown_text(compare.metric));
  for (const auto& run : compare.runs)
    out += fmt::format("| {} | {} | {} | {:.6f} |\n", markdown_text(run.group), markdown_text(run.run_id),
                       run.seed ? std::to_string(*run.seed) : "-", run.value);
  return out;
}

std::string compare_csv(const CompareView& compare) {
  std::string out = csv_line({"group", "run_id", "seed", compare.metric});
  for (const auto& run : compare.runs)
    out += csv_line({run.group, run.run_id, run.seed ? std::to_string(*run.seed) : "", fmt::format("{}", run.value)});
  return out;
}

}  // namespace pgolf
