#include "engine/codec/header.h"

#include <limits>

#include "base/error.h"
#include "engine/codec/strict_json.h"

namespace pgolf {
namespace {

constexpr int kMaxDepth = 6;                    // nesting of the table of tensors down to a shape
constexpr uint64_t kMaxTensorBytes = 1u << 28;  // of all parts together: 16 times the challenge's limit on a file

// Reads the arrays of the header in order and names the field that is wrong.
class Fields {
 public:
  Fields(const HeaderJson& json, size_t count, std::string_view origin, std::string_view what)
      : json_(json), origin_(origin), what_(what) {
    if (!json.is_array() || json.size() != count) fail_field("has the wrong form");
  }
  std::string text(size_t i) const {
    if (!json_[i].is_string()) fail_field("has no text where text belongs");
    return json_[i].get<std::string>();
  }
  uint64_t count(size_t i) const {
    if (!json_[i].is_number_unsigned()) fail_field("has no count where a count belongs");
    return json_[i].get<uint64_t>();
  }
  std::vector<int64_t> shape(size_t i) const {
    if (!json_[i].is_array()) fail_field("has no shape");
    std::vector<int64_t> out;
    uint64_t numel = 1;
    for (const auto& extent : json_[i]) {
      if (!extent.is_number_unsigned()) fail_field("has a shape that is no list of counts");
      if (__builtin_mul_overflow(numel, extent.get<uint64_t>(), &numel) || numel > kMaxTensorBytes ||
          extent.get<uint64_t>() > kMaxTensorBytes)
        fail_field("has a shape that is too large");
      out.push_back(extent.get<int64_t>());
    }
    return out;
  }
  // The enumerator of the given name.
  template <class E, class Name>
  E choice(size_t i, Name name, int enumerators) const {
    const std::string wanted = text(i);
    for (int e = 0; e < enumerators; ++e)
      if (name(static_cast<E>(e)) == wanted) return static_cast<E>(e);
    fail_field("names an unknown kind " + shown_name(wanted));
  }
  [[noreturn]] void fail_field(const std::string& why) const {
    fail(ErrorKind::submission, "{}: {} {}", origin_, what_, why);
  }

 private:
  const HeaderJson& json_;
  std::string_view origin_, what_;
};

const HeaderJson& list(const HeaderJson& header, const char* key, std::string_view origin) {
  if (!header.contains(key) || !header.at(key).is_array())
    fail(ErrorKind::submission, "{}: artifact header has no list '{}'", origin, key);
  return header.at(key);
}

Section read_section(const HeaderJson& json, std::string_view origin) {
  const Fields fields(json, 6, origin, "a section of the artifact header");
  Section section;
  section.label = fields.text(0);
  section.packing = fields.choice<Packing>(1, packing_name, 4);
  section.arrangement = fields.choice<Arrangement>(2, arrangement_name, 4);
  if (fields.count(3) > 255) fields.fail_field("has a stride beyond 255");
  section.stride = static_cast<int>(fields.count(3));
  section.raw = fields.count(4);
  section.stored = fields.count(5);
  if (section.raw > kMaxTensorBytes || section.stored > kMaxTensorBytes) fields.fail_field("is too large");
  return section;
}

ArtifactTensor read_tensor(const HeaderJson& json, size_t index, std::vector<Section>& sections,
                           std::vector<uint64_t>& filled, std::string_view origin) {
  const Fields fields(json, 4, origin, "a tensor of the artifact header");
  ArtifactTensor tensor{fields.text(0), fields.text(1), fields.shape(2), {}};
  if (!json[3].is_array()) fields.fail_field("has no list of parts");
  for (const auto& entry : json[3]) {
    const Fields part(entry, 4, origin, "a part in the artifact header");
    const uint64_t s = part.count(3);
    if (s >= sections.size()) part.fail_field("names a section that does not exist");
    ArtifactPart read{part.text(0), part.choice<ElementType>(1, element_name, 4), part.shape(2), {}};
    const auto arrangement = sections[s].arrangement;
    if ((arrangement == Arrangement::transposed || arrangement == Arrangement::sorted) &&
        (read.type != ElementType::i8 || read.shape.size() != 2))
      part.fail_field("is no int8 matrix, but its section is transposed");
    if (tensor.find(read.key)) part.fail_field("has a key that its tensor has twice");
    filled[s] += static_cast<uint64_t>(read.numel()) * element_size(read.type);
    if (filled[s] > kMaxTensorBytes) part.fail_field("makes its section too large");
    sections[s].parts.push_back({index, tensor.parts.size()});
    tensor.parts.push_back(std::move(read));
  }
  return tensor;
}

}  // namespace

std::string write_header(const Artifact& artifact, const std::vector<Section>& sections) {
  HeaderJson header = {
      {"metadata", artifact.metadata}, {"sections", HeaderJson::array()}, {"tensors", HeaderJson::array()}};
  std::vector<std::vector<size_t>> section_of;
  for (const auto& tensor : artifact.tensors) section_of.emplace_back(tensor.parts.size());
  for (size_t s = 0; s < sections.size(); ++s) {
    const Section& section = sections[s];
    header["sections"].push_back({section.label, packing_name(section.packing), arrangement_name(section.arrangement),
                                  section.stride, section.raw, section.stored});
    for (const PartIndex i : section.parts) section_of[i.tensor][i.part] = s;
  }
  for (size_t t = 0; t < artifact.tensors.size(); ++t) {
    const ArtifactTensor& tensor = artifact.tensors[t];
    HeaderJson parts = HeaderJson::array();
    for (size_t p = 0; p < tensor.parts.size(); ++p) {
      const ArtifactPart& part = tensor.parts[p];
      parts.push_back(HeaderJson::array({part.key, element_name(part.type), part.shape, section_of[t][p]}));
    }
    header["tensors"].push_back(HeaderJson::array({tensor.name, tensor.encoding, tensor.shape, parts}));
  }
  return header.dump();
}

Header read_header(std::string_view text, std::string_view origin) {
  const HeaderJson json = parse_header_json(text, origin, "artifact header", kMaxDepth);
  Header header;
  if (!json.contains("metadata") || !json.at("metadata").is_string())
    fail(ErrorKind::submission, "{}: artifact header has no text 'metadata'", origin);
  header.artifact.metadata = json.at("metadata").get<std::string>();
  uint64_t raw_total = 0, stored_total = 0;
  for (const auto& entry : list(json, "sections", origin)) {
    header.sections.push_back(read_section(entry, origin));
    raw_total += header.sections.back().raw, stored_total += header.sections.back().stored;
  }
  if (raw_total > kMaxTensorBytes || stored_total > kMaxTensorBytes)
    fail(ErrorKind::submission, "{}: artifact would unpack to {} bytes, the limit is {}", origin, raw_total,
         kMaxTensorBytes);
  std::vector<uint64_t> filled(header.sections.size());
  for (const auto& entry : list(json, "tensors", origin))
    header.artifact.tensors.push_back(
        read_tensor(entry, header.artifact.tensors.size(), header.sections, filled, origin));
  for (size_t s = 0; s < header.sections.size(); ++s) {
    const Section& section = header.sections[s];
    const bool orders = section.label == kRowOrders;
    if (orders ? !section.parts.empty() : section.parts.empty())
      fail(ErrorKind::submission, "{}: section {} has no parts or too many", origin, shown_name(section.label));
    if (!orders && filled[s] != section.raw)
      fail(ErrorKind::submission, "{}: section {} has {} bytes, its parts need {}", origin, shown_name(section.label),
           section.raw, filled[s]);
  }
  return header;
}

}  // namespace pgolf
