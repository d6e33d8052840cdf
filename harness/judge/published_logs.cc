#include "harness/judge/published_logs.h"

#include <set>

#include "base/error.h"
#include "base/file.h"
#include "base/json.h"

namespace pgolf {
namespace {

constexpr char kFormat[] = "pgolf.log-lines/1";

std::vector<PublishedLog> read_log_lines(const std::filesystem::path& file) {
  const std::string origin = file.string();
  const Json json = read_json(file);
  if (const auto format = json_get<std::string>(json, "format", origin); format != kFormat)
    fail(ErrorKind::submission, "{}: format '{:.40}' is not '{}'", origin, format, kFormat);
  std::vector<PublishedLog> out;
  for (const auto& [source, lines] : json_get<std::map<std::string, std::vector<std::string>>>(json, "logs", origin))
    out.push_back({source, lines});
  return out;
}

}  // namespace

std::vector<PublishedLog> published_logs(const Submission& submission, const std::filesystem::path& directory) {
  std::set<std::string> sources;
  for (const Claim& claim : submission.claims)
    if (claim.source.ends_with(".log") || claim.source.ends_with(".txt")) sources.insert(claim.source);
  std::vector<PublishedLog> out;
  std::error_code ignored;
  for (const std::string& source : sources)
    if (std::filesystem::exists(directory / source, ignored))
      out.push_back({source, measured_lines(read_text(directory / source))});
  if (out.empty() && std::filesystem::exists(directory / kLogLines, ignored))
    return read_log_lines(directory / kLogLines);
  return out;
}

void write_log_lines(const std::filesystem::path& file, const std::vector<PublishedLog>& logs) {
  Json json = {{"format", kFormat}, {"logs", Json::object()}};
  for (const PublishedLog& log : logs) json["logs"][log.source] = log.lines;
  write_file_atomic(file, json.dump(1) + "\n");
}

}  // namespace pgolf
