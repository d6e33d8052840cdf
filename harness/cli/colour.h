// Colour for a terminal.
#pragma once

#include <string>

namespace pgolf {

// Whether standard output shows colours: a terminal, and neither NO_COLOR nor TERM=dumb says otherwise.
bool shows_colour();

// The words that say how something ended, in green, red and yellow: pass, fail, unknown, warn and their like.
std::string with_colour(const std::string& text);

}  // namespace pgolf
