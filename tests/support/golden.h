// Golden vectors: what the reference submissions' own code computes on tiny problems (tests/golden/README.md).
//
// if (const std::string missing = golden_missing({"model_334_base"}); !missing.empty()) GTEST_SKIP() << missing;
// for (const auto& path : golden_files("model_334_*")) { GoldenFile g(path); SCOPED_TRACE(g.name()); ... }
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "engine/codec/safetensors.h"

namespace pgolf {

// PGOLF_GOLDEN_DIR, or tests/golden of the source tree. Errors: not_found.
std::filesystem::path golden_directory();

// The submissions that golden files may be of.
inline constexpr const char* kGoldenPrs[] = {"334", "754", "849", "2143", "2097"};

// Paths of the files whose name without ".safetensors" matches the shell pattern, sorted.
std::vector<std::filesystem::path> golden_files(const std::string& pattern);

// Names the first pattern that no file matches; empty if there are none. A directory need not have files of every kind.
std::string golden_missing(const std::vector<std::string>& patterns);

class GoldenFile {
 public:
  explicit GoldenFile(const std::filesystem::path& path);
  // The file `stem`.safetensors of the golden directory, e.g. the _base file that holds another's parameters.
  static GoldenFile named(const std::string& stem);

  const std::string& name() const { return name_; }  // "model_334_base"
  const Json& meta() const { return meta_; }
  // A hyperparameter under its upstream environment name; nothing where the run left the script's default.
  std::optional<std::string> env(std::string_view key) const;
  std::vector<std::string> env_names() const;
  bool flag(const char* key) const;  // of the metadata; false where it is null or missing
  // The generator's seed: of initial values and adapters.
  uint64_t torch_seed() const;

  bool contains(std::string_view tensor) const { return file_.contains(tensor); }
  // Names that start with `prefix` ("grad."), without it.
  std::vector<std::string> names(std::string_view prefix) const;
  const SafetensorsView& view(std::string_view tensor) const { return file_.tensor(tensor); }
  const std::vector<int64_t>& shape(std::string_view tensor) const { return view(tensor).shape; }
  std::vector<float> floats(std::string_view tensor) const { return to_floats(view(tensor)); }
  std::vector<int32_t> ints(std::string_view tensor) const { return to_ints(view(tensor)); }
  std::vector<double> doubles(std::string_view tensor) const;  // what floats() gives, widened
  // As stored for draw 0; else with each value moved by one float32 step up, down or not at all, at random.
  std::vector<double> weights(std::string_view tensor, uint64_t draw) const;

 private:
  std::string name_;
  SafetensorsFile file_;
  Json meta_;
};

// norm(a - b) / norm(b) in float64; norm(a) where b is all zero, infinity where the sizes differ or a value is NaN.
double relative_error(std::span<const float> a, std::span<const float> b);
double relative_error(std::span<const double> a, std::span<const double> b);

}  // namespace pgolf
