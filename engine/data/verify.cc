#include "engine/data/verify.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <optional>
#include <unordered_set>
#include <utility>

#include "base/error.h"
#include "base/progress.h"
#include "base/sha256.h"
#include "engine/data/documents.h"
#include "engine/data/encode.h"
#include "engine/data/shard_scan.h"
#include "engine/data/tokenizer.h"

namespace pgolf {
namespace {

constexpr size_t kBatchDocuments = 256;

void require_equal(int64_t found, int64_t stated, std::string_view what) {
  if (found != stated) fail(ErrorKind::submission, "{}: {} found, the manifest has {}", what, found, stated);
}

void require_sum(int64_t counted, int64_t proven, std::string_view counter, std::string_view proof) {
  if (counted != proven) fail(ErrorKind::submission, "{} {} bytes, {} {}", counter, counted, proof, proven);
}

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

class Verification {
 public:
  explicit Verification(const std::filesystem::path& directory) { report_.manifest = load_manifest(directory); }

  VerifyReport run(VerifyScope scope) {
    run_check("tokenizer", [this] { return check_tokenizer(); });
    run_check("val.shards", [this] { return open_split("val", ShardKind::val, manifest().val.shards, val_); });
    if (manifest().caseops)
      run_check("val.byte_shards",
                [this] { return open_split("val", ShardKind::val_bytes, manifest().val_byte_shards, val_bytes_); });
    run_check("val.documents", [this] { return count_val(); });
    if (scope == VerifyScope::everything) {
      run_check("train.shards",
                [this] { return open_split("train", ShardKind::train, manifest().train.shards, train_); });
      run_check("train.documents", [this] { return count_train(); });
      run_check("disjoint", [this] { return check_disjoint(); });
    }
    run_check("val.text", [this] { return check_text(); });
    run_check("val.tokens", [this] { return check_tokens(); });
    run_check("bytes.table", [this] { return check_table_bytes(); });
    if (manifest().caseops) run_check("bytes.sidecar", [this] { return check_sidecar_bytes(); });
    return std::move(report_);
  }

 private:
  const DataManifest& manifest() const { return report_.manifest; }

  // A check that needs what a failed one would have given fails too, and says so.
  bool passed(std::string_view name) const {
    return std::any_of(report_.checks.begin(), report_.checks.end(),
                       [&](const VerifyCheck& c) { return c.name == name && c.passed; });
  }
  void needs(std::initializer_list<const char*> names) const {
    for (const char* name : names)
      if (!passed(name)) fail(ErrorKind::submission, "not checked, because {} failed", name);
  }
  void run_check(const char* name, const std::function<std::string()>& body) {
    VerifyCheck result{.name = name, .passed = false, .detail = {}};
    try {
      result.detail = body();
      result.passed = true;
    } catch (const Error& e) {
      result.detail = e.what();
    }
    report_.checks.push_back(std::move(result));
  }

  std::string check_tokenizer() {
    tokenizer_ = Tokenizer::load(manifest().tokenizer_path());
    if (const std::string hash = sha256_hex(tokenizer_->model()); hash != manifest().tokenizer.sha256)
      fail(ErrorKind::submission, "{}: its SHA-256 {} is not the manifest's {}; it is not the model of these shards",
           manifest().tokenizer_path().string(), hash, manifest().tokenizer.sha256);
    require_equal(tokenizer_->vocab_size(), manifest().tokenizer_settings.vocab_size, "pieces of the tokenizer");
    encoder_.emplace(*tokenizer_, manifest().caseops);
    return fmt::format("{} pieces, SHA-256 {:.12}", tokenizer_->vocab_size(), manifest().tokenizer.sha256);
  }

  std::string open_split(const char* folder, ShardKind kind, const std::vector<ShardEntry>& entries,
                         std::vector<Shard>& shards) {
    shards = open_listed_shards(manifest().directory, folder, kind, entries);
    int64_t tokens = 0;
    for (const Shard& shard : shards) tokens += shard.size();
    return fmt::format("{} files, {} entries, sizes and SHA-256 as in the manifest", shards.size(), tokens);
  }

  std::string count_val() {
    needs({"tokenizer", "val.shards"});
    const SplitScan scan = scan_documents(val_, tokenizer_->vocab_size(), encoder_->bos_id(), "verify val",
                                          [this](const std::string& hash) {
                                            if (!val_hashes_.insert(hash).second) ++report_.val_duplicates;
                                          });
    report_.val_documents = scan.documents, report_.val_tokens = scan.tokens;
    require_equal(scan.documents, manifest().val.documents, "validation documents");
    require_equal(scan.tokens, manifest().val.tokens, "validation tokens");
    return fmt::format("{} documents, {} tokens, {} documents repeat an earlier one", scan.documents, scan.tokens,
                       report_.val_duplicates);
  }

  std::string count_train() {
    needs({"tokenizer", "train.shards"});
    const SplitScan scan = scan_documents(train_, tokenizer_->vocab_size(), encoder_->bos_id(), "verify train",
                                          [this](const std::string& hash) {
                                            if (val_hashes_.contains(hash)) ++report_.train_val_duplicates;
                                          });
    report_.train_documents = scan.documents, report_.train_tokens = scan.tokens;
    require_equal(scan.documents, manifest().train.documents, "training documents");
    require_equal(scan.tokens, manifest().train.tokens, "training tokens");
    if (passed("val.documents"))
      require_equal(scan.documents + report_.val_documents + manifest().train_documents_dropped,
                    manifest().source_documents, "documents in shards and dropped");
    return fmt::format("{} documents, {} tokens", scan.documents, scan.tokens);
  }

  std::string check_disjoint() {
    needs({"val.documents", "train.documents"});
    if (report_.train_val_duplicates > 0)
      fail(ErrorKind::submission, "{} training documents are validation documents too; prepare the data again",
           report_.train_val_duplicates);
    return fmt::format("no training document has the tokens of a validation document ({} were dropped by prepare)",
                       manifest().train_documents_dropped);
  }

  std::string check_text() {
    const auto path = manifest().directory / manifest().val_text.file;
    if (const std::string hash = sha256_file(path); hash != manifest().val_text.sha256)
      fail(ErrorKind::submission, "{}: its SHA-256 {} is not the manifest's {}", path.string(), hash,
           manifest().val_text.sha256);
    DocumentReader reader(path);
    ByteAccount& bytes = report_.bytes;
    while (auto text = reader.next()) bytes.text_bytes += static_cast<int64_t>(text->size());
    bytes.documents = reader.documents();
    require_equal(bytes.documents, manifest().val.documents, "raw validation documents");
    require_equal(bytes.text_bytes, manifest().val_text_bytes, "bytes of raw validation text");
    return fmt::format("{} raw documents, {} bytes of UTF-8", bytes.documents, bytes.text_bytes);
  }

  // Tokenizes the raw text again and compares it with the shards, token by token.
  std::string check_tokens() {
    needs({"tokenizer", "val.shards", "val.text"});
    DocumentReader reader(manifest().directory / manifest().val_text.file);
    Progress progress("verify val text", reader.file_bytes() / 1000, "kB");
    ShardStream stream(val_), sidecar(val_bytes_);
    int64_t number = 0;
    for (bool more = true; more;) {
      std::vector<std::string> texts;
      while (texts.size() < kBatchDocuments && more) {
        auto text = reader.next();
        more = text.has_value();
        if (more) texts.push_back(std::move(*text));
      }
      for (const EncodedDocument& document : encoder_->encode(texts, true)) {
        if (manifest().caseops && passed("val.byte_shards")) compare_sidecar(document, sidecar, number);
        compare(document, stream, number++);
      }
      progress.update(reader.bytes_read() / 1000);
    }
    if (!stream.take(1).empty()) fail(ErrorKind::submission, "the shards go on behind the last document");
    progress.finish();
    return fmt::format("the raw text gives the shards' {} tokens again", report_.val_tokens);
  }

  void compare(const EncodedDocument& document, ShardStream& stream, int64_t number) {
    const auto found = stream.take(document.tokens.size());
    const auto [a, b] = std::mismatch(document.tokens.begin(), document.tokens.end(), found.begin(), found.end());
    if (a != document.tokens.end())
      fail(ErrorKind::submission,
           "the tokenizer or the text does not match the shards: document {}, token {}: {} expected, {} found", number,
           a - document.tokens.begin(), *a, b == found.end() ? "none" : std::to_string(*b));
    ByteAccount& bytes = report_.bytes;
    bytes.outer_bytes += document.outer_bytes;
    bytes.normalised_bytes += document.normalised_bytes;
    bytes.uncounted_bytes += document.uncounted_bytes;
    if (document.normalised_bytes != document.text_bytes) ++bytes.documents_changed;
  }

  void compare_sidecar(const EncodedDocument& document, ShardStream& sidecar, int64_t number) {
    const auto found = sidecar.take(document.original_bytes.size());
    const auto at =
        std::mismatch(document.original_bytes.begin(), document.original_bytes.end(), found.begin(), found.end());
    if (sidecar_problem_.empty() && at.first != document.original_bytes.end())
      sidecar_problem_ = fmt::format("document {}, token {}: the text has {} bytes there, the sidecar {}", number,
                                     at.first - document.original_bytes.begin(), *at.first,
                                     at.second == found.end() ? "none" : std::to_string(*at.second));
  }

  std::string check_table_bytes() {
    needs({"tokenizer", "val.tokens"});
    ByteAccount& bytes = report_.bytes;
    ShardStream stream(val_);
    int32_t previous = encoder_->bos_id();
    for (auto tokens = stream.take(1 << 20); !tokens.empty(); tokens = stream.take(1 << 20))
      for (const uint16_t token : tokens)
        bytes.table_bytes += encoder_->tables().bytes(std::exchange(previous, token), token);
    require_equal(bytes.table_bytes, manifest().val_table_bytes, "bytes by the tables");
    require_sum(bytes.table_bytes, bytes.normalised_bytes - bytes.uncounted_bytes, "the tables count",
                "the tokens spell");
    return fmt::format("{} bytes, as the tokens spell; the raw text has {:+}, from normalisation in {} documents",
                       bytes.table_bytes, bytes.text_bytes - bytes.table_bytes, bytes.documents_changed);
  }

  std::string check_sidecar_bytes() {
    needs({"val.byte_shards", "val.tokens"});
    ByteAccount& bytes = report_.bytes;
    ShardStream stream(val_), sidecar(val_bytes_);
    for (auto tokens = stream.take(1 << 20); !tokens.empty(); tokens = stream.take(1 << 20)) {
      const auto counts = sidecar.take(tokens.size());
      if (counts.size() != tokens.size()) fail(ErrorKind::submission, "the sidecar is shorter than the shards");
      for (size_t i = 0; i < tokens.size(); ++i) {
        bytes.sidecar_bytes += counts[i];
        if (tokens[i] == encoder_->bos_id() && counts[i] != 0)
          fail(ErrorKind::submission, "the sidecar gives a BOS {} bytes", counts[i]);
      }
    }
    if (!sidecar.take(1).empty()) fail(ErrorKind::submission, "the sidecar is longer than the shards");
    require_equal(bytes.sidecar_bytes, manifest().val_sidecar_bytes, "bytes by the sidecar");
    require_sum(bytes.sidecar_bytes, bytes.text_bytes - bytes.outer_bytes, "the sidecar counts",
                "the raw text without its outer blanks has");
    if (!sidecar_problem_.empty()) fail(ErrorKind::submission, "{}", sidecar_problem_);
    return fmt::format("{} bytes = {} of raw text - {} of blanks at the ends of documents", bytes.sidecar_bytes,
                       bytes.text_bytes, bytes.outer_bytes);
  }

  VerifyReport report_;
  std::optional<Tokenizer> tokenizer_;
  std::optional<DocumentEncoder> encoder_;
  std::vector<Shard> val_, val_bytes_, train_;
  std::unordered_set<std::string> val_hashes_;
  std::string sidecar_problem_;  // the first token whose bytes are not the text's
};

}  // namespace

bool VerifyReport::passed() const {
  return std::all_of(checks.begin(), checks.end(), [](const VerifyCheck& c) { return c.passed; });
}

VerifyReport verify_data(const std::filesystem::path& directory, VerifyScope scope) {
  return Verification(directory).run(scope);
}

}  // namespace pgolf
