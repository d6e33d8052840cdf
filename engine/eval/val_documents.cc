#include "engine/eval/val_documents.h"

#include <algorithm>

namespace pgolf {

std::vector<Document> find_documents(std::span<const int32_t> tokens, int64_t bos_id) {
  std::vector<Document> out;
  const auto n = static_cast<int64_t>(tokens.size());
  int64_t begin = -1;
  for (int64_t i = 0; i < n; ++i) {
    if (tokens[static_cast<size_t>(i)] != bos_id) continue;
    if (begin >= 0) out.push_back({begin, i + 1 - begin});
    begin = i;
  }
  if (begin >= 0 && begin + 1 < n) out.push_back({begin, n - begin});
  return out;
}

std::vector<DocumentGroup> group_documents(std::vector<Document> documents, int64_t size) {
  std::stable_sort(documents.begin(), documents.end(),
                   [](const Document& a, const Document& b) { return a.length < b.length; });
  std::vector<DocumentGroup> groups;
  for (size_t first = 0; first < documents.size(); first += static_cast<size_t>(size)) {
    const size_t last = std::min(first + static_cast<size_t>(size), documents.size());
    groups.push_back({static_cast<int64_t>(groups.size()),
                      {documents.begin() + static_cast<std::ptrdiff_t>(first),
                       documents.begin() + static_cast<std::ptrdiff_t>(last)}});
  }
  std::stable_sort(groups.begin(), groups.end(), [](const DocumentGroup& a, const DocumentGroup& b) {
    return a.documents.back().length > b.documents.back().length;
  });
  return groups;
}

Window chunk_window(const Document& document, int64_t c, int64_t chunk, int64_t context) {
  const int64_t first = c * chunk, end = std::min(first + chunk, document.num_targets());
  if (first >= end) return {document.begin, 0, document.begin, document.begin};
  const int64_t begin = std::max<int64_t>(end - context, 0);
  return {document.begin + begin, end - begin, document.begin + first, document.begin + end};
}

}  // namespace pgolf
