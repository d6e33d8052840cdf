// The artifact file: docs/artifact-format.md describes every byte.
//
// A fixed prefix, a compressed header with the table of tensors, one compressed section per tensor class, and a
// SHA-256 of all that precedes it. Everything needed to rebuild the tensors is in the file.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "engine/codec/artifact.h"
#include "engine/config/config.h"

namespace pgolf {

// Where the bytes of an artifact go; `stored` adds up to the file's size exactly.
struct SizeRow {
  std::string label;  // tensor class ("attn.c_q"), "scales", "corrections", "floats", "row orders", "container"
  int64_t raw = 0;    // before compression
  int64_t stored = 0;
};
struct SizeReport {
  std::vector<SizeRow> rows;
  int64_t total() const;
};

// The same artifact and options give the same bytes, however many threads there are.
Bytes pack_artifact(const Artifact& artifact, const CodecConfig& options);

// Errors: submission, in one line that names `origin`, for a file that is no artifact, cut short, damaged in any byte,
// newer than this program, or inconsistent; machine if a decompressor's program is missing.
Artifact unpack_artifact(ByteView file, std::string_view origin);

// Reads the prefix and header only. Errors as unpack_artifact.
SizeReport artifact_sizes(ByteView file, std::string_view origin);

}  // namespace pgolf
