// Results of mixers: a network's predictions and those of n-gram or PPM counts, in one line of a log.
#pragma once

#include <optional>
#include <string_view>

namespace pgolf {

// Whether a pass is of a mixture, by its name.
bool names_mixture(std::string_view name);

struct MixtureResult {
  std::string_view name, bpb;  // "" where the line leaves open which of its numbers is the result
  std::string_view loss;       // "" where it prints none of the mixture
};
// Of a line that prints bits per byte of several predictors: the one that is named as mixed, or has the plain name
// beside named parts (nn_bpb, ppm_only); of one whose first word names a mixture, its only bits, where it prints no
// loss. nullopt for other lines, and for those of a part of the text (chunk 5/947).
std::optional<MixtureResult> mixture_of(std::string_view line);

}  // namespace pgolf
