// How an artifact's parts are divided into compressed sections, and how one section's bytes are made and undone.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "engine/codec/artifact.h"
#include "engine/config/config.h"

namespace pgolf {

enum class Packing : uint8_t { store, zstd, brotli, lrzip };
// `sorted`: rows in the order that the section "row orders" gives, then transposed.
enum class Arrangement : uint8_t { plain, shuffled, transposed, sorted };

std::string_view packing_name(Packing packing);
std::string_view arrangement_name(Arrangement arrangement);

struct PartIndex {
  size_t tensor, part;
};

struct Section {
  std::string label;
  Packing packing = Packing::store;
  Arrangement arrangement = Arrangement::plain;
  int stride = 0;                // shuffled: bytes
  std::vector<PartIndex> parts;  // concatenated in this order, which is that of the table of tensors
  uint64_t raw = 0, stored = 0;  // bytes of the parts, and in the file
};

inline constexpr std::string_view kRowOrders = "row orders";

// Sections by tensor class in a fixed order; for Codec::per_group the seven groups of PR 2097 come first.
std::vector<Section> plan_sections(const Artifact& artifact, const CodecConfig& options);

// The section's part bytes, arranged and compressed. Sorting appends the orders it chose to `orders` (uint16).
// Falls back to Packing::store where compression does not help.
Bytes pack_section(Section& section, const Artifact& artifact, const CodecConfig& options, Bytes& orders);

// Undoes pack_section into the parts of `artifact`, whose types and shapes are set; `orders` are this section's own.
void unpack_section(const Section& section, ByteView stored, Artifact& artifact, ByteView orders,
                    std::string_view origin);

}  // namespace pgolf
