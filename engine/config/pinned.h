// pinned.json, format `pgolf.pinned/1`: the one document that says what a run computes (docs/pinned.md).
//
// `pgolf` writes it, `pgolf-engine` reads it. Its SHA-256 is the run's identity: the hash of the compact JSON text of
// all members but `sha256` itself. Hardware (device, threads, GPU count) and limits are not part of it; the seed, the
// world size that the submission assumes and, once known, the data are.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "engine/config/config.h"

namespace pgolf {

inline constexpr char kPinnedFormat[] = "pgolf.pinned/1";
inline constexpr char kRecordProfile[] = "record";  // the submission exactly as it ran

struct PinnedData {
  std::string name;             // of the directory, for people
  std::string manifest_sha256;  // of DIR/manifest.json, which holds the hash of every file
};

struct Pinned {
  std::string submission;       // "pr-334"
  int64_t pr = 0;               // upstream pull request
  std::string upstream_commit;  // 40 hex digits
  int64_t code_bytes = 0;       // what the submission counts for its code
  std::string profile = kRecordProfile;
  std::vector<std::string> overrides;  // "key=value" of the command line, where they change the profile's value
  int64_t seed = 0;
  Config config;
  int64_t num_params = 0;
  std::optional<PinnedData> data;

  // The numbers of such a run may be set beside the submission's claims; those of any other are of a scaling or a
  // variant.
  bool as_run() const { return profile == kRecordProfile && overrides.empty(); }
};

std::string pinned_sha256(const Pinned& pinned);

// The document, every field in canonical order, `sha256` last.
Json pinned_to_json(const Pinned& pinned);

// Errors, naming `origin`: submission for a member that is missing or of another type; usage for another format,
// content that does not match `sha256`, an unknown member, and a configuration that its own fields, validate_config or
// the parameter count refuse.
Pinned pinned_from_json(const Json& json, std::string_view origin);

Pinned read_pinned(const std::filesystem::path& path);  // also the errors of base/file.h
void write_pinned(const std::filesystem::path& path, const Pinned& pinned);

}  // namespace pgolf
