#include "engine/data/shard.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cerrno>
#include <cstring>
#include <limits>
#include <string_view>
#include <utility>

#include "base/error.h"

namespace pgolf {
namespace {

static_assert(std::endian::native == std::endian::little, "shards are little-endian and are mapped as they are");

constexpr int64_t kTokenBytes = sizeof(uint16_t);
constexpr size_t kBufferTokens = 1 << 19;  // 1 MiB a write

std::string_view prefix(ShardKind kind) {
  switch (kind) {
    case ShardKind::train: return "fineweb_train_";
    case ShardKind::val: return "fineweb_val_";
    case ShardKind::val_bytes: return "fineweb_val_bytes_";
  }
  return "";
}

bool is_of_kind(std::string_view name, ShardKind kind) {
  if (!name.starts_with(prefix(kind)) || !name.ends_with(".bin")) return false;
  return kind == ShardKind::val_bytes || name.find("_bytes_") == std::string_view::npos;
}

std::vector<std::filesystem::path> listed(const std::filesystem::path& directory, ShardKind kind) {
  std::error_code error;
  std::vector<std::filesystem::path> out;
  for (const auto& entry : std::filesystem::directory_iterator(directory, error))
    if (is_of_kind(entry.path().filename().string(), kind)) out.push_back(entry.path());
  if (error) fail(ErrorKind::not_found, "{}: {}", directory.string(), error.message());
  std::sort(out.begin(), out.end());
  return out;
}

[[noreturn]] void fail_io(const std::filesystem::path& path, std::string_view action) {
  const int error = errno;
  if (error == ENOSPC || error == EDQUOT)
    fail(ErrorKind::machine, "{}: disk full while {}; free some space and run again", path.string(), action);
  fail(ErrorKind::machine, "{}: {} failed: {}", path.string(), action, std::strerror(error));
}

[[noreturn]] void fail_missing(const std::filesystem::path& path) {
  std::error_code no_link;
  const auto target = std::filesystem::read_symlink(path, no_link);
  if (no_link) fail(ErrorKind::not_found, "{}: no such shard", path.string());
  fail(ErrorKind::not_found,
       "{}: a link to {}, which is not there; put it back, or adopt the shards where they lie now", path.string(),
       target.string());
}

void write_at(int fd, const std::filesystem::path& path, const void* data, size_t size, off_t offset) {
  const char* at = static_cast<const char*>(data);
  while (size > 0) {
    const ssize_t n = ::pwrite(fd, at, size, offset);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) fail_io(path, "writing tokens");
    at += n, size -= static_cast<size_t>(n), offset += n;
  }
}

}  // namespace

std::filesystem::path shard_name(ShardKind kind, int64_t number) {
  return fmt::format("{}{:06d}.bin", prefix(kind), number);
}

std::vector<std::filesystem::path> list_shards(const std::filesystem::path& directory, ShardKind kind) {
  auto out = listed(directory, kind);
  if (out.empty())
    fail(ErrorKind::not_found, "{}: no {}*.bin there; pgolf data prepare makes them", directory.string(), prefix(kind));
  return out;
}

bool has_shards(const std::filesystem::path& directory, ShardKind kind) { return !listed(directory, kind).empty(); }

std::span<const uint16_t> parse_shard(std::span<const std::byte> bytes, const std::string& name) {
  std::array<int32_t, 3> header{};  // magic, version, count
  const auto size = static_cast<int64_t>(bytes.size());
  if (!bytes.empty()) std::memcpy(header.data(), bytes.data(), std::min(sizeof header, bytes.size()));
  if (size < static_cast<int64_t>(sizeof(int32_t)) || header[0] != kShardMagic)
    fail(ErrorKind::submission, "{}: not a token shard (magic number {} is missing)", name, kShardMagic);
  if (size < kShardHeaderBytes)
    fail(ErrorKind::submission, "{}: truncated inside the header ({} of {} bytes); copy or prepare it again", name,
         size, kShardHeaderBytes);
  if (header[1] != kShardVersion)
    fail(ErrorKind::submission, "{}: shard version {}, this program reads version {}", name, header[1], kShardVersion);
  const int64_t count = header[2];
  if (count < 0) fail(ErrorKind::submission, "{}: token count {}; the file was never finished", name, count);
  const int64_t expected = kShardHeaderBytes + kTokenBytes * count;
  if (size != expected)
    fail(ErrorKind::submission, "{}: {}: {} bytes where its {} tokens take {}; copy or prepare it again", name,
         size < expected ? "truncated" : "oversized", size, count, expected);
  return {reinterpret_cast<const uint16_t*>(bytes.data() + kShardHeaderBytes), static_cast<size_t>(count)};
}

Shard Shard::open(const std::filesystem::path& path) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);  // a pipe would wait for its writer
  if (fd < 0 && errno == ENOENT) fail_missing(path);
  if (fd < 0) fail_io(path, "opening");
  struct stat info {};
  if (::fstat(fd, &info) != 0 || !S_ISREG(info.st_mode)) {
    ::close(fd);
    fail(ErrorKind::submission, "{}: not a regular file", path.string());
  }
  Shard shard;
  shard.path_ = path;
  shard.stamp_ = stamp_of(info);
  shard.map_bytes_ = static_cast<size_t>(info.st_size);
  void* map = shard.map_bytes_ == 0 ? nullptr : ::mmap(nullptr, shard.map_bytes_, PROT_READ, MAP_SHARED, fd, 0);
  ::close(fd);
  if (map == MAP_FAILED) fail_io(path, "mapping");
  shard.map_ = map;
  shard.tokens_ = parse_shard({static_cast<const std::byte*>(map), shard.map_bytes_}, path.string());
  return shard;
}

Shard::Shard(Shard&& other) noexcept
    : path_(std::move(other.path_)),
      stamp_(other.stamp_),
      map_(std::exchange(other.map_, nullptr)),
      map_bytes_(other.map_bytes_),
      tokens_(std::exchange(other.tokens_, {})) {}

Shard& Shard::operator=(Shard&& other) noexcept {
  std::swap(path_, other.path_);
  std::swap(stamp_, other.stamp_);
  std::swap(map_, other.map_);
  std::swap(map_bytes_, other.map_bytes_);
  std::swap(tokens_, other.tokens_);
  return *this;
}

Shard::~Shard() {
  if (map_ != nullptr) ::munmap(map_, map_bytes_);
}

void Shard::release() const {
  if (map_ != nullptr) ::madvise(map_, map_bytes_, MADV_DONTNEED);
}

std::vector<Shard> open_shards(const std::vector<std::filesystem::path>& paths) {
  std::vector<Shard> out;
  for (const auto& path : paths) out.push_back(Shard::open(path));
  return out;
}

void check_token_range(const Shard& shard, int64_t vocab_size) {
  check_token_range(shard.tokens(), vocab_size, shard.path().string());
}

void check_token_range(std::span<const uint16_t> tokens, int64_t vocab_size, const std::string& name) {
  const auto bad = std::find_if(tokens.begin(), tokens.end(), [vocab_size](uint16_t t) { return t >= vocab_size; });
  if (bad != tokens.end())
    fail(ErrorKind::submission, "{}: token {} at position {} is beyond the vocabulary of {}", name, *bad,
         bad - tokens.begin(), vocab_size);
}

ShardWriter::ShardWriter(const std::filesystem::path& path)
    : path_(path), fd_(::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644)) {
  if (fd_ < 0) fail_io(path, "creating");
  buffer_.reserve(kBufferTokens);
  write_header(-1);
}

ShardWriter::ShardWriter(ShardWriter&& other) noexcept
    : path_(std::move(other.path_)),
      fd_(std::exchange(other.fd_, -1)),
      count_(other.count_),
      buffer_(std::move(other.buffer_)) {}

ShardWriter::~ShardWriter() {
  if (fd_ >= 0) ::close(fd_);
}

void ShardWriter::append(std::span<const uint16_t> tokens) {
  check(count_ + static_cast<int64_t>(tokens.size()) <= std::numeric_limits<int32_t>::max(),
        "{}: more tokens than the header can count", path_.string());
  while (!tokens.empty()) {
    const size_t n = std::min(tokens.size(), kBufferTokens - buffer_.size());
    buffer_.insert(buffer_.end(), tokens.begin(), tokens.begin() + static_cast<std::ptrdiff_t>(n));
    tokens = tokens.subspan(n);
    count_ += static_cast<int64_t>(n);
    if (buffer_.size() == kBufferTokens) flush();
  }
}

void ShardWriter::finish() {
  flush();
  write_header(static_cast<int32_t>(count_));
  if (::fsync(fd_) != 0) fail_io(path_, "syncing");
  if (::close(std::exchange(fd_, -1)) != 0) fail_io(path_, "closing");
}

void ShardWriter::flush() {
  const int64_t written = count_ - static_cast<int64_t>(buffer_.size());
  write_at(fd_, path_, buffer_.data(), buffer_.size() * kTokenBytes, kShardHeaderBytes + written * kTokenBytes);
  buffer_.clear();
}

void ShardWriter::write_header(int32_t count) {
  std::array<int32_t, kShardHeaderBytes / sizeof(int32_t)> header{kShardMagic, kShardVersion, count};
  write_at(fd_, path_, header.data(), sizeof(header), 0);
}

}  // namespace pgolf
