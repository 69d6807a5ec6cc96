#include "admin/pprof_pages.hpp"

#include <algorithm>
#include <array>
#include <ctime>
#include <utility>

namespace labstore::admin {
namespace {

constexpr std::string_view head =
    "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>LabStore "
    "profiling</title><style>"
    "body{font:14px/1.5 system-ui,sans-serif;margin:24px;max-width:64em;color:#1c2430}"
    "td,th{padding:3px 18px 3px 0;text-align:left;vertical-align:top}code{font-size:13px}"
    "</style></head><body>\n";

struct entry {
    std::string_view target;
    std::string_view what;
};

constexpr auto entries = std::to_array<entry>({
    {"flamegraph?seconds=10", "flame graph of ten seconds of CPU time, in this browser"},
    {"flamegraph?kind=heap", "flame graph of live memory"},
    {"flamegraph?kind=allocs&seconds=10", "flame graph of what ten seconds allocate"},
    {"flamegraph?kind=contention&seconds=10", "flame graph of ten seconds of lock waits"},
    {"captures", "the captures kept: look again, download, compare"},
    {"profile?seconds=30", "CPU profile for pprof"},
    {"heap", "live memory, for pprof"},
    {"allocs?seconds=10", "all allocations of ten seconds, freed or not, for pprof"},
    {"growth", "where the heap took memory from the system"},
    {"contention", "waits for our own mutexes since the start (or within ?seconds=N)"},
    {"threadz", "what each thread does now"},
    {"cmdline", "the command line"},
    {"symbol", "names of code addresses (POST 0x1+0x2)"},
});

std::string escaped(std::string_view text) {
    std::string out;
    for (const char c : text) {
        if (c == '&')
            out += "&amp;";
        else if (c == '<')
            out += "&lt;";
        else if (c == '"')
            out += "&quot;";
        else
            out.push_back(c);
    }
    return out;
}

std::string link(const std::string& target, std::string_view words) {
    return "<a href=\"" + escaped(target) + "\">" + escaped(words) + "</a>";
}

std::string time_text(std::chrono::system_clock::time_point time) {
    const std::time_t seconds = std::chrono::system_clock::to_time_t(time);
    std::tm parts{};
    ::gmtime_r(&seconds, &parts);
    std::array<char, 32> text;
    return {text.data(), std::strftime(text.data(), text.size(), "%Y-%m-%d %H:%M:%S UTC", &parts)};
}

std::string decimals(double value) {
    std::array<char, 32> text;
    return {text.data(), static_cast<std::size_t>(std::snprintf(text.data(), text.size(), "%.1f", value))};
}

std::string amount_text(const profiling::profile& one) {
    const auto total = static_cast<double>(one.total());
    const std::string& unit = one.types[one.default_index()].unit;
    if (unit == "nanoseconds")
        return decimals(total / 1e6) + " ms";
    return unit == "bytes" ? decimals(total / 1024) + " KiB" : decimals(total);
}

std::string capture_row(const capture_store::capture& one, const capture_store::capture* before) {
    const std::string id = std::to_string(one.id);
    const double seconds = std::chrono::duration<double>(one.what->duration).count();
    std::string row = "<tr><td>" + id + "</td><td>" + escaped(one.what->kind) + "</td><td>" +
                      time_text(one.what->time) + "</td><td>" + decimals(seconds) + " s</td><td>" +
                      amount_text(*one.what) + "</td><td>" + link("flamegraph?id=" + id, "flame graph") +
                      ", " + link("captures?id=" + id, "download");
    if (before != nullptr)
        row += ", " + link(
                          "flamegraph?id=" + id + "&base=" + std::to_string(before->id),
                          "against " + std::to_string(before->id)
                      );
    return row + "</td></tr>\n";
}

}  // namespace

std::string index_page() {
    std::string page(head);
    page += "<h1>LabStore profiling</h1>\n<table>\n";
    for (const auto& [target, what] : entries)
        page += "<tr><td>" + link(std::string(target), target) + "</td><td>" + escaped(what) + "</td></tr>\n";
    page +=
        "</table>\n<p>On another machine: <code>go tool pprof -http=:8081 "
        "http://HOST:PORT/debug/pprof/profile?seconds=30</code>. "
        "<code>?format=legacy</code> gives the form of gperftools. One CPU capture at a time.</p>\n"
        "</body></html>\n";
    return page;
}

std::string captures_page(const std::vector<capture_store::capture>& captures) {
    std::string page(head);
    page += "<h1>Captures</h1>\n<p>" + link("./", "profiling") + "; the last " +
            std::to_string(capture_store::captures_max) +
            " are kept, in memory.</p>\n<table>\n"
            "<tr><th>id</th><th>kind</th><th>began</th><th>lasted</th><th>total</th><th></th></tr>\n";
    for (auto one = captures.rbegin(); one != captures.rend(); ++one) {
        const auto before = std::find_if(std::next(one), captures.rend(), [one](const auto& each) {
            return each.what->kind == one->what->kind;
        });
        page += capture_row(*one, before == captures.rend() ? nullptr : &*before);
    }
    return page + "</table></body></html>\n";
}

std::string flamegraph_page(const profiling::profile& shown, const profiling::profile* base) {
    constexpr std::string_view place = "{DATA}";
    const std::size_t at = flamegraph_template.find(place);
    LABSTORE_ASSERT(at != std::string_view::npos);
    std::string page(flamegraph_template.substr(0, at));
    page += "{\"main\":" + profiling::encode_flames(shown) +
            ",\"base\":" + (base != nullptr ? profiling::encode_flames(*base) : "null") + "}";
    page += flamegraph_template.substr(at + place.size());
    return page;
}

std::string threads_text(const std::vector<profiling::thread_state>& threads) {
    std::string text = std::to_string(threads.size()) + " threads\n";
    for (const auto& one : threads) {
        text += "\nthread " + std::to_string(one.id) + " \"" + one.name + "\" state " + one.state +
                ", user " + std::to_string(one.user_time.count()) + " ms, system " +
                std::to_string(one.system_time.count()) + " ms";
        if (!one.operation.empty())
            text += ", works for " + one.operation;
        text += one.stack.empty() ? "\n    (no answer: it waits where no signal reaches it)\n" : "\n";
        for (const std::string& frame : one.stack)
            text += "    " + frame + "\n";
    }
    return text;
}

}  // namespace labstore::admin
