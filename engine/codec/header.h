// The header of an artifact file: JSON text between the tables in memory and the bytes on disk.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "engine/codec/sections.h"

namespace pgolf {

std::string write_header(const Artifact& artifact, const std::vector<Section>& sections);

// Tensors without bytes, and the sections that hold them. Errors: submission, "<origin>: ...", for anything that
// write_header cannot have written: unknown names, sizes that overflow or disagree, parts without a section.
struct Header {
  Artifact artifact;
  std::vector<Section> sections;
};
Header read_header(std::string_view text, std::string_view origin);

}  // namespace pgolf
