// Golden vectors: what the reference submissions' own code computes on tiny problems (tests/golden/README.md).
//
// for (const auto& path : golden_files("model_*_base")) { GoldenFile g(path); SCOPED_TRACE(g.name()); ... }
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "engine/codec/safetensors.h"

namespace pgolf {

// PGOLF_GOLDEN_DIR, or tests/golden of the source tree. Errors: not_found.
std::filesystem::path golden_directory();

// Paths of the files whose name without ".safetensors" matches the shell pattern, sorted.
std::vector<std::filesystem::path> golden_files(const std::string& pattern);

class GoldenFile {
 public:
  explicit GoldenFile(const std::filesystem::path& path);
  // The file `stem`.safetensors of the golden directory, e.g. the _base file that holds another's parameters.
  static GoldenFile named(const std::string& stem);

  const std::string& name() const { return name_; }  // "model_334_base"
  const Json& meta() const { return meta_; }
  // A hyperparameter under its upstream environment name; `fallback` where the run left the script's default.
  std::string env(std::string_view key, std::string_view fallback) const;
  int64_t env_int(std::string_view key, int64_t fallback) const;
  double env_double(std::string_view key, double fallback) const;

  bool contains(std::string_view tensor) const { return file_.contains(tensor); }
  // Names that start with `prefix` ("grad."), without it.
  std::vector<std::string> names(std::string_view prefix) const;
  const SafetensorsView& view(std::string_view tensor) const { return file_.tensor(tensor); }
  const std::vector<int64_t>& shape(std::string_view tensor) const { return view(tensor).shape; }
  std::vector<float> floats(std::string_view tensor) const { return to_floats(view(tensor)); }
  std::vector<int32_t> ints(std::string_view tensor) const { return to_ints(view(tensor)); }
  float scalar(std::string_view tensor) const;

 private:
  std::string name_;
  SafetensorsFile file_;
  Json meta_;
};

// norm(a - b) / norm(b) in float64; norm(a) where b is all zero, infinity where the sizes differ or a value is NaN.
double relative_error(std::span<const float> a, std::span<const float> b);

}  // namespace pgolf
