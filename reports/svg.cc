#include "reports/svg.h"

#include <fmt/format.h>

#include <cmath>

#include "base/message.h"

namespace pgolf {
namespace {

// A tenth of a pixel is finer than any screen and keeps pages small.
std::string px(double value) {
  if (!std::isfinite(value)) return "0";
  std::string text = fmt::format("{:.1f}", value);
  if (text.ends_with(".0")) text.resize(text.size() - 2);
  return text == "-0" ? "0" : text;
}

std::string hint_element(std::string_view hint) {
  return hint.empty() ? "" : fmt::format("<title>{}</title>", escape_xml(hint));
}

}  // namespace

std::string escape_xml(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (const char c : readable(text, "\n\r\t")) {
    switch (c) {
      case '&': out += "&amp;"; break;
      case '<': out += "&lt;"; break;
      case '>': out += "&gt;"; break;
      case '"': out += "&quot;"; break;
      case '\'': out += "&#39;"; break;
      default: out += static_cast<unsigned char>(c) < 0x20 && c != '\n' && c != '\t' ? ' ' : c;
    }
  }
  return out;
}

Svg::Svg(double width, double height, std::string_view title) {
  constexpr double kNarrow = 600;  // a wider chart is scrolled on a small screen, or its text could not be read
  body_ = fmt::format(
      "<svg class=\"chart{}\" viewBox=\"0 0 {} {}\" role=\"img\" aria-label=\"{}\" "
      "xmlns=\"http://www.w3.org/2000/svg\">",
      width > kNarrow ? " wide" : "", px(width), px(height), escape_xml(title));
}

void Svg::text(double x, double y, std::string_view text, std::string_view css, Anchor anchor) {
  const char* names[] = {"start", "middle", "end"};
  const auto* where = names[static_cast<int>(anchor)];
  body_ += fmt::format("<text class=\"{}\" x=\"{}\" y=\"{}\" text-anchor=\"{}\">{}</text>", css, px(x), px(y), where,
                       escape_xml(text));
}

void Svg::line(double x1, double y1, double x2, double y2, std::string_view css) {
  body_ +=
      fmt::format("<line class=\"{}\" x1=\"{}\" y1=\"{}\" x2=\"{}\" y2=\"{}\"/>", css, px(x1), px(y1), px(x2), px(y2));
}

void Svg::rect(double x, double y, double width, double height, std::string_view css, std::string_view hint) {
  body_ += fmt::format("<rect class=\"{}\" x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\">{}</rect>", css, px(x), px(y),
                       px(std::max(0.0, width)), px(std::max(0.0, height)), hint_element(hint));
}

void Svg::circle(double x, double y, double radius, std::string_view css, std::string_view hint) {
  body_ += fmt::format("<circle class=\"{}\" cx=\"{}\" cy=\"{}\" r=\"{}\">{}</circle>", css, px(x), px(y), px(radius),
                       hint_element(hint));
}

void Svg::path(const std::vector<Point>& points, std::string_view css) {
  std::string d;
  bool pen_down = false;
  for (const auto& p : points) {
    if (!std::isfinite(p.x) || !std::isfinite(p.y)) {
      pen_down = false;
      continue;
    }
    d += fmt::format("{}{} {}", pen_down ? "L" : "M", px(p.x), px(p.y));
    pen_down = true;
  }
  if (!d.empty()) body_ += fmt::format("<path class=\"{}\" d=\"{}\"/>", css, d);
}

void Svg::begin_clip(double x, double y, double width, double height) {
  // A nested <svg> clips without an id, which would have to be unique over the page.
  body_ += fmt::format("<svg x=\"{0}\" y=\"{1}\" width=\"{2}\" height=\"{3}\" viewBox=\"{0} {1} {2} {3}\">", px(x),
                       px(y), px(width), px(height));
}

void Svg::end_clip() { body_ += "</svg>"; }

double text_width(std::string_view text) {
  double characters = 0;
  for (const char c : text) characters += (c & 0xC0) != 0x80;  // code points
  return 6.6 * characters;
}

}  // namespace pgolf
