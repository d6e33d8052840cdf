// Whether a record can lie on a disk: SQLite's write-ahead log needs memory that its readers share.
#pragma once

#include <filesystem>
#include <string>

namespace pgolf {

// "NFS", "Lustre", ... of a file system's magic number (statfs); "" for one that a record can lie on.
std::string network_file_system(long type);

// Errors: usage for a home on a network file system, for one that is no directory, or for no name at all.
void check_home(const std::filesystem::path& home);

}  // namespace pgolf
