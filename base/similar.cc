#include "base/similar.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <numeric>
#include <utility>

namespace pgolf {
namespace {

size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), size_t{0});
  for (size_t i = 1; i <= a.size(); ++i) {
    size_t diagonal = row[0];
    row[0] = i;
    for (size_t j = 1; j <= b.size(); ++j)
      diagonal = std::exchange(row[j], std::min({row[j] + 1, row[j - 1] + 1, diagonal + (a[i - 1] != b[j - 1])}));
  }
  return row.back();
}

}  // namespace

std::string most_similar(std::string_view word, const std::vector<std::string>& known) {
  constexpr size_t kLongest = 200;  // of a word that is worth a guess
  std::string nearest;
  size_t distance = SIZE_MAX;
  for (const std::string& one : known)
    if (const size_t d = word.size() > kLongest ? SIZE_MAX : edit_distance(one, word); d < distance)
      distance = d, nearest = one;
  const size_t most = word.size() < 5 ? 1 : std::max<size_t>(2, word.size() / 3);
  return distance <= most && distance < std::max(word.size(), nearest.size()) ? nearest : "";
}

std::string did_you_mean(std::string_view word, const std::vector<std::string>& known) {
  const std::string similar = most_similar(word, known);
  return similar.empty() ? "" : fmt::format("; did you mean '{}'?", similar);
}

}  // namespace pgolf
