// Line charts as SVG, for pages that stand alone.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace labstore::load {

struct chart_line {
    std::string name;
    std::string colour;  // as CSS has it
    std::vector<std::pair<double, double>> points;
    bool dots = false;  // dots instead of a line
};

struct chart {
    std::string title;
    std::string x_title;
    std::string y_title;
    std::vector<chart_line> lines;
    std::vector<std::pair<double, std::string>> marks;  // vertical lines: where and what
    double y_max = 0;                                   // cuts the axis; 0: as high as the highest point
};

/// An <svg> element, 860 by 300. Both axes begin at 0.
[[nodiscard]] std::string to_svg(const chart& drawn);
/// With & < > " written as entities.
[[nodiscard]] std::string html_text(std::string_view text);
/// A page with a title and our plain style around `body`.
[[nodiscard]] std::string html_page(std::string_view title, std::string_view body);

}  // namespace labstore::load
