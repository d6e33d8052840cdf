// JSON of file headers that strangers may have written: duplicate keys, deep nesting and huge numbers are refused.
#pragma once

#include <nlohmann/json.hpp>

#include <string>
#include <string_view>

namespace pgolf {

using HeaderJson = nlohmann::json;  // sorted keys: a hostile header of a million names stays cheap

// Parses an object nested at most `max_depth` deep. Errors: submission, "<origin>: <what> ...".
HeaderJson parse_header_json(std::string_view text, std::string_view origin, std::string_view what, int max_depth);

// A name from a file as a message may show it: quoted, one line, of bounded length.
std::string shown_name(std::string_view name);

}  // namespace pgolf
