// Documents of the validation stream, and the groups in which test-time training with adapters scores them.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "engine/eval/windows.h"

namespace pgolf {

// Tokens [begin, begin + length) from one BOS to the next, both included, so that the next BOS is the last target; the
// last document runs to the end of the stream. Its targets are begin .. begin + length - 2.
struct Document {
  int64_t begin = 0, length = 0;
  int64_t num_targets() const { return length - 1; }
  bool operator==(const Document&) const = default;
};

// In stream order. What comes before the first BOS belongs to none; a BOS at the very end starts none.
std::vector<Document> find_documents(std::span<const int32_t> tokens, int64_t bos_id);

struct DocumentGroup {
  int64_t index = 0;  // in order of length, ascending
  std::vector<Document> documents;
};

// Sorted by length (equal ones in stream order), cut into groups of `size`; the group with the longest document first.
std::vector<DocumentGroup> group_documents(std::vector<Document> documents, int64_t size);

// The window of a document's chunk c of `chunk` targets: its inputs end where the chunk does and begin at most
// `context` tokens before. Length 0 where the document has no such chunk.
Window chunk_window(const Document& document, int64_t c, int64_t chunk, int64_t context);

inline int64_t num_chunks(const Document& document, int64_t chunk) {
  return (document.num_targets() + chunk - 1) / chunk;
}

}  // namespace pgolf
