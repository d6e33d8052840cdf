#include "tests/support/golden.h"

#include <fnmatch.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <limits>

#include "base/error.h"

namespace pgolf {

std::filesystem::path golden_directory() {
  const char* set = std::getenv("PGOLF_GOLDEN_DIR");
  const std::filesystem::path directory = set != nullptr && *set != '\0'
                                              ? std::filesystem::path(set)
                                              : std::filesystem::path(PGOLF_SOURCE_DIR) / "tests/golden";
  if (!std::filesystem::is_directory(directory))
    fail(ErrorKind::not_found, "{}: no golden vectors; set PGOLF_GOLDEN_DIR to their directory", directory.string());
  return directory;
}

std::vector<std::filesystem::path> golden_files(const std::string& pattern) {
  std::vector<std::filesystem::path> out;
  for (const auto& entry : std::filesystem::directory_iterator(golden_directory())) {
    const auto& path = entry.path();
    if (path.extension() == ".safetensors" && ::fnmatch(pattern.c_str(), path.stem().c_str(), 0) == 0)
      out.push_back(path);
  }
  std::sort(out.begin(), out.end());
  return out;
}

GoldenFile::GoldenFile(const std::filesystem::path& path)
    : name_(path.stem().string()),
      file_(SafetensorsFile::open(path)),
      meta_(parse_json(file_.metadata("meta"), path.string())) {}

GoldenFile GoldenFile::named(const std::string& stem) {
  return GoldenFile(golden_directory() / (stem + ".safetensors"));
}

std::string GoldenFile::env(std::string_view key, std::string_view fallback) const {
  if (!meta_.contains("env") || !meta_["env"].contains(key)) return std::string(fallback);
  const Json& value = meta_["env"][std::string(key)];
  return value.is_string() ? value.get<std::string>() : value.dump();
}

int64_t GoldenFile::env_int(std::string_view key, int64_t fallback) const {
  return std::stoll(env(key, std::to_string(fallback)));
}

double GoldenFile::env_double(std::string_view key, double fallback) const {
  const std::string text = env(key, "");
  return text.empty() ? fallback : std::stod(text);
}

std::vector<std::string> GoldenFile::names(std::string_view prefix) const {
  std::vector<std::string> out;
  for (const auto& name : file_.names())
    if (name.starts_with(prefix)) out.push_back(name.substr(prefix.size()));
  return out;
}

float GoldenFile::scalar(std::string_view tensor) const {
  const auto values = floats(tensor);
  check(values.size() == 1, "{}: {} has {} elements, not one", name_, tensor, values.size());
  return values[0];
}

double relative_error(std::span<const float> a, std::span<const float> b) {
  if (a.size() != b.size()) return std::numeric_limits<double>::infinity();
  double difference = 0, reference = 0;
  for (size_t i = 0; i < a.size(); ++i) {
    const double d = static_cast<double>(a[i]) - b[i];
    difference += d * d;
    reference += static_cast<double>(b[i]) * b[i];
  }
  const double error = reference > 0 ? std::sqrt(difference / reference) : std::sqrt(difference);
  return std::isnan(error) ? std::numeric_limits<double>::infinity() : error;
}

}  // namespace pgolf
