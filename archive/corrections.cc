#include "archive/corrections.h"

#include <fmt/format.h>

#include "base/error.h"
#include "base/file.h"
#include "base/json.h"
#include "base/message.h"
#include "base/sha256.h"
#include "base/utc.h"

namespace pgolf {
namespace {

constexpr char kFormat[] = "pgolf.correction/1";
constexpr size_t kMostBytes = 16 << 20;

std::string line_of(const Correction& c, const std::string& before) {
  return Json{{"format", kFormat}, {"number", c.number}, {"date", c.date},     {"pull", c.pull},     {"field", c.field},
              {"was", c.was},      {"is", c.is},         {"reason", c.reason}, {"source", c.source}, {"before", before}}
      .dump();
}

Correction read_line(std::string_view line, const std::string& before, int64_t number, const std::string& where) {
  const auto refuse = [&](const std::string& why) {
    fail(ErrorKind::database, "{}:{}: {}; bring the file back from a copy, lines are only added to it", where, number,
         why);
  };
  const Json document = parse_json(std::string(line), fmt::format("{}:{}", where, number));
  const auto format = json_get<std::string>(document, "format", where);
  if (format != kFormat) refuse(fmt::format("'{}' is not '{}', which is all that this pgolf reads", format, kFormat));
  Correction out;
  out.number = json_get<int64_t>(document, "number", where), out.pull = json_get<int64_t>(document, "pull", where);
  for (const auto& [key, member] : {std::pair("date", &out.date),
                                    {"field", &out.field},
                                    {"was", &out.was},
                                    {"is", &out.is},
                                    {"reason", &out.reason},
                                    {"source", &out.source}})
    *member = json_get<std::string>(document, key, where);
  if (json_get<std::string>(document, "before", where) != before) refuse("the line before it was changed or taken out");
  if (out.number != number || line_of(out, before) != line) refuse("damaged");
  return out;
}

// "" if there is no file.
std::string text_of(const std::filesystem::path& file) {
  std::error_code missing;
  return std::filesystem::exists(file, missing) ? read_text(file) : "";
}

}  // namespace

std::string Correction::text() const {
  return fmt::format("correction {} of {:.10}: {} {} -> {}: {} ({})", number, date, field, was.empty() ? "-" : was,
                     is.empty() ? "-" : is, reason, source);
}

std::vector<Correction> parse_corrections(std::string_view text, const std::string& file) {
  std::vector<Correction> out;
  std::string before;
  while (!text.empty()) {
    const auto number = std::ssize(out) + 1;
    const size_t end = text.find('\n');
    if (end == std::string_view::npos || text.size() > kMostBytes)
      fail(ErrorKind::database, "{}:{}: the log ends within a line; bring the file back from a copy", file, number);
    const std::string_view line = text.substr(0, end);
    try {
      out.push_back(read_line(line, before, number, file));
    } catch (const Error& e) {
      fail(ErrorKind::database, "{}", e.what());
    }
    before = sha256_hex(line);
    text.remove_prefix(end + 1);
  }
  return out;
}

std::vector<Correction> read_corrections(const std::filesystem::path& file) {
  return parse_corrections(text_of(file), file.string());
}

Correction add_correction(const std::filesystem::path& file, Correction correction) {
  for (std::string* text : {&correction.field, &correction.was, &correction.is, &correction.reason, &correction.source})
    *text = as_message(std::move(*text));
  if (correction.field.empty() || correction.reason.empty() || correction.source.empty())
    fail(ErrorKind::usage, "a correction needs --field, --reason and --source");
  const std::string text = text_of(file);
  const std::vector<Correction> known = parse_corrections(text, file.string());
  std::string before;
  if (!known.empty()) {
    const std::string_view lines = std::string_view(text).substr(0, text.size() - 1);
    before = sha256_hex(lines.substr(lines.rfind('\n') + 1));
  }
  correction.number = std::ssize(known) + 1, correction.date = utc_now();
  AppendFile log(file);
  log.append(line_of(correction, before) + "\n");
  log.sync();
  return correction;
}

}  // namespace pgolf
