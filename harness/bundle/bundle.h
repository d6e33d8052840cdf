// Bundles: one run in one file, to hand to a stranger and to take from one. Format `pgolf.bundle/2` (docs/bundle.md);
// version 1 had no statement and is read too.
//
// A bundle is a tar archive (ustar, regular files only) in one zstd frame. `manifest.json` names every other file with
// its size and SHA-256; nothing more may be in it. The same contents give the same bytes.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <string_view>

namespace pgolf {

inline constexpr char kBundleFormat[] = "pgolf.bundle/2", kFirstBundleFormat[] = "pgolf.bundle/1";
inline constexpr char kBundleManifest[] = "manifest.json", kRows[] = "run.json", kPinned[] = "pinned.json";

struct BundleContents {
  std::string run;                           // identifier
  std::map<std::string, std::string> files;  // content by path; the manifest is not among them
};

// A file that every bundle has, to be parsed. Errors: submission without it; limit beyond 16 MiB.
const std::string& needed(const BundleContents& contents, const char* path, std::string_view origin);

// What a bundle may ask of the machine that reads it.
struct BundleLimits {
  int64_t archive_bytes = int64_t{128} << 20;
  int64_t unpacked_bytes = int64_t{256} << 20;  // of the whole tar archive
  int64_t file_bytes = int64_t{256} << 20;
  int64_t files = 1000;
};

// Takes a bundle apart in memory. A pure function of the bytes; nothing is written.
// Errors, one line naming `origin`: submission for what is no bundle, cut short, written by a newer pgolf, or does not
// match its manifest, for a path that leads outside or is unusual, for anything but regular files, for a name that
// comes twice; limit for what is larger than `limits`.
BundleContents read_bundle(std::string_view bytes, std::string_view origin, const BundleLimits& limits = {});

// The bytes of a file, whose size is looked at before it is read. Errors: limit; usage for what is no regular file;
// those of base/file.h.
std::string read_bundle_file(const std::filesystem::path& file);

// Errors: check() if a path is not one that read_bundle takes.
std::string write_bundle(const BundleContents& contents);

// Letters, digits, '-', '_' and '.', up to four parts separated by '/', none of them starting with '.'; at most 100
// characters: a name that means the same inside a directory on every machine.
bool is_bundle_path(std::string_view path);

}  // namespace pgolf
