// Documents as tokens, to be found again exactly.
#pragma once

#include <cstdint>
#include <mutex>
#include <span>
#include <string>
#include <unordered_map>
#include <unordered_set>

namespace pgolf {

// Where a document starts: in which shard, as the how many-th document that starts there, at which token.
struct DocumentPlace {
  size_t shard = 0;
  int64_t ordinal = 0, position = 0;
};

// A document's tokens, BOS first, in as many pieces as shards that it lies in.
using DocumentPieces = std::span<const std::span<const uint16_t>>;

int64_t length_of(DocumentPieces document);

// Equal documents are those of equal tokens (SHA-256). Most others are told apart by length and ends alone, so that
// looking up a document rarely reads it.
class DocumentSet {
 public:
  // False if an equal document is there already. From several threads at once.
  bool add(DocumentPieces document, const DocumentPlace& place);
  // The place of an equal document; null if there is none. From several threads at once, when no more are added.
  const DocumentPlace* find(DocumentPieces document) const;
  size_t size() const { return places_.size(); }

 private:
  std::mutex mutex_;
  std::unordered_set<uint64_t> outlines_;
  std::unordered_map<std::string, DocumentPlace> places_;  // by SHA-256
};

}  // namespace pgolf
