#include "engine/data/twin.h"

#include <algorithm>
#include <random>
#include <set>
#include <unordered_set>

#include "base/error.h"
#include "base/file.h"
#include "base/progress.h"
#include "engine/data/documents.h"
#include "engine/data/encode.h"
#include "engine/data/near_documents.h"
#include "engine/data/shard_sequence.h"
#include "engine/data/split_scan.h"
#include "engine/data/staging.h"
#include "engine/data/tokenizer.h"
#include "engine/data/twin_json.h"

namespace pgolf {
namespace fs = std::filesystem;
namespace {

constexpr size_t kBatchDocuments = 256;

// Documents by the first 64 bits of the SHA-256 of their tokens. Two that share them by chance cost a candidate.
class KnownDocuments {
 public:
  void add(DocumentPieces pieces) {
    Sha256 hash;
    for (const auto& piece : pieces) hash.update(std::as_bytes(piece));
    const uint64_t key = key_of(hash.hex());
    const std::scoped_lock lock(mutex_);
    known_.insert(key);
  }
  bool add_new(const std::string& sha256) { return known_.insert(key_of(sha256)).second; }

 private:
  static uint64_t key_of(const std::string& sha256) { return std::stoull(sha256.substr(0, 16), nullptr, 16); }
  std::mutex mutex_;
  std::unordered_set<uint64_t> known_;
};

void scan(const DataManifest& data, const char* label, const std::function<void()>& poll, const OnDocument& document) {
  const ScanOptions options{.label = label,
                            .vocab_size = data.tokenizer_settings.vocab_size,
                            .bos_id = data.tokenizer_settings.bos_id,
                            .poll = poll};
  for (const auto& [folder, kind] : {std::pair("train", ShardKind::train), std::pair("val", ShardKind::val)}) {
    const SplitScan found = scan_split(open_shards(list_shards(data.directory / folder, kind)), options, document);
    if (!found.problem.empty())
      fail(ErrorKind::submission, "{}: {}", (data.directory / folder).string(), found.problem);
  }
}

struct Candidate {
  int64_t number = 0;  // in the source
  std::string text;
};

// Each fresh document with the same chance: algorithm R (Vitter 1985).
class Reservoir {
 public:
  Reservoir(size_t size, uint64_t seed) : size_(size), random_(seed) {}
  void offer(Candidate candidate) {
    ++offered_;
    if (kept_.size() < size_) return kept_.push_back(std::move(candidate));
    const uint64_t at = random_() % static_cast<uint64_t>(offered_);
    if (at < size_) kept_[at] = std::move(candidate);
  }
  int64_t offered() const { return offered_; }
  // In a random order, in which they are taken.
  std::vector<Candidate> take() {
    for (size_t i = kept_.size(); i > 1; --i) std::swap(kept_[i - 1], kept_[random_() % i]);
    return std::move(kept_);
  }

 private:
  size_t size_;
  std::mt19937_64 random_;
  int64_t offered_ = 0;
  std::vector<Candidate> kept_;
};

class Drawing {
 public:
  Drawing(const TwinOptions& options, const DataManifest& data)
      : options_(options),
        data_(data),
        tokenizer_(Tokenizer::load(data.tokenizer_path())),
        encoder_(tokenizer_, data.caseops) {}

  TwinSet run(const fs::path& root) {
    TwinSet out;
    out.of = data_.sha256;
    std::vector<Candidate> drawn = fresh_candidates(out);
    drop_near(drawn, out);
    if (std::cmp_less(drawn.size(), data_.val.documents))
      fail(ErrorKind::usage,
           "{}: {} of its {} documents are in neither training nor validation, the twin needs {}; name a file of the "
           "same source with more text",
           options_.docs.string(), out.fresh_documents - out.near_documents, out.source_documents, data_.val.documents);
    drawn.resize(static_cast<size_t>(data_.val.documents));
    std::sort(drawn.begin(), drawn.end(), [](const auto& a, const auto& b) { return a.number < b.number; });
    write(drawn, root, out);
    return out;
  }

 private:
  // More than are needed, since some will turn out to be near to what is known.
  std::vector<Candidate> fresh_candidates(TwinSet& out) {
    KnownDocuments known;
    scan(data_, "known documents", options_.poll, [&](const DocumentPlace&, DocumentPieces p) { known.add(p); });
    Reservoir reservoir(static_cast<size_t>(data_.val.documents + data_.val.documents / 4 + 8),
                        std::stoull(data_.sha256.substr(0, 16), nullptr, 16));
    DocumentReader reader(options_.docs, Blanks::keep);
    Progress progress("draw", reader.file_bytes() / 1000, "kB");
    for (std::vector<std::string> texts = next_texts(reader); !texts.empty(); texts = next_texts(reader)) {
      const std::vector<EncodedDocument> documents = encoder_.encode(texts, false);
      for (size_t i = 0; i < documents.size(); ++i) {
        const int64_t number = out.source_documents++;
        if (documents[i].tokens.size() > 1 && known.add_new(documents[i].hash))
          reservoir.offer({number, std::move(texts[i])});
      }
      progress.update(reader.bytes_read() / 1000);
    }
    progress.finish();
    out.source = {options_.docs.filename().string(), reader.file_bytes(), reader.sha256()};
    out.fresh_documents = reservoir.offered();
    return reservoir.take();
  }

  std::vector<std::string> next_texts(DocumentReader& reader) const {
    std::vector<std::string> out;
    while (out.size() < kBatchDocuments) {
      options_.poll();
      auto text = reader.next();
      if (!text) break;
      out.push_back(std::move(*text));
    }
    return out;
  }

  // In order; several are encoded at once.
  template <class Each>
  void each_encoded(const std::vector<Candidate>& documents, bool account, const Each& each) const {
    for (size_t begin = 0; begin < documents.size(); begin += kBatchDocuments) {
      options_.poll();
      std::vector<std::string> texts;
      for (size_t i = begin; i < std::min(begin + kBatchDocuments, documents.size()); ++i)
        texts.push_back(documents[i].text);
      const std::vector<EncodedDocument> encoded = encoder_.encode(texts, account);
      for (size_t i = 0; i < encoded.size(); ++i) each(begin + i, encoded[i]);
    }
  }

  void drop_near(std::vector<Candidate>& drawn, TwinSet& out) const {
    NearDocuments near(tokenizer_);
    each_encoded(drawn, false, [&](size_t i, const EncodedDocument& document) {
      const std::span<const uint16_t> tokens = document.tokens;
      near.add({&tokens, 1}, {0, static_cast<int64_t>(i), 0});
    });
    near.seal();
    scan(data_, "near documents", options_.poll, [&](const DocumentPlace&, DocumentPieces p) { near.look_up(p); });
    std::set<int64_t> found;
    for (const auto& [shard, number] : near.found()) found.insert(number);
    out.near_documents = static_cast<int64_t>(found.size());
    std::vector<Candidate> kept;
    for (size_t i = 0; i < drawn.size(); ++i)
      if (!found.contains(static_cast<int64_t>(i))) kept.push_back(std::move(drawn[i]));
    drawn = std::move(kept);
  }

  void write(const std::vector<Candidate>& drawn, const fs::path& root, TwinSet& out) const {
    ShardSequence tokens(root, "val", ShardKind::val, data_.shard_tokens, Cut::when_full),
        bytes(root, "val", ShardKind::val_bytes, data_.shard_tokens, Cut::when_full);
    AppendFile text(root / "val" / kValTextName);
    each_encoded(drawn, true, [&](size_t i, const EncodedDocument& document) {
      tokens.append(document.tokens), bytes.append(document.original_bytes);
      text.append(document_line(drawn[i].text));
      ++out.documents, out.tokens += static_cast<int64_t>(document.tokens.size()),
          out.text_bytes += document.text_bytes;
    });
    text.sync();
    out.shards = tokens.finish(), out.byte_shards = bytes.finish();
    write_file_atomic(root / kTokenizerName, tokenizer_.model());
    out.tokenizer = file_entry(root, kTokenizerName);
    out.text = file_entry(root, fs::path("val") / kValTextName);
  }

  const TwinOptions& options_;
  const DataManifest& data_;
  Tokenizer tokenizer_;
  DocumentEncoder encoder_;
};

}  // namespace

TwinSet draw_twin(const TwinOptions& options) {
  const DataManifest data = load_manifest(options.data);
  const fs::path target = data.directory / kTwinFolder;
  std::error_code ignored;
  if (fs::exists(target, ignored))
    fail(ErrorKind::usage, "{}: is there already; it stays what it is, since runs may have been scored on it",
         target.string());
  StagingDirectory staging(target);
  staging.create("val");
  const TwinSet out = Drawing(options, data).run(staging.path());
  save_twin(out, staging.path());
  staging.commit();
  return out;
}

}  // namespace pgolf
