// The page of a sweep: a table of variants, and of an ablation a chart of what each technique gains and costs.
#pragma once

#include <string>
#include <vector>

#include "reports/charts.h"

namespace pgolf {

struct SweepView {
  std::string title, metric, unit;
  std::vector<std::string> notes;
  std::vector<EffectRow> effects;  // of an ablation, the largest gain first
  std::vector<SpreadRow> spread;
  struct Cells {
    std::vector<std::string> texts;
  };
  std::vector<std::string> effect_columns, row_columns;
  std::vector<Cells> effect_rows, rows;
};

std::string sweep_page(const SweepView& view);
std::string sweep_markdown(const SweepView& view);
std::string sweep_csv(const SweepView& view);  // its rows

}  // namespace pgolf
