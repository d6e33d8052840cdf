// Arrays of an artifact as the quantisers fill and read them.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/codec/artifact.h"

namespace pgolf {

ArtifactPart codes_part(std::string key, std::vector<int64_t> shape, std::span<const int8_t> codes);
ArtifactPart int16_part(std::string key, std::vector<int64_t> shape, std::span<const int64_t> values);
ArtifactPart float_part(std::string key, std::vector<int64_t> shape, std::span<const float> values);
// Rounds to float16. Errors: submission, naming `tensor`, for a value beyond its range.
ArtifactPart half_part(std::string key, std::vector<int64_t> shape, std::span<const float> values,
                       std::string_view tensor);

// The part of that key and element type (f16 or f32 for part_floats). Errors: submission, naming tensor and part, if it
// is missing, of another type, or not of `numel` elements (-1: any number).
std::vector<float> part_floats(const ArtifactTensor& tensor, std::string_view key, int64_t numel);
std::span<const int8_t> part_codes(const ArtifactTensor& tensor, std::string_view key, int64_t numel);
std::vector<int64_t> part_int16(const ArtifactTensor& tensor, std::string_view key, int64_t numel);

}  // namespace pgolf
