#include "harness/run/data_sources.h"

#include <algorithm>
#include <string>

#include "base/error.h"
#include "base/file.h"
#include "base/json_guard.h"

namespace pgolf {
namespace fs = std::filesystem;
namespace {
constexpr char kFormat[] = "pgolf.data-sources/1", kName[] = "sources.json";
}  // namespace

void note_sources(const fs::path& data, const std::vector<fs::path>& sources) {
  std::vector<fs::path> all = known_sources(data);
  const size_t before = all.size();
  for (const fs::path& source : sources)
    if (const fs::path path = fs::absolute(source).lexically_normal();
        std::find(all.begin(), all.end(), path) == all.end())
      all.push_back(path);
  if (all.size() == before) return;
  Json document = {{"format", kFormat}, {"paths", Json::array()}};
  for (const fs::path& path : all) document["paths"].push_back(path.string());
  write_file_atomic(data / kName, document.dump(2, ' ', false, Json::error_handler_t::replace) + "\n");
}

std::vector<fs::path> known_sources(const fs::path& data) {
  const fs::path file = data / kName;
  std::error_code missing;
  if (!fs::exists(file, missing)) return {};
  const Json document = read_json(file);
  if (const auto format = json_get<std::string>(document, "format", file.string()); format != kFormat)
    fail(ErrorKind::submission, "{}: format {}, this program reads {}; use a newer pgolf", file.string(), format,
         kFormat);
  std::vector<fs::path> out;
  for (const auto& path : json_get<std::vector<std::string>>(document, "paths", file.string())) out.emplace_back(path);
  return out;
}

}  // namespace pgolf
