// "did you mean": the known word that a mistyped one is closest to.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace pgolf {

// By edit distance: a third of the letters or two may differ, of a short word one; "" if none is close.
std::string most_similar(std::string_view word, const std::vector<std::string>& known);

// "; did you mean 'x'?", or "".
std::string did_you_mean(std::string_view word, const std::vector<std::string>& known);

}  // namespace pgolf
