#include "engine/codec/artifact.h"

#include <algorithm>
#include <array>
#include <functional>
#include <numeric>

namespace pgolf {
namespace {

struct Element {
  std::string_view name;
  size_t size;
};
constexpr std::array<Element, 4> kElements{{{"f32", 4}, {"f16", 2}, {"i8", 1}, {"i16", 2}}};

}  // namespace

size_t element_size(ElementType type) { return kElements[static_cast<size_t>(type)].size; }
std::string_view element_name(ElementType type) { return kElements[static_cast<size_t>(type)].name; }

int64_t ArtifactPart::numel() const {
  return std::accumulate(shape.begin(), shape.end(), int64_t{1}, std::multiplies<>());
}

const ArtifactPart* ArtifactTensor::find(std::string_view key) const {
  const auto found = std::find_if(parts.begin(), parts.end(), [&](const ArtifactPart& p) { return p.key == key; });
  return found == parts.end() ? nullptr : &*found;
}

}  // namespace pgolf
