#include "profiling/readable_name.hpp"

#include <cxxabi.h>

#include <cctype>
#include <cstdlib>
#include <memory>

namespace labstore::profiling {
namespace {

constexpr std::size_t arguments_size_max = 32;
constexpr std::string_view operator_word = "operator";

void replace_all(std::string& text, std::string_view old_part, std::string_view new_part) {
    for (std::size_t at = 0; (at = text.find(old_part, at)) != std::string::npos; at += new_part.size())
        text.replace(at, old_part.size(), new_part);
}

bool is_word(char c) noexcept {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_';
}

/// Behind the word "operator": its punctuation belongs to the name.
bool after_operator(std::string_view text) noexcept {
    while (!text.empty() && std::string_view("<>=-()").find(text.back()) != std::string_view::npos)
        text.remove_suffix(1);
    if (!text.ends_with(operator_word))
        return false;
    text.remove_suffix(operator_word.size());
    return text.empty() || !is_word(text.back());
}

/// Where the bracket that opens at `start` is closed; the end of the text when it is not.
std::size_t closing(std::string_view text, std::size_t start) noexcept {
    std::size_t depth = 0;
    for (std::size_t at = start; at < text.size(); ++at) {
        const char c = text[at];
        const bool arrow = c == '>' && at > 0 && text[at - 1] == '-';
        if (c == '(' || c == '<' || c == '[' || c == '{')
            ++depth;
        else if (((c == '>' && !arrow) || c == ')' || c == ']' || c == '}') && --depth == 0)
            return at;
    }
    return text.size() - 1;
}

/// Without what stands in parentheses; long template arguments become "<...>".
std::string without_parameters(std::string_view text) {
    std::string out;
    for (std::size_t at = 0; at < text.size(); ++at) {
        const char c = text[at];
        if (text.substr(at).starts_with("()") && out.ends_with(operator_word) && after_operator(out)) {
            out += "()";
            ++at;
        } else if (c == '(') {
            at = closing(text, at);
        } else if (c == '<' && !(after_operator(out) && !out.ends_with(')')) && !out.ends_with("{lambda")) {
            const std::size_t end = closing(text, at);
            const std::string_view inside = text.substr(at, end - at + 1);
            out += inside.size() > arguments_size_max ? std::string_view("<...>") : inside;
            at = end;
        } else {
            out.push_back(c);
        }
    }
    return out;
}

/// Cuts what stands before the last blank outside of brackets: the return type.
void cut_return_type(std::string& text) {
    std::size_t depth = 0;
    for (std::size_t at = text.size(); at-- > 0;) {
        const char c = text[at];
        const std::string_view before = std::string_view(text).substr(0, at);
        if (c == '>' && !(at > 0 && after_operator(before)))
            ++depth;
        else if (c == '<' && depth > 0)
            --depth;
        else if (c == ' ' && depth == 0 && !after_operator(before)) {
            text.erase(0, at + 1);
            return;
        }
    }
}

/// Takes " [coroutine]" and the like off the end; what is said about clones made by the optimiser is dropped.
std::string take_suffix(std::string_view& text) {
    std::string kept;
    while (text.ends_with(']')) {
        const std::size_t start = text.rfind(" [");
        if (start == std::string_view::npos)
            break;
        const std::string_view suffix = text.substr(start);
        if (suffix.starts_with(" [coroutine"))
            kept = suffix;
        if (!suffix.starts_with(" [clone") && !suffix.starts_with(" [coroutine"))
            break;
        text = text.substr(0, start);
    }
    return kept;
}

void fold_own_namespace(std::string& text) {
    constexpr std::string_view own = "labstore::";
    for (std::size_t at = 0; (at = text.find(own, at)) != std::string::npos;) {
        const bool begins = at == 0 || (!is_word(text[at - 1]) && text[at - 1] != ':');
        if (begins)
            text.erase(at, own.size());
        else
            at += own.size();
    }
}

}  // namespace

std::string demangled(std::string_view mangled) {
    const std::string name(mangled);
    int status = 0;
    const std::unique_ptr<char, void (*)(void*)> plain(
        abi::__cxa_demangle(name.c_str(), nullptr, nullptr, &status), &std::free
    );
    if (status != 0)
        return name;
    std::string shown(plain.get());
    replace_all(shown, "(anonymous namespace)::", "");
    replace_all(shown, "[clone .actor]", "[coroutine]");
    replace_all(shown, "[clone .destroy]", "[coroutine end]");
    return shown;
}

std::string readable_name(std::string_view demangled_name) {
    const std::string_view whole = demangled_name;
    const std::string suffix = take_suffix(demangled_name);
    for (const std::string_view tail : {" noexcept", " &&", " &", " volatile", " const"})
        if (demangled_name.ends_with(tail))
            demangled_name.remove_suffix(tail.size());
    std::string name = without_parameters(demangled_name);
    replace_all(name, " const::", "::");
    cut_return_type(name);
    fold_own_namespace(name);
    return name.empty() ? std::string(whole) : name + suffix;
}

}  // namespace labstore::profiling
