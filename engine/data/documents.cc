#include "engine/data/documents.h"

#include <fmt/format.h>

#include "base/error.h"
#include "base/json.h"
#include "base/utf8.h"

namespace pgolf {
namespace {

constexpr size_t kBufferBytes = 1 << 20;
constexpr size_t kMaxLineBytes = 256 << 20;  // a file without newlines must not fill the memory

}  // namespace

DocumentReader::DocumentReader(const std::filesystem::path& path, Blanks blanks)
    : path_(path), blanks_(blanks), file_(path), buffer_(kBufferBytes) {}

std::string DocumentReader::where() const { return fmt::format("{}:{}", path_.string(), line_number_); }

std::string DocumentReader::sha256() { return hash_.hex(); }

bool DocumentReader::fill() {
  file_.read(buffer_.data(), static_cast<std::streamsize>(buffer_.size()));
  unread_ = {buffer_.data(), static_cast<size_t>(file_.gcount())};
  hash_.update(unread_);
  bytes_read_ += static_cast<int64_t>(unread_.size());
  return !unread_.empty();
}

bool DocumentReader::read_line() {
  line_.clear();
  bool any = false;
  while (!unread_.empty() || fill()) {
    any = true;
    const size_t newline = unread_.find('\n');
    line_ += unread_.substr(0, newline);
    if (line_.size() > kMaxLineBytes)
      fail(ErrorKind::submission, "{}:{}: the line is longer than {} MiB; put one document on a line", path_.string(),
           line_number_ + 1, kMaxLineBytes >> 20);
    unread_.remove_prefix(newline == std::string_view::npos ? unread_.size() : newline + 1);
    if (newline != std::string_view::npos) break;
  }
  if (any) ++line_number_;
  return any;
}

std::optional<std::string> DocumentReader::next() {
  do {
    if (!read_line()) return std::nullopt;
  } while (line_.find_first_not_of(" \t\r") == std::string::npos);
  const size_t bad = first_invalid_utf8(line_);
  if (bad != std::string::npos)
    fail(ErrorKind::submission, "{}: not UTF-8 at byte {} of the line; convert the file to UTF-8", where(), bad);
  auto text = json_get<std::string>(parse_json(line_, where()), "text", where());
  if (blanks_ == Blanks::refuse && text.find_first_not_of(" \t\r\n\f\v") == std::string::npos)
    fail(ErrorKind::submission, "{}: the document is empty; remove the line", where());
  ++documents_;
  return text;
}

std::string document_line(std::string_view text) { return Json{{"text", text}}.dump() + '\n'; }

}  // namespace pgolf
