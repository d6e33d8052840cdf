// Text of unknown origin on its way to a terminal or into the record.
#pragma once

#include <string>

namespace pgolf {

// `text` as one line, whatever a file or an engine has put into it: control characters (line ends, a terminal's
// escapes and turns of the direction of text among them) become '?', and what is beyond 2,000 bytes is left out.
std::string as_message(std::string text);

}  // namespace pgolf
