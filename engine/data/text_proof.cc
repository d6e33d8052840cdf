#include "engine/data/text_proof.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "base/error.h"
#include "base/progress.h"
#include "engine/data/documents.h"

namespace pgolf {
namespace {

constexpr size_t kBatchDocuments = 256;

// Values of consecutive shards, taken from the front.
class ShardStream {
 public:
  explicit ShardStream(const std::vector<Shard>& shards) : shards_(shards) {}

  std::vector<uint16_t> take(size_t n) {
    std::vector<uint16_t> out;
    while (out.size() < n && shard_ < shards_.size()) {
      const auto rest = shards_[shard_].tokens().subspan(at_);
      const size_t k = std::min(n - out.size(), rest.size());
      out.insert(out.end(), rest.begin(), rest.begin() + static_cast<std::ptrdiff_t>(k));
      at_ += k;
      if (k == rest.size()) ++shard_, at_ = 0;
    }
    return out;
  }

 private:
  const std::vector<Shard>& shards_;
  size_t shard_ = 0, at_ = 0;
};

struct Difference {
  int64_t token;
  uint16_t expected;
  std::string found;
};

std::optional<Difference> first_difference(const std::vector<uint16_t>& expected, const std::vector<uint16_t>& found) {
  const auto [a, b] = std::mismatch(expected.begin(), expected.end(), found.begin(), found.end());
  if (a == expected.end()) return std::nullopt;
  return Difference{a - expected.begin(), *a, b == found.end() ? "none" : std::to_string(*b)};
}

void add(ByteAccount& bytes, const EncodedDocument& document) {
  bytes.outer_bytes += document.outer_bytes;
  bytes.normalised_bytes += document.normalised_bytes;
  bytes.uncounted_bytes += document.uncounted_bytes;
  if (document.normalised_bytes != document.text_bytes) ++bytes.documents_changed;
}

}  // namespace

std::string prove_text(const std::filesystem::path& text, const DocumentEncoder& encoder,
                       const std::vector<Shard>& shards, const std::vector<Shard>& sidecars, ByteAccount& bytes,
                       const std::function<void()>& poll) {
  DocumentReader reader(text, Blanks::keep);
  Progress progress("verify val text", reader.file_bytes() / 1000, "kB");
  ShardStream stream(shards), entries(sidecars);
  std::string sidecar_problem;
  int64_t number = 0;
  for (bool more = true; more;) {
    std::vector<std::string> texts;
    while (texts.size() < kBatchDocuments && more) {
      poll();
      auto next = reader.next();
      more = next.has_value();
      if (more) texts.push_back(std::move(*next));
    }
    for (const EncodedDocument& document : encoder.encode(texts, true)) {
      if (const auto d = first_difference(document.tokens, stream.take(document.tokens.size())))
        fail(ErrorKind::submission,
             "the tokenizer or the text does not match the shards: document {}, token {}: {} expected, {} found",
             number, d->token, d->expected, d->found);
      if (!sidecars.empty() && sidecar_problem.empty())
        if (const auto d = first_difference(document.original_bytes, entries.take(document.original_bytes.size())))
          sidecar_problem = fmt::format("document {}, token {}: the text has {} bytes there, the sidecar {}", number,
                                        d->token, d->expected, d->found);
      add(bytes, document);
      ++number;
    }
    progress.update(reader.bytes_read() / 1000);
  }
  if (!stream.take(1).empty()) fail(ErrorKind::submission, "the shards go on behind the last document");
  progress.finish();
  return sidecar_problem;
}

}  // namespace pgolf
