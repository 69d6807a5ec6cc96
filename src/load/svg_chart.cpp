#include "load/svg_chart.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>

namespace labstore::load {
namespace {

constexpr double width = 860;
constexpr double height = 300;
constexpr double left = 70;
constexpr double right = 20;
constexpr double top = 34;
constexpr double bottom = 46;

std::string number(double value) {
    std::array<char, 48> text;
    const char* const format = value >= 1000 ? "%.0f" : "%.4g";
    std::snprintf(text.data(), text.size(), format, value);
    return text.data();
}

std::string coordinate(double value) {
    std::array<char, 48> text;
    std::snprintf(text.data(), text.size(), "%.1f", value);
    return text.data();
}

/// 1, 2 or 5 times a power of ten, so that some five of it reach `range`.
double step_for(double range) {
    const double rough = range / 5;
    const double power = std::pow(10, std::floor(std::log10(rough)));
    for (const double factor : {1.0, 2.0, 5.0})
        if (factor * power >= rough)
            return factor * power;
    return 10 * power;
}

struct frame {
    double x_max;
    double y_max;

    [[nodiscard]] double x(double value) const { return left + value / x_max * (width - left - right); }

    [[nodiscard]] double y(double value) const {
        return height - bottom - std::min(value / y_max, 1.0) * (height - top - bottom);
    }
};

frame frame_of(const chart& drawn) {
    frame out{0, drawn.y_max};
    for (const auto& line : drawn.lines)
        for (const auto& [x, y] : line.points) {
            out.x_max = std::max(out.x_max, x);
            if (drawn.y_max == 0)
                out.y_max = std::max(out.y_max, y * 1.05);
        }
    out.x_max = out.x_max > 0 ? out.x_max : 1;
    out.y_max = out.y_max > 0 ? out.y_max : 1;
    return out;
}

std::string text_at(double x, double y, std::string_view anchor, std::string_view text) {
    return "<text x=\"" + coordinate(x) + "\" y=\"" + coordinate(y) + "\" text-anchor=\"" +
           std::string(anchor) + "\">" + html_text(text) + "</text>\n";
}

std::string line_between(double x1, double y1, double x2, double y2, std::string_view style) {
    return "<line x1=\"" + coordinate(x1) + "\" y1=\"" + coordinate(y1) + "\" x2=\"" + coordinate(x2) +
           "\" y2=\"" + coordinate(y2) + "\" " + std::string(style) + "/>\n";
}

void add_axes(std::string& out, const chart& drawn, const frame& in) {
    for (double at = 0; at <= in.y_max * 1.0001; at += step_for(in.y_max)) {
        out += line_between(left, in.y(at), width - right, in.y(at), "stroke=\"#ddd\"");
        out += text_at(left - 6, in.y(at) + 4, "end", number(at));
    }
    for (double at = 0; at <= in.x_max * 1.0001; at += step_for(in.x_max))
        out += text_at(in.x(at), height - bottom + 16, "middle", number(at));
    out += line_between(left, height - bottom, width - right, height - bottom, "stroke=\"#444\"");
    out += text_at((left + width - right) / 2, height - 10, "middle", drawn.x_title);
    out += text_at(left, top - 18, "start", drawn.title + " (" + drawn.y_title + ")");
}

void add_points(std::string& out, const chart_line& line, const frame& in) {
    if (line.dots) {
        for (const auto& [x, y] : line.points)
            out += "<circle cx=\"" + coordinate(in.x(x)) + "\" cy=\"" + coordinate(in.y(y)) +
                   "\" r=\"3.5\" fill=\"" + line.colour + "\"/>\n";
        return;
    }
    out += "<polyline fill=\"none\" stroke-width=\"1.8\" stroke=\"" + line.colour + "\" points=\"";
    for (const auto& [x, y] : line.points)
        out += coordinate(in.x(x)) + "," + coordinate(in.y(y)) + " ";
    out += "\"/>\n";
}

}  // namespace

std::string html_text(std::string_view text) {
    std::string out;
    for (const char c : text) {
        switch (c) {
            case '&':
                out += "&amp;";
                break;
            case '<':
                out += "&lt;";
                break;
            case '>':
                out += "&gt;";
                break;
            case '"':
                out += "&quot;";
                break;
            default:
                out += c;
        }
    }
    return out;
}

std::string to_svg(const chart& drawn) {
    const auto in = frame_of(drawn);
    std::string out =
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 860 300\" role=\"img\" "
        "font-family=\"sans-serif\" font-size=\"12\" fill=\"#222\">\n<title>" +
        html_text(drawn.title) + "</title>\n";
    add_axes(out, drawn, in);
    for (const auto& [x, name] : drawn.marks) {
        if (x > in.x_max)
            continue;
        out +=
            line_between(in.x(x), top, in.x(x), height - bottom, "stroke=\"#888\" stroke-dasharray=\"4 3\"");
        out += text_at(in.x(x) - 4, top + 10, "end", name);
    }
    double legend = width - right;
    for (const auto& line : drawn.lines) {
        add_points(out, line, in);
        out += "<text x=\"" + coordinate(legend) + "\" y=\"" + coordinate(top - 18) +
               "\" text-anchor=\"end\" fill=\"" + line.colour + "\">" + html_text(line.name) + "</text>\n";
        legend -= 12 + 7.0 * static_cast<double>(line.name.size());
    }
    return out + "</svg>\n";
}

std::string html_page(std::string_view title, std::string_view body) {
    std::string out = "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>";
    out += html_text(title);
    out +=
        "</title>\n<style>body{font:15px/1.45 sans-serif;max-width:900px;margin:2em auto;padding:0 "
        "1em;color:#222}"
        "table{border-collapse:collapse;margin:1em 0}td,th{padding:.25em "
        ".7em;text-align:right;border-bottom:1px solid #ddd}"
        "td:first-child,th:first-child{text-align:left}pre{overflow-x:auto}svg{width:100%;height:auto;margin:"
        ".5em "
        "0}</style></head><body>\n<h1>";
    out += html_text(title);
    out += "</h1>\n";
    out += body;
    return out + "</body></html>\n";
}

}  // namespace labstore::load
