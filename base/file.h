// Whole-file input and output whose failures name the file and the remedy.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <istream>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace pgolf {

// Errors of all functions here: not_found if `path` is missing, machine for any other failure (disk full included).
// What is read must be a regular file, since whoever wrote it may have put a pipe or a device there: usage for anything
// else, without waiting for it; submission for a file of more than `at_most` bytes, holes in it counted.
inline constexpr int64_t kAnySize = INT64_MAX, kMostWhole = int64_t{1} << 30;  // any larger one is read as a stream
std::string read_text(const std::filesystem::path& path, int64_t at_most = kMostWhole);
std::vector<std::byte> read_bytes(const std::filesystem::path& path, int64_t at_most = kMostWhole);
std::string read_end(const std::filesystem::path& path, int64_t bytes);  // the last of them

// The same as a stream, for a file that need not fit the memory. Failures while it is read are thrown, too.
class InputFile : public std::istream {
 public:
  explicit InputFile(const std::filesystem::path& path, int64_t at_most = kAnySize);
  ~InputFile() override;
  int64_t size() const { return size_; }  // when it was opened

 private:
  class Buffer;
  std::unique_ptr<Buffer> buffer_;
  int64_t size_ = 0;
};

// Writes to a new file beside it, fsyncs, renames over `path` and fsyncs the directory: a crash leaves the old file or
// the new one, and no link leads the write elsewhere.
void write_file_atomic(const std::filesystem::path& path, std::span<const std::byte> bytes);
void write_file_atomic(const std::filesystem::path& path, std::string_view text);

// write_file_atomic() of a regular file's bytes, piece by piece. Errors: those, and usage for what is no regular file.
void copy_file_atomic(const std::filesystem::path& from, const std::filesystem::path& to);
// A name beside it that nobody can guess, for what becomes `path` once it is whole.
std::filesystem::path name_beside(const std::filesystem::path& path);

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
