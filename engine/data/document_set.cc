#include "engine/data/document_set.h"

#include <algorithm>
#include <array>
#include <functional>
#include <string_view>

#include "base/sha256.h"

namespace pgolf {
namespace {

constexpr int64_t kEndTokens = 8;

std::string hash_of(DocumentPieces document) {
  Sha256 hash;
  for (const auto& piece : document) hash.update(std::as_bytes(piece));
  return hash.hex();
}

// Of its length, its first and its last tokens.
uint64_t outline_of(DocumentPieces document) {
  std::array<uint16_t, 2 * kEndTokens> ends{};
  int64_t taken = 0;
  for (const auto& piece : document)
    for (size_t i = 0; i < piece.size() && taken < kEndTokens; ++i) ends[static_cast<size_t>(taken++)] = piece[i];
  taken = 0;
  for (auto piece = document.rbegin(); piece != document.rend(); ++piece)
    for (size_t i = piece->size(); i > 0 && taken < kEndTokens; --i)
      ends[static_cast<size_t>(kEndTokens + taken++)] = (*piece)[i - 1];
  const std::string_view bytes(reinterpret_cast<const char*>(ends.data()), sizeof ends);
  return std::hash<std::string_view>()(bytes) ^ std::hash<int64_t>()(length_of(document));
}

}  // namespace

int64_t length_of(DocumentPieces document) {
  int64_t length = 0;
  for (const auto& piece : document) length += static_cast<int64_t>(piece.size());
  return length;
}

bool DocumentSet::add(DocumentPieces document, const DocumentPlace& place) {
  const uint64_t outline = outline_of(document);
  std::string hash = hash_of(document);
  const std::lock_guard lock(mutex_);
  outlines_.insert(outline);
  return places_.emplace(std::move(hash), place).second;
}

const DocumentPlace* DocumentSet::find(DocumentPieces document) const {
  if (!outlines_.contains(outline_of(document))) return nullptr;
  const auto it = places_.find(hash_of(document));
  return it == places_.end() ? nullptr : &it->second;
}

}  // namespace pgolf
