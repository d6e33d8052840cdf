// Documents as JSON lines: {"text": "..."} a line, UTF-8. Read one at a time, so memory does not grow with the file.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/file.h"
#include "base/sha256.h"

namespace pgolf {

enum class Blanks { refuse, keep };  // documents of blanks alone

class DocumentReader {
 public:
  // Errors: those of base/file.h.
  explicit DocumentReader(const std::filesystem::path& path, Blanks blanks = Blanks::refuse);

  // The text of the next document; blank lines are passed over. Errors: submission, naming file:line, for a line that
  // is not UTF-8, is no JSON object, has no "text", or whose text is blank; machine if reading fails.
  std::optional<std::string> next();

  int64_t documents() const { return documents_; }
  int64_t file_bytes() const { return file_.size(); }
  int64_t bytes_read() const { return bytes_read_; }
  std::string where() const;  // "docs.jsonl:17", the line next() returned last
  std::string sha256();       // of the whole file; once, after next() returned nothing

 private:
  bool read_line();
  bool fill();

  std::filesystem::path path_;
  Blanks blanks_;
  InputFile file_;
  Sha256 hash_;
  std::vector<char> buffer_;
  std::string_view unread_;  // of buffer_
  std::string line_;
  int64_t bytes_read_ = 0, line_number_ = 0, documents_ = 0;
};

// The line that holds `text`, newline included.
std::string document_line(std::string_view text);

}  // namespace pgolf
