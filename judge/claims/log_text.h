// The lines of a published log, and which of them are of the program that it prints.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace pgolf {

// A log as plain lines: UTF-16 (by its byte order mark) as UTF-8, without the colours of a terminal, and with line
// feeds where carriage returns alone end its lines.
std::string plain_text(std::string_view bytes);

std::string_view trimmed(std::string_view text);

// Brackets, quotes and calls, as source text has them. A log has a bracket at the start of a line (a rank, a time of
// day) or round a remark, "(stride 64)", and calls nothing. Logs do print "val_loss = 1.9", but no tuple after it.
bool reads_like_code(std::string_view line);

// A log by lines, with those that are of a program which it holds: from its first line to its last, with what stands
// between (texts of documentation strings), where at least kProgram lines of code follow each other with no more than
// kGap others between.
struct LogText {
  explicit LogText(std::string_view text);  // which must outlive it
  std::vector<std::string_view> lines;      // without what ends them, and blanks before that
  std::vector<bool> program;
};

}  // namespace pgolf
