#include "engine/data/adopt.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <optional>

#include "base/error.h"
#include "base/file.h"
#include "base/sha256.h"
#include "engine/data/adopted_directory.h"
#include "engine/data/encode.h"
#include "engine/data/overlap.h"
#include "engine/data/shard_folder.h"
#include "engine/data/split_scan.h"
#include "engine/data/tokenizer.h"
#include "engine/data/tokenizer_fit.h"
#include "engine/data/upstream_manifest.h"

namespace pgolf {
namespace {

namespace fs = std::filesystem;

constexpr int64_t kRows[] = {1, 1024, 2048};  // all targets; rows of the challenge's first and of its later scripts
constexpr uintmax_t kMostManifestBytes = 16 << 20;  // upstream's has some kB

// One kind of shards, opened, and what a pass over them found.
struct Kind {
  std::vector<Shard> shards;
  SplitScan scan;
  int64_t changed = 0;  // files whose hash is not the one remembered, though nobody seems to have written to them
};

class Adoption {
 public:
  explicit Adoption(const AdoptOptions& options)
      : options_(options), tokenizer_(Tokenizer::load(options.tokenizer)), encoder_(tokenizer_, options.caseops) {
    std::error_code missing;
    folder_ = fs::canonical(options.folder, missing);
    if (missing) folder_ = options.folder;
  }

  AdoptReport run() {
    open();
    scan();
    check_files();
    check_ids();
    check_disjoint();
    check_bytes();
    check_tokenizer();
    check_upstream();
    fill_manifest();
    write_adopted(report_, options_, tokenizer_, target(), links());
    return std::move(report_);
  }

 private:
  void add(const char* name, CheckStatus status, std::string detail) {
    report_.checks.push_back({name, status, std::move(detail)});
  }

  void open() {
    const ShardFolder files = list_shard_folder(folder_);
    if (!files.val_bytes.empty() && !options_.caseops)
      fail(ErrorKind::usage, "{}: a byte sidecar, which belongs to CaseOps data; add --caseops",
           files.val_bytes[0].string());
    train_.shards = open_shards(files.train);
    val_.shards = open_shards(files.val);
    val_bytes_.shards = open_shards(files.val_bytes);
    check_even_sizes(train_.shards);
    check_even_sizes(val_.shards);
    check_sidecars(val_.shards, val_bytes_.shards);
  }

  void scan_kind(Kind& kind, const char* label, bool ids, const OnDocument& document) {
    std::vector<std::string> before(kind.shards.size());
    for (size_t i = 0; i < kind.shards.size() && options_.rehash; ++i) {
      const FileStamp& stamp = kind.shards[i].stamp();
      if (const RememberedShard* known = options_.memory->find(stamp)) before[i] = known->sha256;
      options_.memory->forget(stamp);
    }
    kind.scan = scan_split(kind.shards,
                           {.label = label,
                            .vocab_size = tokenizer_.vocab_size(),
                            .bos_id = ids ? encoder_.bos_id() : -1,
                            .memory = options_.memory,
                            .poll = options_.poll},
                           document);
    for (size_t i = 0; i < kind.shards.size(); ++i)
      if (!before[i].empty() && before[i] != kind.scan.shards[i].sha256) ++kind.changed;
    if (kind.scan.problem.empty()) return;
    fail(ErrorKind::submission, "{}; these are another tokenizer's shards, or damaged: name their own with --tokenizer",
         kind.scan.problem);
  }

  void scan() {
    scan_kind(val_, "adopt validation", true, [this](const DocumentPlace& place, DocumentPieces document) {
      documents_.add(document, place);
      near_.add(document, place);
    });
    near_.seal();
    scan_kind(val_bytes_, "adopt sidecar", false, [](const DocumentPlace&, DocumentPieces) {});
    OverlapFinder finder(documents_, &near_);
    scan_kind(train_, "adopt training", true,
              [&](const DocumentPlace& place, DocumentPieces document) { finder.look_up(place, document); });
    report_.manifest.overlap = finder.result(train_.scan, train_.shards, val_.scan);
  }

  void check_files() {
    int64_t changed = 0;
    for (const Kind* kind : {&train_, &val_, &val_bytes_}) {
      report_.files += static_cast<int64_t>(kind->shards.size());
      report_.remembered += kind->scan.remembered_files();
      changed += kind->changed;
      for (const Shard& shard : kind->shards) report_.file_bytes += static_cast<int64_t>(shard.bytes().size());
    }
    std::string detail = fmt::format("{} files, {:.1f} MB: {} hashed, {} known by size, times and inode", report_.files,
                                     static_cast<double>(report_.file_bytes) / 1e6, report_.files - report_.remembered,
                                     report_.remembered);
    if (changed > 0)
      detail += fmt::format(
          "; {} are not what was remembered, though nobody seems to have written to them: the disk or "
          "the clock is not to be trusted",
          changed);
    add("files", changed > 0 ? CheckStatus::warn : CheckStatus::pass, std::move(detail));
  }

  // Ids of a model with a smaller vocabulary are in range too.
  void check_ids() {
    const int64_t largest = std::max(train_.scan.largest(), val_.scan.largest()), vocabulary = tokenizer_.vocab_size();
    const bool low = largest < vocabulary / 2;
    add("ids", low ? CheckStatus::warn : CheckStatus::pass,
        fmt::format("all below the tokenizer's {}, the largest is {}{}", vocabulary, largest,
                    low ? ": another tokenizer's, with a smaller vocabulary?" : ""));
  }

  void check_disjoint() {
    const Overlap& found = report_.manifest.overlap;
    const double share = found.share_of(val_.scan.documents);
    if (found.all_documents() == 0)
      return add("disjoint", CheckStatus::pass,
                 fmt::format("none of {} validation documents is one of {} training documents, or has a good part of "
                             "its text there",
                             val_.scan.documents, train_.scan.documents));
    const bool beyond = is_beyond_chance(found.all_documents(), val_.scan.documents);
    add("disjoint", beyond ? CheckStatus::fail : CheckStatus::warn,
        fmt::format("{:.2f} % of validation: {}", 100 * share, overlap_text(found)));
  }

  void check_bytes() {
    report_.bytes = count_bytes(val_.shards, val_bytes_.shards, encoder_.tables(), encoder_.bos_id(), kRows);
    const RowBytes& all = report_.bytes.front();
    const bool sidecar = !val_bytes_.shards.empty();
    // A sidecar leaves marks out and counts of the other pieces what they stand for; case changes few of their lengths.
    const bool too_many = sidecar && all.sidecar > all.table + all.table / 100;
    add("bytes", too_many ? CheckStatus::warn : CheckStatus::pass,
        fmt::format(
            "{} targets of {} bytes by the tokenizer's tables{}", all.targets, all.table,
            sidecar ? fmt::format(", {} by the sidecar{}", all.sidecar, too_many ? ": more than the pieces have" : "")
            : options_.caseops ? "; no byte sidecar, which PR 2097 counts by"
                               : ""));
  }

  void check_tokenizer() {
    const TokenizerFit fit = tokenizer_fit(tokenizer_, val_.shards);
    const bool fits = 4 * fit.equal >= 3 * fit.documents;
    add("tokenizer",
        fit.documents == 0 ? CheckStatus::unknown
        : fits             ? CheckStatus::pass
                           : CheckStatus::warn,
        fmt::format("{} of {} validation documents come out the same when decoded and encoded again{}", fit.equal,
                    fit.documents, fits ? "" : ": another tokenizer's, or made-up tokens"));
  }

  void check_upstream() {
    const fs::path file = find_upstream_manifest(folder_);
    if (file.empty()) return;
    if (const auto size = fs::file_size(file); size > kMostManifestBytes)
      return add("upstream.manifest", CheckStatus::unknown,
                 fmt::format("{}: {} bytes are no manifest; the most that is read is {}", file.string(), size,
                             kMostManifestBytes));
    report_.checks.push_back(check_upstream_manifest(read_text(file), file.string(), folder_.filename().string(),
                                                     {.vocab_size = tokenizer_.vocab_size(),
                                                      .bos_id = encoder_.bos_id(),
                                                      .shard_tokens = train_.shards.front().size(),
                                                      .val_files = static_cast<int64_t>(val_.shards.size()),
                                                      .val_documents = val_.scan.documents,
                                                      .val_tokens = val_.scan.tokens,
                                                      .train_files = static_cast<int64_t>(train_.shards.size()),
                                                      .train_documents = train_.scan.documents,
                                                      .train_tokens = train_.scan.tokens}));
    const DataCheck& check = report_.checks.back();
    if (check.status == CheckStatus::fail) fail(ErrorKind::submission, "{}", check.detail);
  }

  static std::vector<ShardEntry> entries(const Kind& kind, const char* folder) {
    std::vector<ShardEntry> out;
    for (size_t i = 0; i < kind.shards.size(); ++i) {
      ShardEntry& entry = out.emplace_back();
      entry.file = (fs::path(folder) / kind.shards[i].path().filename()).string();
      entry.bytes = static_cast<int64_t>(kind.shards[i].bytes().size());
      entry.sha256 = kind.scan.shards[i].sha256;
      entry.tokens = kind.shards[i].size();
    }
    return out;
  }

  static SplitManifest split(const Kind& kind, const char* folder) {
    return {kind.scan.documents, kind.scan.tokens, kind.scan.empty_documents, entries(kind, folder)};
  }

  void fill_manifest() {
    DataManifest& m = report_.manifest;
    m.origin = DataOrigin::adopted;
    m.tokenizer.file = kTokenizerName;
    m.tokenizer.bytes = static_cast<int64_t>(tokenizer_.model().size());
    m.tokenizer.sha256 = sha256_hex(tokenizer_.model());
    m.tokenizer_settings = tokenizer_.settings();
    m.caseops = options_.caseops;
    m.shard_tokens = train_.shards.front().size();
    m.train = split(train_, "train");
    m.val = split(val_, "val");
    m.val_byte_shards = entries(val_bytes_, "val");
    m.val_table_bytes = report_.bytes.front().table;
    m.val_sidecar_bytes = report_.bytes.front().sidecar;
  }

  std::vector<ShardLink> links() const {
    std::vector<ShardLink> out;
    for (const auto& [kind, folder] : {std::pair(&train_, "train"), {&val_, "val"}, {&val_bytes_, "val"}})
      for (const Shard& shard : kind->shards)
        out.push_back({(fs::path(folder) / shard.path().filename()).string(), shard.path()});
    return out;
  }

  // Named after the folder and what is in it, so that one folder with more shards than before is another data set.
  fs::path target() const {
    if (!options_.out.empty()) return options_.out;
    Sha256 key;
    for (const Kind* kind : {&train_, &val_, &val_bytes_})
      for (const ShardFindings& shard : kind->scan.shards) key.update(shard.sha256);
    key.update(fmt::format("{} {} {}", report_.manifest.tokenizer.sha256, options_.caseops, !options_.docs.empty()));
    return options_.home / fmt::format("{}-{:.8}", folder_.filename().string(), key.hex());
  }

  const AdoptOptions& options_;
  fs::path folder_;
  Tokenizer tokenizer_;
  DocumentEncoder encoder_;
  Kind train_, val_, val_bytes_;
  DocumentSet documents_;           // of validation
  NearDocuments near_{tokenizer_};  // to them
  AdoptReport report_;
};

}  // namespace

AdoptReport adopt_data(const AdoptOptions& options) {
  const auto start = std::chrono::steady_clock::now();
  AdoptReport report = Adoption(options).run();
  report.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  return report;
}

}  // namespace pgolf
