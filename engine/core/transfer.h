// Small moves between host vectors and tensors of a context.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "engine/core/context.h"

namespace pgolf {

// A tensor in the context's arena with the given elements.
Tensor upload(Context& ctx, std::span<const int32_t> values, Shape shape);
Tensor upload(Context& ctx, std::span<const float> values, Shape shape);

// Waits for the device. `tensor` must be f32.
std::vector<float> download(Context& ctx, const Tensor& tensor);
float download_scalar(Context& ctx, const Tensor& tensor);

}  // namespace pgolf
