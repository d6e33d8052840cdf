// Whole-file input and output whose failures name the file and the remedy.
#pragma once

#include <cstddef>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace pgolf {

// Errors of all functions here: not_found if `path` is missing, machine for any other failure (disk full included).
std::string read_text(const std::filesystem::path& path);
std::vector<std::byte> read_bytes(const std::filesystem::path& path);

// Writes to a new file beside it, fsyncs, renames over `path` and fsyncs the directory: a crash leaves the old file or
// the new one, and no link leads the write elsewhere.
void write_file_atomic(const std::filesystem::path& path, std::span<const std::byte> bytes);
void write_file_atomic(const std::filesystem::path& path, std::string_view text);

// An append-only file: each append is one write(2), so a killed process leaves whole records but for the last.
class AppendFile {
 public:
  explicit AppendFile(const std::filesystem::path& path);  // creates or continues
  ~AppendFile();
  AppendFile(const AppendFile&) = delete;
  AppendFile& operator=(const AppendFile&) = delete;

  void append(std::string_view record);
  void sync();  // fsync

 private:
  std::filesystem::path path_;
  int fd_;
};

}  // namespace pgolf
