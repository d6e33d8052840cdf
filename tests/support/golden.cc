#include "tests/support/golden.h"

#include <fnmatch.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <limits>
#include <random>

#include "base/error.h"
#include "tests/support/source_dir.h"

namespace pgolf {

std::filesystem::path golden_directory() {
  const char* set = std::getenv("PGOLF_GOLDEN_DIR");
  const std::filesystem::path directory =
      set != nullptr && *set != '\0' ? std::filesystem::path(set) : source_dir() / "tests/golden";
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

std::string golden_missing(const std::vector<std::string>& patterns) {
  for (const std::string& pattern : patterns)
    if (golden_files(pattern).empty()) return "no " + pattern + ".safetensors in " + golden_directory().string();
  return "";
}

GoldenFile::GoldenFile(const std::filesystem::path& path)
    : name_(path.stem().string()),
      file_(SafetensorsFile::open(path)),
      meta_(parse_json(file_.metadata("meta"), path.string())) {}

GoldenFile GoldenFile::named(const std::string& stem) {
  return GoldenFile(golden_directory() / (stem + ".safetensors"));
}

std::optional<std::string> GoldenFile::env(std::string_view key) const {
  if (!meta_.contains("env") || !meta_["env"].contains(key)) return {};
  const Json& value = meta_["env"][std::string(key)];
  return value.is_string() ? value.get<std::string>() : value.dump();
}

std::vector<std::string> GoldenFile::env_names() const {
  std::vector<std::string> out;
  if (meta_.contains("env"))
    for (const auto& [name, value] : meta_["env"].items()) out.push_back(name);
  return out;
}

bool GoldenFile::flag(const char* key) const {
  const auto found = meta_.find(key);
  return found != meta_.end() && found->is_boolean() && found->get<bool>();
}

uint64_t GoldenFile::torch_seed() const {
  if (meta_.contains("torch_seed")) return meta_.at("torch_seed").get<uint64_t>();
  return std::stoull(env("SEED").value_or("1337"));  // the scripts' default
}

std::vector<std::string> GoldenFile::names(std::string_view prefix) const {
  std::vector<std::string> out;
  for (const auto& name : file_.names())
    if (name.starts_with(prefix)) out.push_back(name.substr(prefix.size()));
  return out;
}

std::vector<double> GoldenFile::doubles(std::string_view tensor) const {
  const std::vector<float> values = floats(tensor);
  return {values.begin(), values.end()};
}

std::vector<double> GoldenFile::weights(std::string_view tensor, uint64_t draw) const {
  std::vector<float> values = floats(tensor);
  std::mt19937_64 generator(draw + std::hash<std::string_view>()(tensor));
  constexpr float kFar = std::numeric_limits<float>::max();
  for (float& value : values) {
    const uint64_t way = draw == 0 ? 0 : generator() % 3;
    if (way != 0) value = std::nextafter(value, way == 1 ? kFar : -kFar);
  }
  return {values.begin(), values.end()};
}

namespace {

template <class Real>
double error_of(std::span<const Real> a, std::span<const Real> b) {
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

}  // namespace

double relative_error(std::span<const float> a, std::span<const float> b) { return error_of(a, b); }
double relative_error(std::span<const double> a, std::span<const double> b) { return error_of(a, b); }

}  // namespace pgolf
