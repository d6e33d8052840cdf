// SHA-256 (OpenSSL): the identity of configurations, data files and artifacts, in lower-case hex.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace pgolf {

using Digest = std::array<std::byte, 32>;

class Sha256 {
 public:
  Sha256();
  ~Sha256();
  void update(std::span<const std::byte> bytes);
  void update(std::string_view text);
  Digest digest();  // finishes; call this or hex(), once
  std::string hex();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

Digest sha256(std::span<const std::byte> bytes);
std::string hex(const Digest& digest);
std::string sha256_hex(std::string_view text);
std::string sha256_hex(std::span<const std::byte> bytes);

// Streams. No file that is hashed is larger than a shard of 2^31 tokens or what a phase may write, 4 GiB, so that one
// of holes is not read for days. Errors as base/file.h.
inline constexpr int64_t kMostHashed = int64_t{5} << 30;
std::string sha256_file(const std::filesystem::path& path, int64_t at_most = kMostHashed);

}  // namespace pgolf
