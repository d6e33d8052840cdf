// Proof that validation shards are what the tokenizer makes of the documents' text.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "engine/data/encode.h"
#include "engine/data/shard.h"

namespace pgolf {

// How the validation text's bytes become the denominator of bits per byte.
struct ByteAccount {
  int64_t documents = 0;
  int64_t text_bytes = 0;        // UTF-8 length of the raw documents
  int64_t outer_bytes = 0;       // blanks at the ends of documents, which no token stands for
  int64_t normalised_bytes = 0;  // UTF-8 length of what the tokens spell
  int64_t uncounted_bytes =
      0;  // of these, what the tables miss by their definition: a space behind BOS, escaped operators
  int64_t documents_changed = 0;  // whose length normalisation changed, ends included
  int64_t table_bytes = 0;        // the byte tables over the shards
  int64_t sidecar_bytes = 0;      // the sidecar over the shards; 0 without one
};

// Tokenizes the documents of `text` again, compares them with `shards` token by token, and fills what the text tells of
// `bytes`: outer, normalised, uncounted, changed. Returns where `sidecars` (which may be empty) first differ from the
// text; "" if nowhere. Errors: submission, naming document and token, where the shards differ; those of DocumentReader;
// what `poll` throws.
std::string prove_text(const std::filesystem::path& text, const DocumentEncoder& encoder,
                       const std::vector<Shard>& shards, const std::vector<Shard>& sidecars, ByteAccount& bytes,
                       const std::function<void()>& poll);

}  // namespace pgolf
