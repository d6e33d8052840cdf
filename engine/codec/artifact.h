// What an artifact holds: named tensors in stored form and the text that tells how to build their model.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "engine/codec/compress.h"

namespace pgolf {

enum class ElementType : uint8_t { f32, f16, i8, i16 };

size_t element_size(ElementType type);
std::string_view element_name(ElementType type);  // "f32", ...

// One array of a stored tensor: its codes "q", its scales "scale", its values "v", ... (docs/artifact-format.md).
struct ArtifactPart {
  std::string key;
  ElementType type = ElementType::f32;
  std::vector<int64_t> shape;
  Bytes bytes;  // little-endian, row-major; exactly the size of type and shape

  int64_t numel() const;
};

struct ArtifactTensor {
  std::string name;            // "blocks.0.attn.c_q.weight"
  std::string encoding;        // "int5", "f16", "int6+lqer_asym": what the parts mean, and how to undo it
  std::vector<int64_t> shape;  // of the dequantised tensor
  std::vector<ArtifactPart> parts;

  const ArtifactPart* find(std::string_view key) const;  // null if absent
};

struct Artifact {
  std::string metadata;  // JSON text of the packer: the pinned configuration and whatever else a reader needs
  std::vector<ArtifactTensor> tensors;
};

}  // namespace pgolf
