// Validation documents of which a good part stands in training, though no training document is equal: changed a little,
// cut up, joined, in another case or with other blanks.
#pragma once

#include <atomic>
#include <cstdint>
#include <mutex>
#include <utility>
#include <vector>

#include "engine/data/passages.h"

namespace pgolf {

class NearDocuments {
 public:
  // Of a document's passages, so many must stand in training, in any documents there. A character that is changed in
  // every third line leaves more; texts that only quote the same sources have fewer.
  static constexpr double kShare = 0.25;
  static constexpr int64_t kLeast = 4;  // passages: shorter documents, of about 200 to 400 letters, are found if equal

  explicit NearDocuments(const Tokenizer& tokenizer) : passages_(tokenizer) {}

  // From several threads at once.
  void add(DocumentPieces document, const DocumentPlace& place);
  // When no more are added: makes what was added fast to search. Again: nothing.
  void seal();
  // From several threads at once, after seal().
  void look_up(DocumentPieces document);
  // Where the documents that were found start: shard and ordinal.
  std::vector<std::pair<size_t, int64_t>> found() const;
  // Of the passages of all documents, the share that stands in training.
  double repeated_share() const;

 private:
  struct Entry {
    uint64_t passage;
    uint32_t document;
    auto operator<=>(const Entry&) const = default;
  };
  // each(entry) for every one whose passage stands in training.
  template <class Each>
  void each_repeated(const Each& each) const;

  Passages passages_;
  std::mutex mutex_;
  std::vector<std::pair<size_t, int64_t>> documents_;
  std::vector<Entry> entries_;                     // each passage of each document once; by passage after seal()
  std::vector<uint32_t> slots_;                    // hash table: 1 + index of a passage's first entry, 0: none
  std::vector<std::atomic<uint8_t>> in_training_;  // by slot
};

}  // namespace pgolf
