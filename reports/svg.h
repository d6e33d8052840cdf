// Inline SVG, written in one pass. Colours come from the page's style sheet through classes, so a chart follows dark
// mode and print; every text is escaped.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace pgolf {

std::string escape_xml(std::string_view text);  // & < > " ' and control characters

enum class Anchor { start, middle, end };

class Svg {
 public:
  // `title` is what a screen reader says.
  Svg(double width, double height, std::string_view title);

  void text(double x, double y, std::string_view text, std::string_view css = "tick", Anchor anchor = Anchor::start);
  void line(double x1, double y1, double x2, double y2, std::string_view css);
  // `hint` is shown by a browser on hovering; "" for none.
  void rect(double x, double y, double width, double height, std::string_view css, std::string_view hint = "");
  void circle(double x, double y, double radius, std::string_view css, std::string_view hint = "");
  // Points in pixels; one that is not finite breaks the line.
  struct Point {
    double x, y;
  };
  void path(const std::vector<Point>& points, std::string_view css);

  // What is drawn between the two is cut off at the rectangle.
  void begin_clip(double x, double y, double width, double height);
  void end_clip();

  std::string finish() const { return body_ + "</svg>"; }

 private:
  std::string body_;
};

// Width of a text in pixels at the size of the style sheet's `tick`; an estimate, on the safe side.
double text_width(std::string_view text);

}  // namespace pgolf
