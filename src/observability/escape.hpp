// Text of unknown origin made fit for a line of log. Nothing that comes out can end a line, move a terminal's
// cursor or turn the reading direction, whatever went in.
#pragma once

#include <string>
#include <string_view>

namespace labstore::log {

/// Appends the inside of a JSON string (without its quotes), always valid UTF-8: a byte that is not becomes
/// U+FFFD.
void append_json_escaped(std::string& out, std::string_view text);

/// Appends a word of the text format: as it is when it is plain, else in quotes with escapes, and a byte that
/// is not valid UTF-8 as \xNN.
void append_text_word(std::string& out, std::string_view text);

/// The same without ever quoting, for phrases where blanks are welcome.
void append_text_phrase(std::string& out, std::string_view text);

}  // namespace labstore::log
