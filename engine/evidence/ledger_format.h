// What the ledger's writer and reader share.
#pragma once

#include <string>
#include <string_view>

#include "base/sha256.h"
#include "engine/evidence/ledger.h"

namespace pgolf::ledger_format {

inline constexpr std::string_view kName = "pgolf.ledger/";
inline constexpr std::string_view kVersion = "pgolf.ledger/1";
inline constexpr std::string_view kHashKey = ",\"hash\":\"";
inline constexpr size_t kHexSize = 64;
inline constexpr size_t kTailSize = kHashKey.size() + kHexSize + 2;  // ,"hash":"<64 hex>"}

// hash of line i = SHA-256(hash of line i-1 in hex, then line i up to its hash key); line 1 follows the empty string.
inline std::string chain(std::string_view previous, std::string_view body) {
  Sha256 hash;
  hash.update(previous);
  hash.update(body);
  return hash.hex();
}

inline bool valid_name(std::string_view name) {
  if (name.empty() || name.size() > 64) return false;
  for (const char c : name) {
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    if (!letter && !(c >= '0' && c <= '9') && std::string_view("_:.-").find(c) == std::string_view::npos) return false;
  }
  return true;
}

}  // namespace pgolf::ledger_format
