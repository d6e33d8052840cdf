#include "engine/codec/sections.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <cstring>

#include "base/error.h"
#include "engine/codec/transform.h"

namespace pgolf {
namespace {

constexpr std::array<std::string_view, 4> kPackingNames{"store", "zstd", "brotli", "lrzip"};
constexpr std::array<std::string_view, 4> kArrangementNames{"plain", "shuffled", "transposed", "sorted"};

// The groups of PR 2097 in the order of its container; rows of the marked ones are sorted by similarity.
struct Group {
  std::string_view label;
  bool sorted;
};
constexpr std::array<Group, 7> kGroups{{{"tok_emb", true},
                                        {"attn.c_k", false},
                                        {"attn.c_q", true},
                                        {"attn.c_v", false},
                                        {"attn.proj", false},
                                        {"mlp.fc", true},
                                        {"mlp.proj", false}}};
constexpr std::array<std::string_view, 3> kSmallSections{"floats", "scales", "corrections"};
constexpr int64_t kOwnSectionNumel = 65536;  // float tensors beyond this are a class of their own
constexpr int64_t kMaxSortedRows = 65536;    // row numbers are uint16

// "blocks.3.attn.c_q.weight" -> "attn.c_q".
std::string tensor_class(std::string name) {
  if (name.starts_with("blocks.")) {
    const auto end = std::find_if_not(name.begin() + 7, name.end(), [](unsigned char c) { return std::isdigit(c); });
    if (end != name.end() && *end == '.') name.erase(name.begin(), end + 1);
  }
  if (name.ends_with(".weight")) name.resize(name.size() - 7);
  return name;
}

std::string section_label(const ArtifactTensor& tensor, const ArtifactPart& part) {
  if (part.key == "scale") return "scales";
  if (part.key == "q") return tensor_class(tensor.name);
  if (part.key == "v") return part.numel() > kOwnSectionNumel ? tensor_class(tensor.name) : "floats";
  return "corrections";
}

int64_t rows_of(const ArtifactPart& part) { return part.shape[0]; }
int64_t cols_of(const ArtifactPart& part) { return part.numel() / std::max<int64_t>(part.shape[0], 1); }

bool is_group_matrix(const ArtifactPart& part) {
  return part.key == "q" && part.type == ElementType::i8 && part.shape.size() == 2;
}

void choose_packing(Section& section, const Artifact& artifact, const CodecConfig& options) {
  switch (options.codec) {
    case Codec::zstd: section.packing = Packing::zstd; return;
    case Codec::brotli_shuffle:
      section.packing = Packing::brotli;
      section.arrangement = Arrangement::shuffled;
      section.stride = static_cast<int>(options.shuffle_stride);
      return;
    case Codec::per_group: break;
  }
  section.packing = Packing::brotli;
  const auto group =
      std::find_if(kGroups.begin(), kGroups.end(), [&](const Group& g) { return g.label == section.label; });
  const auto part_of = [&](PartIndex i) -> const ArtifactPart& { return artifact.tensors[i.tensor].parts[i.part]; };
  if (group == kGroups.end() || !std::all_of(section.parts.begin(), section.parts.end(),
                                             [&](PartIndex i) { return is_group_matrix(part_of(i)); }))
    return;
  const bool small = std::all_of(section.parts.begin(), section.parts.end(),
                                 [&](PartIndex i) { return rows_of(part_of(i)) <= kMaxSortedRows; });
  section.packing = Packing::lrzip;
  section.arrangement = group->sorted && small ? Arrangement::sorted : Arrangement::transposed;
}

// Position of a label in the file: the groups, then other classes as they come, then the small sections.
size_t section_rank(std::string_view label) {
  for (size_t i = 0; i < kGroups.size(); ++i)
    if (kGroups[i].label == label) return i;
  for (size_t i = 0; i < kSmallSections.size(); ++i)
    if (kSmallSections[i] == label) return kGroups.size() + 1 + i;
  return kGroups.size();
}

Bytes compress(Packing packing, ByteView data, const CodecConfig& options) {
  const int level = static_cast<int>(options.level);
  switch (packing) {
    case Packing::zstd: return zstd_compress(data, level);
    case Packing::brotli: return brotli_compress(data, level, static_cast<int>(options.brotli_window));
    case Packing::lrzip: return lrzip_compress(data, static_cast<int>(options.lrzip_level));
    case Packing::store: break;
  }
  return {data.begin(), data.end()};
}

Bytes decompress(Packing packing, ByteView data, size_t size, std::string_view origin) {
  switch (packing) {
    case Packing::zstd: return zstd_decompress(data, size, origin);
    case Packing::brotli: return brotli_decompress(data, size, origin);
    case Packing::lrzip: return lrzip_decompress(data, size, origin);
    case Packing::store: break;
  }
  if (data.size() != size)
    fail(ErrorKind::submission, "{}: stored section has {} bytes instead of {}", origin, data.size(), size);
  return {data.begin(), data.end()};
}

void append(Bytes& out, ByteView more) { out.insert(out.end(), more.begin(), more.end()); }

// The row order at the front of `orders`, a permutation of 0..rows-1.
std::vector<uint16_t> take_order(ByteView& orders, int64_t rows, std::string_view origin) {
  const size_t bytes = static_cast<size_t>(rows) * sizeof(uint16_t);
  if (rows > kMaxSortedRows || orders.size() < bytes)
    fail(ErrorKind::submission, "{}: row orders are too short for {} rows", origin, rows);
  std::vector<uint16_t> order(static_cast<size_t>(rows));
  std::memcpy(order.data(), orders.data(), bytes);
  orders = orders.subspan(bytes);
  std::vector<bool> seen(order.size());
  for (const uint16_t row : order) {
    if (row >= rows || seen[row]) fail(ErrorKind::submission, "{}: a row order is no permutation", origin);
    seen[row] = true;
  }
  return order;
}

}  // namespace

std::string_view packing_name(Packing packing) { return kPackingNames[static_cast<size_t>(packing)]; }
std::string_view arrangement_name(Arrangement arrangement) {
  return kArrangementNames[static_cast<size_t>(arrangement)];
}

std::vector<Section> plan_sections(const Artifact& artifact, const CodecConfig& options) {
  std::vector<Section> sections;
  for (size_t t = 0; t < artifact.tensors.size(); ++t) {
    const ArtifactTensor& tensor = artifact.tensors[t];
    for (size_t p = 0; p < tensor.parts.size(); ++p) {
      const std::string label = section_label(tensor, tensor.parts[p]);
      auto found = std::find_if(sections.begin(), sections.end(), [&](const Section& s) { return s.label == label; });
      if (found == sections.end()) {
        sections.push_back({});
        found = sections.end() - 1;
        found->label = label;
      }
      found->parts.push_back({t, p});
      found->raw += tensor.parts[p].bytes.size();
    }
  }
  std::stable_sort(sections.begin(), sections.end(),
                   [](const Section& a, const Section& b) { return section_rank(a.label) < section_rank(b.label); });
  for (Section& section : sections) choose_packing(section, artifact, options);
  return sections;
}

Bytes pack_section(Section& section, const Artifact& artifact, const CodecConfig& options, Bytes& orders) {
  Bytes data;
  for (const PartIndex i : section.parts) {
    const ArtifactPart& part = artifact.tensors[i.tensor].parts[i.part];
    if (section.arrangement == Arrangement::sorted) {
      const auto order = similarity_sort(part.bytes, rows_of(part), cols_of(part));
      append(orders, std::as_bytes(std::span(order)));
      append(data, transpose_bytes(part.bytes, rows_of(part), cols_of(part), order));
    } else if (section.arrangement == Arrangement::transposed) {
      append(data, transpose_bytes(part.bytes, rows_of(part), cols_of(part)));
    } else {
      append(data, part.bytes);
    }
  }
  if (section.arrangement == Arrangement::shuffled) data = byte_shuffle(data, section.stride);
  Bytes packed = compress(section.packing, data, options);
  if (packed.size() >= data.size()) {
    section.packing = Packing::store;
    packed = std::move(data);
  }
  section.stored = packed.size();
  return packed;
}

void unpack_section(const Section& section, ByteView stored, Artifact& artifact, ByteView orders,
                    std::string_view origin) {
  const bool shuffled = section.arrangement == Arrangement::shuffled;
  const size_t arranged = shuffled ? byte_shuffled_size(section.raw, section.stride) : section.raw;
  Bytes data = decompress(section.packing, stored, arranged, origin);
  if (shuffled) data = byte_unshuffle(data, section.stride, section.raw, origin);
  ByteView rest = data;
  for (const PartIndex i : section.parts) {
    ArtifactPart& part = artifact.tensors[i.tensor].parts[i.part];
    const size_t size = static_cast<size_t>(part.numel()) * element_size(part.type);
    const ByteView bytes = rest.first(size);
    rest = rest.subspan(size);
    if (section.arrangement == Arrangement::sorted) {
      part.bytes = untranspose_bytes(bytes, rows_of(part), cols_of(part), take_order(orders, rows_of(part), origin));
    } else if (section.arrangement == Arrangement::transposed) {
      part.bytes = untranspose_bytes(bytes, rows_of(part), cols_of(part));
    } else {
      part.bytes.assign(bytes.begin(), bytes.end());
    }
  }
}

}  // namespace pgolf
