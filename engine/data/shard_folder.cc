#include "engine/data/shard_folder.h"

#include <algorithm>
#include <map>
#include <string>

#include "base/error.h"

namespace pgolf {
namespace {

namespace fs = std::filesystem;

constexpr size_t kDigits = 6;
constexpr std::string_view kEnding = ".bin";

void check_folder(const fs::path& folder) {
  std::error_code error;
  const auto status = fs::status(folder, error);
  if (status.type() == fs::file_type::not_found) fail(ErrorKind::not_found, "{}: no such folder", folder.string());
  if (!fs::is_directory(status))
    fail(ErrorKind::usage, "{}: a folder was expected, which holds fineweb_train_*.bin and fineweb_val_*.bin",
         folder.string());
}

// The six digits before ".bin".
int64_t number_of(const fs::path& path, ShardKind kind) {
  const std::string name = path.filename().string(), first = shard_name(kind, 0).string();
  const std::string digits =
      name.substr(0, name.size() - kEnding.size()).substr(first.size() - kEnding.size() - kDigits);
  if (digits.size() != kDigits || digits.find_first_not_of("0123456789") != std::string::npos)
    fail(ErrorKind::submission, "{}: a shard's name ends in six digits, like {}; rename or remove it", path.string(),
         first);
  return std::stoll(digits);
}

void check_regular(const fs::path& path) {
  std::error_code error;
  const auto type = fs::symlink_status(path, error).type();
  if (type == fs::file_type::symlink)
    fail(ErrorKind::submission,
         "{}: a link; a run sees none of what lies elsewhere: put the file itself here (cp -L, or cp -lL for a hard "
         "link)",
         path.string());
  if (type != fs::file_type::regular) fail(ErrorKind::submission, "{}: not a regular file; remove it", path.string());
}

// Whatever bears a shard's name counts, since the submissions' own loaders take `fineweb_train_*.bin`.
std::vector<fs::path> numbered(const fs::path& folder, ShardKind kind, const std::vector<fs::path>& listed) {
  std::map<int64_t, fs::path> by_number;
  for (const fs::path& path : listed) {
    check_regular(path);
    by_number[number_of(path, kind)] = path;
  }
  std::vector<fs::path> out;
  for (const auto& [number, path] : by_number) {
    if (const auto next = static_cast<int64_t>(out.size()); number != next)
      fail(ErrorKind::submission, "{}: {} is missing, but {} is there; get it, or remove those behind the gap",
           folder.string(), shard_name(kind, next).string(), path.filename().string());
    out.push_back(path);
  }
  return out;
}

}  // namespace

ShardFolder list_shard_folder(const fs::path& folder) {
  check_folder(folder);
  ShardFolder out;
  out.train = numbered(folder, ShardKind::train, list_shards(folder, ShardKind::train));
  out.val = numbered(folder, ShardKind::val, list_shards(folder, ShardKind::val));
  if (!has_shards(folder, ShardKind::val_bytes)) return out;
  out.val_bytes = numbered(folder, ShardKind::val_bytes, list_shards(folder, ShardKind::val_bytes));
  if (out.val_bytes.size() < out.val.size())
    fail(ErrorKind::submission, "{}: {} is missing; each of the {} validation shards needs its byte sidecar",
         folder.string(), shard_name(ShardKind::val_bytes, static_cast<int64_t>(out.val_bytes.size())).string(),
         out.val.size());
  if (out.val_bytes.size() > out.val.size())
    fail(ErrorKind::submission, "{}: there is no {} for it; get that shard, or remove the sidecar",
         out.val_bytes[out.val.size()].string(),
         shard_name(ShardKind::val, static_cast<int64_t>(out.val.size())).string());
  return out;
}

void check_even_sizes(const std::vector<Shard>& shards) {
  for (const Shard& shard : shards)
    if (shard.size() == 0)
      fail(ErrorKind::submission, "{}: holds no token; get it again, or remove it", shard.path().string());
  for (size_t i = 1; i < shards.size(); ++i) {
    const int64_t size = shards[i].size(), full = shards[0].size();
    if (size == full || (size < full && i + 1 == shards.size())) continue;
    fail(ErrorKind::submission,
         "{}: {} tokens where the shards before it have {}; all but a shorter last one are alike, so two data sets are "
         "mixed or one was not written to its end",
         shards[i].path().string(), size, full);
  }
}

void check_sidecars(const std::vector<Shard>& shards, const std::vector<Shard>& sidecars) {
  for (size_t i = 0; i < sidecars.size(); ++i)
    if (sidecars[i].size() != shards[i].size())
      fail(ErrorKind::submission, "{}: {} entries for the {} tokens of {}; the two must be of one export",
           sidecars[i].path().string(), sidecars[i].size(), shards[i].size(), shards[i].path().filename().string());
}

}  // namespace pgolf
