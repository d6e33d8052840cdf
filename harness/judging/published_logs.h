// The logs of a publication, for comparing seeds line by line.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "judge/judge_claims.h"

namespace pgolf {

// submissions/pr-N/measured-lines.json, format `pgolf.log-lines/3`: numbers and fingerprints of the measured lines of
// each log, so that seeds can be compared without the logs.
inline constexpr char kLogLines[] = "measured-lines.json";

// The logs that lie in `directory`, else the fingerprints that lie there. Errors: submission for a damaged file of
// them.
std::vector<PublishedLog> published_logs(const Submission& submission, const std::filesystem::path& directory);

// Of the measured lines of one log, which a copy of it has, too; nothing without any.
std::vector<std::string> measured_sha256(const std::vector<PublishedLog>& logs, const std::string& source);

void write_log_lines(const std::filesystem::path& file, const std::vector<PublishedLog>& logs);

}  // namespace pgolf
