#include "harness/bundle/bundle.h"

#include <algorithm>

#include "base/error.h"
#include "base/file.h"
#include "base/json_guard.h"
#include "base/sha256.h"
#include "base/units.h"
#include "harness/bundle/archive.h"
#include "harness/run/workspace.h"
#include "identity/identity.h"

namespace pgolf {
namespace {

constexpr size_t kLongestPath = 100;  // of a ustar header
constexpr size_t kMostParts = 4;

// The manifest's word on one file.
struct ManifestEntry {
  int64_t bytes = 0;
  std::string sha256;
};

std::map<std::string, ManifestEntry> read_manifest(const std::string& text, const std::string& origin,
                                                   std::string& run) {
  const Json json = parse_json(text, origin);
  const auto format = json_get<std::string>(json, "format", origin);
  if (format != kBundleFormat && format != kFirstBundleFormat) {
    if (format.starts_with("pgolf.bundle/"))
      fail(ErrorKind::submission, "{}: written by a newer pgolf ('{:.40}'); this one reads '{}'", origin, format,
           kBundleFormat);
    fail(ErrorKind::submission, "{}: format '{:.40}' is not '{}'", origin, format, kBundleFormat);
  }
  run = json_get<std::string>(json, "run", origin);
  if (!is_run_id(run)) fail(ErrorKind::submission, "{}: '{:.60}' is no identifier of a run", origin, run);
  std::map<std::string, ManifestEntry> out;
  for (const Json& file : json_get<Json>(json, "files", origin)) {
    const auto path = json_get<std::string>(file, "path", origin);
    const ManifestEntry entry{json_integer(file, "bytes", origin), json_get<std::string>(file, "sha256", origin)};
    if (!out.emplace(path, entry).second) fail(ErrorKind::submission, "{}: names '{:.100}' twice", origin, path);
  }
  return out;
}

// One to one: what is named is there as it is named, and nothing else is.
void check_against(const std::map<std::string, ManifestEntry>& manifest, const BundleContents& contents,
                   std::string_view origin) {
  for (const auto& [path, entry] : manifest) {
    const auto file = contents.files.find(path);
    if (file == contents.files.end())
      fail(ErrorKind::submission, "{}: '{:.100}' is in its manifest but not in the bundle", origin, path);
    if (static_cast<int64_t>(file->second.size()) != entry.bytes)
      fail(ErrorKind::submission, "{}: '{}' has {} bytes, its manifest says {}", origin, path,
           with_commas(static_cast<int64_t>(file->second.size())), with_commas(entry.bytes));
    if (sha256_hex(file->second) != entry.sha256)
      fail(ErrorKind::submission, "{}: '{}' was changed: its SHA-256 is not that of the manifest", origin, path);
  }
  for (const auto& [path, content] : contents.files)
    if (!manifest.contains(path)) fail(ErrorKind::submission, "{}: '{}' is not in its manifest", origin, path);
}

}  // namespace

bool is_bundle_path(std::string_view path) {
  if (path.empty() || path.size() > kLongestPath) return false;
  size_t parts = 0;
  for (size_t at = 0; at <= path.size(); ++parts) {
    const size_t end = std::min(path.find('/', at), path.size());
    const std::string_view part = path.substr(at, end - at);
    if (part.empty() || part.front() == '.') return false;
    if (part.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.") !=
        std::string_view::npos)
      return false;
    at = end + 1;
  }
  return parts <= kMostParts;
}

BundleContents read_bundle(std::string_view bytes, std::string_view origin, const BundleLimits& limits) {
  if (static_cast<int64_t>(bytes.size()) > limits.archive_bytes)
    fail(ErrorKind::limit, "{}: {} bytes; a bundle may have {}", origin,
         with_commas(static_cast<int64_t>(bytes.size())), with_commas(limits.archive_bytes));
  TarFiles files = read_tar(read_zstd_frame(bytes, origin, limits.unpacked_bytes), origin, limits);
  BundleContents out;
  for (auto& [path, content] : files) out.files.emplace(std::move(path), std::move(content));
  const auto manifest = out.files.find(kBundleManifest);
  if (manifest == out.files.end())
    fail(ErrorKind::submission, "{}: has no {}; this is no bundle of pgolf", origin, kBundleManifest);
  const auto named = read_manifest(manifest->second, fmt::format("{}: {}", origin, kBundleManifest), out.run);
  out.files.erase(manifest);
  check_against(named, out, origin);
  return out;
}

std::string read_bundle_file(const std::filesystem::path& file) {
  std::error_code error;
  if (const auto size = std::filesystem::file_size(file, error);
      !error && size > static_cast<std::uintmax_t>(BundleLimits{}.archive_bytes))
    fail(ErrorKind::limit, "{}: {} bytes; a bundle may have {}", file.string(), with_commas(static_cast<int64_t>(size)),
         with_commas(BundleLimits{}.archive_bytes));
  if (std::filesystem::exists(file, error) && !std::filesystem::is_regular_file(file, error))
    fail(ErrorKind::usage, "{}: no regular file", file.string());
  return read_text(file);
}

std::string write_bundle(const BundleContents& contents) {
  Json manifest;
  manifest["format"] = kBundleFormat;
  manifest["pgolf"] = version();
  manifest["run"] = contents.run;
  manifest["files"] = Json::array();
  for (const auto& [path, content] : contents.files) {
    check(is_bundle_path(path) && path != kBundleManifest, "write_bundle: path '{}'", path);
    manifest["files"].push_back({{"path", path}, {"bytes", content.size()}, {"sha256", sha256_hex(content)}});
  }
  TarFiles files = {{kBundleManifest, manifest.dump(2) + "\n"}};
  files.insert(files.end(), contents.files.begin(), contents.files.end());
  return zstd_frame(write_tar(files));
}

const std::string& needed(const BundleContents& contents, const char* path, std::string_view origin) {
  constexpr size_t kMost = 16 << 20;  // parsed it takes many times as much
  const auto file = contents.files.find(path);
  if (file == contents.files.end()) fail(ErrorKind::submission, "{}: has no {}", origin, path);
  if (file->second.size() > kMost) fail(ErrorKind::limit, "{}: {} has more than {} bytes", origin, path, kMost);
  return file->second;
}

}  // namespace pgolf
