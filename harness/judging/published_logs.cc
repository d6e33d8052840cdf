#include "harness/judging/published_logs.h"

#include <fmt/format.h>

#include <set>

#include "base/error.h"
#include "base/file.h"
#include "base/json.h"
#include "base/sha256.h"
#include "resolve/training_log.h"

namespace pgolf {
namespace {

constexpr char kFormat[] = "pgolf.log-lines/3";

// "231:0106208c8e70edd7": the line's number and the fingerprint of what it measured.
MeasuredLine read_line(const std::string& text, const std::string& origin) {
  const auto colon = text.find(':');
  const bool numbered = colon > 0 && colon < 10 && text.find_first_not_of("0123456789") == colon;
  if (!numbered || text.size() != colon + 17)
    fail(ErrorKind::submission, "{}: '{:.40}' is not a line number, ':' and 16 hex digits", origin, text);
  return {std::stoll(text.substr(0, colon)), text.substr(colon + 1), ""};
}

std::vector<PublishedLog> read_log_lines(const std::filesystem::path& file) {
  const std::string origin = file.string();
  const Json json = read_json(file);
  if (const auto format = json_get<std::string>(json, "format", origin); format != kFormat)
    fail(ErrorKind::submission, "{}: format '{:.40}' is not '{}'", origin, format, kFormat);
  std::vector<PublishedLog> out;
  for (const auto& [source, lines] : json_get<std::map<std::string, std::vector<std::string>>>(json, "logs", origin)) {
    out.push_back({source, {}, {}});
    for (const std::string& line : lines) out.back().lines.push_back(read_line(line, origin));
  }
  return out;
}

}  // namespace

std::vector<PublishedLog> published_logs(const Submission& submission, const std::filesystem::path& directory) {
  std::set<std::string> sources;
  for (const Claim& claim : submission.claims)
    if (is_log(claim.source)) sources.insert(claim.source);
  std::vector<PublishedLog> out;
  std::error_code ignored;
  for (const std::string& source : sources)
    if (std::filesystem::is_regular_file(directory / source, ignored)) {
      const std::string text = plain_text(read_text(directory / source, kMostLogBytes));
      const LogText log(text);
      out.push_back({source, measured_lines(log), log_facts(log)});
    }
  if (out.empty() && std::filesystem::exists(directory / kLogLines, ignored))
    return read_log_lines(directory / kLogLines);
  return out;
}

std::vector<std::string> measured_sha256(const std::vector<PublishedLog>& logs, const std::string& source) {
  Sha256 hash;
  bool any = false;
  for (const PublishedLog& log : logs)
    if (log.source == source)
      for (const MeasuredLine& line : log.lines) hash.update(line.fingerprint), any = true;
  return any ? std::vector{hash.hex()} : std::vector<std::string>();
}

void write_log_lines(const std::filesystem::path& file, const std::vector<PublishedLog>& logs) {
  Json json = {{"format", kFormat}, {"logs", Json::object()}};
  for (const PublishedLog& log : logs) {
    Json& lines = json["logs"][log.source] = Json::array();
    for (const MeasuredLine& line : log.lines) lines.push_back(fmt::format("{}:{}", line.line, line.fingerprint));
  }
  write_file_atomic(file, json.dump(1) + "\n");
}

}  // namespace pgolf
