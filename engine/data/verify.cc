#include "engine/data/verify.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <optional>

#include "base/error.h"
#include "base/sha256.h"
#include "engine/data/documents.h"
#include "engine/data/encode.h"
#include "engine/data/shard_folder.h"
#include "engine/data/split_scan.h"
#include "engine/data/tokenizer.h"

namespace pgolf {
namespace {

namespace fs = std::filesystem;

// A check that has nothing to go by.
struct Unknown {
  std::string why;
};

void require_equal(int64_t found, int64_t stated, std::string_view what) {
  if (found != stated) fail(ErrorKind::submission, "{}: {} found, the manifest has {}", what, found, stated);
}

void require_sum(int64_t counted, int64_t proven, std::string_view counter, std::string_view proof) {
  if (counted != proven) fail(ErrorKind::submission, "{} {} bytes, {} {}", counter, counted, proof, proven);
}

// The shards that `entries` names, after comparing their counts, and the folder's listing with the entries: a loader
// takes whatever lies there.
std::vector<Shard> open_listed(const fs::path& root, const char* folder, ShardKind kind,
                               const std::vector<ShardEntry>& entries) {
  std::vector<fs::path> listed;
  for (const ShardEntry& entry : entries) listed.push_back(root / entry.file);
  for (const fs::path& path : list_shards(root / folder, kind))
    if (std::find(listed.begin(), listed.end(), path) == listed.end())
      fail(ErrorKind::submission, "{}: not in the manifest; remove it", path.string());
  std::vector<Shard> shards = open_shards(listed);
  for (size_t i = 0; i < shards.size(); ++i)
    if (shards[i].size() != entries[i].tokens)
      fail(ErrorKind::submission, "{}: {} tokens, the manifest has {}", shards[i].path().string(), shards[i].size(),
           entries[i].tokens);
  return shards;
}

class Verification {
 public:
  Verification(const fs::path& directory, const std::function<void()>& poll) : poll_(poll) {
    report_.manifest = load_manifest(directory);
  }

  VerifyReport run(VerifyScope scope) {
    run_check("tokenizer", [this] { return check_tokenizer(); });
    run_check("val.shards", [this, scope] {
      return scan("val", ShardKind::val, manifest().val.shards, val_, val_scan_,
                  [this, scope](const DocumentPlace& place, DocumentPieces document) {
                    if (!val_documents_.add(document, place)) ++report_.val_duplicates;
                    if (scope == VerifyScope::everything) near_->add(document, place);
                  });
    });
    if (has_sidecar()) run_check("val.byte_shards", [this] { return check_byte_shards(); });
    run_check("val.documents", [this] { return count_val(); });
    if (scope == VerifyScope::everything) {
      if (near_) near_->seal();
      OverlapFinder finder(val_documents_, near_ ? &*near_ : nullptr);
      run_check("train.shards", [&] {
        return scan("train", ShardKind::train, manifest().train.shards, train_, train_scan_,
                    [&](const auto& place, DocumentPieces document) { finder.look_up(place, document); });
      });
      run_check("train.documents", [this] { return count_train(); });
      run_check("disjoint", [&] { return check_disjoint(finder); });
    }
    run_check("val.text", [this] { return check_text(); });
    run_check("val.tokens", [this] { return check_tokens(); });
    run_check("bytes.table", [this] { return check_table_bytes(); });
    if (has_sidecar()) run_check("bytes.sidecar", [this] { return check_sidecar_bytes(); });
    return std::move(report_);
  }

 private:
  const DataManifest& manifest() const { return report_.manifest; }
  bool has_sidecar() const { return !manifest().val_byte_shards.empty(); }

  // A check that needs what a failed one would have given fails too, and says so.
  bool is_well(std::string_view name) const {
    return std::none_of(report_.checks.begin(), report_.checks.end(),
                        [&](const DataCheck& c) { return c.name == name && c.status == CheckStatus::fail; });
  }
  void needs(std::initializer_list<const char*> names) const {
    for (const char* name : names)
      if (!is_well(name)) fail(ErrorKind::submission, "not checked, because {} failed", name);
  }
  void run_check(const char* name, const std::function<std::string()>& body) {
    DataCheck result{.name = name, .status = CheckStatus::pass, .detail = {}};
    try {
      result.detail = body();
    } catch (const Unknown& unknown) {
      result.status = CheckStatus::unknown, result.detail = unknown.why;
    } catch (const Error& e) {
      result.status = CheckStatus::fail, result.detail = e.what();
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
    near_.emplace(*tokenizer_);
    return fmt::format("{} pieces, SHA-256 {:.12}", tokenizer_->vocab_size(), manifest().tokenizer.sha256);
  }

  // One pass over the files. What it says of ids and documents is looked at by later checks.
  std::string scan(const char* folder, ShardKind kind, const std::vector<ShardEntry>& entries,
                   std::vector<Shard>& shards, SplitScan& found, const OnDocument& document) {
    shards = open_listed(manifest().directory, folder, kind, entries);
    const bool ids = kind != ShardKind::val_bytes;
    if (ids) needs({"tokenizer"});
    const std::string label = fmt::format("verify {}", folder);
    found = scan_split(shards,
                       {.label = label.c_str(),
                        .vocab_size = ids ? tokenizer_->vocab_size() : 0,
                        .bos_id = ids ? encoder_->bos_id() : -1,
                        .poll = poll_},
                       document);
    for (size_t i = 0; i < shards.size(); ++i)
      if (found.shards[i].sha256 != entries[i].sha256)
        fail(ErrorKind::submission, "{}: its SHA-256 {} is not the manifest's {}", shards[i].path().string(),
             found.shards[i].sha256, entries[i].sha256);
    return fmt::format("{} files, {} entries, sizes and SHA-256 as in the manifest", shards.size(), found.tokens);
  }

  std::string check_byte_shards() {
    SplitScan entries;
    const std::string text = scan("val", ShardKind::val_bytes, manifest().val_byte_shards, val_bytes_, entries,
                                  [](const DocumentPlace&, DocumentPieces) {});
    needs({"val.shards"});
    check_sidecars(val_, val_bytes_);
    return text;
  }

  void check_documents(const SplitScan& found, const SplitManifest& stated, const char* split) const {
    if (!found.problem.empty()) fail(ErrorKind::submission, "{}", found.problem);
    if (manifest().origin == DataOrigin::prepared && found.empty_documents > 0)
      fail(ErrorKind::submission, "{} documents are empty: BOS follows BOS", found.empty_documents);
    require_equal(found.documents, stated.documents, fmt::format("{} documents", split));
    require_equal(found.tokens, stated.tokens, fmt::format("{} tokens", split));
    require_equal(found.empty_documents, stated.empty_documents, fmt::format("empty {} documents", split));
  }

  std::string count_val() {
    needs({"tokenizer", "val.shards"});
    report_.val_documents = val_scan_.documents, report_.val_tokens = val_scan_.tokens;
    check_documents(val_scan_, manifest().val, "validation");
    return fmt::format("{} documents, {} tokens, {} documents repeat an earlier one", val_scan_.documents,
                       val_scan_.tokens, report_.val_duplicates);
  }

  std::string count_train() {
    needs({"tokenizer", "train.shards"});
    report_.train_documents = train_scan_.documents, report_.train_tokens = train_scan_.tokens;
    check_documents(train_scan_, manifest().train, "training");
    if (!manifest().source.file.empty() && is_well("val.documents"))
      require_equal(train_scan_.documents + val_scan_.documents + manifest().train_documents_dropped,
                    manifest().source_documents, "documents in shards and dropped");
    return fmt::format("{} documents, {} tokens", train_scan_.documents, train_scan_.tokens);
  }

  std::string check_disjoint(const OverlapFinder& finder) {
    needs({"val.documents", "train.documents"});
    report_.overlap = finder.result(train_scan_, train_, val_scan_);
    const Overlap &found = report_.overlap, &stated = manifest().overlap;
    if (found.train_documents > 0 && manifest().origin == DataOrigin::prepared)
      fail(ErrorKind::submission, "{} training documents are validation documents too; prepare the data again",
           found.train_documents);
    require_equal(found.train_documents, stated.train_documents, "training documents that are validation documents");
    require_equal(found.val_documents, stated.val_documents, "validation documents in training");
    if (stated.near_documents)
      require_equal(found.near_documents.value_or(0), *stated.near_documents, "validation documents near training");
    const bool beyond = is_beyond_chance(found.all_documents(), val_scan_.documents) ||
                        is_much_text(found.repeated_text.value_or(0), val_scan_.documents);
    if (beyond && manifest().origin == DataOrigin::prepared)
      fail(ErrorKind::submission, "{}{}; train on other documents", overlap_text(found), older_manifest());
    if (found.all_documents() > 0)
      return fmt::format("{}{}{}", stated.all_documents() > 0 ? "as the manifest says, " : "", overlap_text(found),
                         older_manifest());
    return fmt::format(
        "no training document has the tokens of a validation document ({} were dropped by prepare), nor a good part",
        manifest().train_documents_dropped);
  }

  const char* older_manifest() const {
    return manifest().overlap.near_documents ? "" : " (the manifest is from before changed documents were looked for)";
  }

  void needs_text() const {
    if (!manifest().has_text())
      throw Unknown{"the documents' text is not there; adopt the shards with --docs to have it checked"};
  }

  std::string check_text() {
    needs_text();
    const auto path = manifest().directory / manifest().val_text.file;
    DocumentReader reader(path, Blanks::keep);
    ByteAccount& bytes = report_.bytes;
    while (auto text = reader.next()) bytes.text_bytes += static_cast<int64_t>(text->size());
    if (const std::string hash = reader.sha256(); hash != manifest().val_text.sha256)
      fail(ErrorKind::submission, "{}: its SHA-256 {} is not the manifest's {}", path.string(), hash,
           manifest().val_text.sha256);
    bytes.documents = reader.documents();
    require_equal(bytes.documents, manifest().val.documents, "raw validation documents");
    require_equal(bytes.text_bytes, manifest().val_text_bytes, "bytes of raw validation text");
    return fmt::format("{} raw documents, {} bytes of UTF-8", bytes.documents, bytes.text_bytes);
  }

  std::string check_tokens() {
    needs({"tokenizer", "val.shards", "val.text"});
    needs_text();
    static const std::vector<Shard> kNone;
    const bool sidecar = has_sidecar() && is_well("val.byte_shards");
    sidecar_problem_ = prove_text(manifest().directory / manifest().val_text.file, *encoder_, val_,
                                  sidecar ? val_bytes_ : kNone, report_.bytes, poll_);
    return fmt::format("the raw text gives the shards' {} tokens again", report_.val_tokens);
  }

  int64_t bytes_of(const std::vector<Shard>& sidecars, int64_t RowBytes::*counter) const {
    constexpr int64_t kAll[] = {1};
    return count_bytes(val_, sidecars, encoder_->tables(), encoder_->bos_id(), kAll).front().*counter;
  }

  std::string check_table_bytes() {
    needs({"tokenizer", "val.shards", "val.tokens"});
    ByteAccount& bytes = report_.bytes;
    bytes.table_bytes = bytes_of({}, &RowBytes::table);
    require_equal(bytes.table_bytes, manifest().val_table_bytes, "bytes by the tables");
    needs_text();
    require_sum(bytes.table_bytes, bytes.normalised_bytes - bytes.uncounted_bytes, "the tables count",
                "the tokens spell");
    return fmt::format("{} bytes, as the tokens spell; the raw text has {:+}, from normalisation in {} documents",
                       bytes.table_bytes, bytes.text_bytes - bytes.table_bytes, bytes.documents_changed);
  }

  std::string check_sidecar_bytes() {
    needs({"tokenizer", "val.shards", "val.byte_shards", "val.tokens"});
    ByteAccount& bytes = report_.bytes;
    bytes.sidecar_bytes = bytes_of(val_bytes_, &RowBytes::sidecar);
    require_equal(bytes.sidecar_bytes, manifest().val_sidecar_bytes, "bytes by the sidecar");
    needs_text();
    require_sum(bytes.sidecar_bytes, bytes.text_bytes - bytes.outer_bytes, "the sidecar counts",
                "the raw text without its outer blanks has");
    if (!sidecar_problem_.empty()) fail(ErrorKind::submission, "{}", sidecar_problem_);
    return fmt::format("{} bytes = {} of raw text - {} of blanks at the ends of documents", bytes.sidecar_bytes,
                       bytes.text_bytes, bytes.outer_bytes);
  }

  std::function<void()> poll_;
  VerifyReport report_;
  std::optional<Tokenizer> tokenizer_;
  std::optional<DocumentEncoder> encoder_;
  std::vector<Shard> val_, val_bytes_, train_;
  SplitScan val_scan_, train_scan_;
  DocumentSet val_documents_;
  std::optional<NearDocuments> near_;  // to them
  std::string sidecar_problem_;        // the first token whose bytes are not the text's
};

}  // namespace

VerifyReport verify_data(const fs::path& directory, VerifyScope scope, const std::function<void()>& poll) {
  return Verification(directory, poll).run(scope);
}

}  // namespace pgolf
