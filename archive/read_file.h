// One published file to what the record keeps of it: the same for a blob of a repository and a file on disk.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "archive/pull_files.h"
#include "db/archive.h"
#include "judge/claims/log_lines.h"

namespace pgolf {

inline constexpr int64_t kMostFileBytes = 16 << 20;  // larger ones are on record by their size alone

bool is_read(FileKind kind);  // of the others the size is enough

// `oid`: git's of the bytes.
ArchiveBlob read_file(const std::string& oid, FileKind kind, std::string_view bytes);

// ArchiveBlob::lines as measured lines, and back: of each its number (32 bits, least byte first) and 8 bytes of its
// fingerprint. Errors of reading: database for a length that cannot be.
std::string pack_lines(const std::vector<MeasuredLine>& lines);
std::vector<MeasuredLine> unpack_lines(std::string_view packed);

}  // namespace pgolf
