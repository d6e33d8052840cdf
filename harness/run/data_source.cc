#include "harness/run/data_source.h"

#include <unistd.h>

#include <algorithm>

#include "base/error.h"
#include "base/notice.h"
#include "base/sha256.h"
#include "engine/data/documents.h"
#include "engine/data/prepare.h"
#include "engine/data/tokenizer.h"
#include "harness/process/file_lock.h"
#include "harness/process/interrupts.h"
#include "harness/run/data_sources.h"
#include "harness/run/demo_corpus.h"
#include "harness/run/own_files.h"

namespace pgolf {
namespace fs = std::filesystem;
namespace {

constexpr int64_t kChallengeValDocs = 50'000;
constexpr int64_t kValDocsPart = 20;
constexpr int64_t kDemoValDocs = 64;  // about 22,000 tokens, which two cores score in seconds

// Counts documents; refuses bad lines before anything is prepared.
struct Survey {
  int64_t documents = 0;
  std::string sha256;
};
Survey survey(const fs::path& docs) {
  DocumentReader reader(docs);
  while (reader.next()) {
  }
  return {reader.documents(), reader.sha256()};
}

// Small enough that every rank of a loader that deals out whole shards has some: a token is seldom less than two bytes.
int64_t shard_tokens(const fs::path& docs, int64_t world_size) {
  const auto bytes = static_cast<int64_t>(fs::file_size(docs));
  return std::clamp<int64_t>(bytes / (8 * world_size), 10'000, kShardTokens);
}

void stop_if_interrupted() {
  if (Interrupts::count() > 0) throw Interrupted{"interrupted while preparing data; nothing was left behind"};
}

DataManifest prepare_once(PrepareOptions options, const Survey& found, const Workspace& workspace,
                          const std::string& name) {
  Sha256 key;
  key.update(fmt::format("{} {} {} {} {} {}", found.sha256, options.val_docs, options.train_vocab_size, options.caseops,
                         *options.shard_tokens,
                         options.tokenizer.empty() ? "" : sha256_hex(Tokenizer::load(options.tokenizer).model())));
  options.out = workspace.data(fmt::format("{}-{}", name, key.hex().substr(0, 8)));
  own_directory(workspace, "data");
  // Two runs that want the same data: the second waits for the first.
  auto lock = FileLock::try_lock(options.out.string() + ".lock");
  while (!lock) {
    stop_if_interrupted();
    ::usleep(200'000);
    lock = FileLock::try_lock(options.out.string() + ".lock");
  }
  if (!fs::exists(options.out / kManifestName)) {
    notice("preparing {} into {}", options.docs.string(), options.out.string());
    options.poll = stop_if_interrupted;
    prepare_data(options);
  }
  return load_manifest(options.out);
}

void check_fit(const DataManifest& data, const Config& config) {
  const std::string where = data.directory.string();
  const int64_t vocabulary = data.tokenizer_settings.vocab_size;
  if (vocabulary != config.model.vocab_size)
    fail(ErrorKind::usage,
         "{}: its tokenizer has {} entries, the configuration {}; use --set model.vocab_size={} or prepare data with "
         "such a tokenizer",
         where, vocabulary, config.model.vocab_size, vocabulary);
  if (data.caseops != config.data.caseops)
    fail(ErrorKind::usage, "{}: prepared {} CaseOps, the configuration has data.caseops={}; prepare the data again",
         where, data.caseops ? "with" : "without", config.data.caseops);
  if (config.data.byte_count == ByteCount::sidecar && data.val_byte_shards.empty())
    fail(ErrorKind::usage, "{}: it has no byte sidecar (fineweb_val_bytes_*.bin), by which this submission counts",
         where);
  const bool shuffles = config.train.loader == Loader::shuffled || config.quant.scheme == QuantScheme::gptq;
  const auto shards = static_cast<int64_t>(data.train.shards.size());
  if (shuffles && shards < config.train.world_size)
    fail(ErrorKind::usage,
         "{}: {} training shards, but each of {} ranks draws from shards of its own; prepare the data with a smaller "
         "--shard-tokens or set train.world_size={}",
         where, shards, config.train.world_size, shards);
}

// `file` of the manifest, or what its link leads to.
void check_there(const DataManifest& data, const FileEntry& entry) {
  const fs::path file = data.directory / entry.file;
  std::error_code missing, no_link;
  const auto size = fs::file_size(file, missing);
  if (missing) {
    const fs::path target = fs::read_symlink(file, no_link);
    fail(ErrorKind::not_found, "{}: {}; bring it back, or {} the data again", file.string(),
         no_link ? "no such file" : "its link leads to " + target.string() + ", which is not there",
         data.origin == DataOrigin::adopted ? "adopt" : "prepare");
  }
  if (size != static_cast<uintmax_t>(entry.bytes))
    fail(ErrorKind::submission, "{}: {} bytes where its manifest has {}; bring back the file that it was",
         file.string(), size, entry.bytes);
}

}  // namespace

void check_files(const DataManifest& data, bool training) {
  check_there(data, data.tokenizer);
  for (const auto* shards : {&data.train.shards, &data.val.shards, &data.val_byte_shards})
    for (const ShardEntry& shard : *shards)
      if (training || shards != &data.train.shards) check_there(data, shard);
}

void note_extent(const DataExtent& extent, const DataManifest& data) {
  const ExtentFinding found = compare_extent(extent, static_cast<int64_t>(data.train.shards.size()), data.train.tokens);
  if (found.same == SameExtent::no)
    notice("other training data than the submission's, so its number cannot be reproduced: {}", found.reason);
  if (found.same == SameExtent::unknown)
    notice("whether these are as many training data as the submission's is not known: {}", found.reason);
}

PinnedData pinned_data(const DataManifest& manifest) {
  return {fs::absolute(manifest.directory).lexically_normal().filename().string(), manifest.sha256};
}

DataManifest obtain_data(const DataRequest& request, const Config& config, const Workspace& workspace) {
  if (!request.data.empty() && !request.docs.empty()) fail(ErrorKind::usage, "--data and --docs exclude each other");
  if (!request.data.empty() && (!request.tokenizer.empty() || request.val_docs > 0))
    fail(ErrorKind::usage, "--tokenizer and --val-docs are for --docs; what --data names is prepared already");
  if (request.data.empty() && request.docs.empty() && !request.demo)
    fail(ErrorKind::usage,
         "no data: name a prepared directory with --data DIR (see pgolf data prepare) or documents with --docs FILE");
  DataManifest manifest;
  if (!request.data.empty()) {
    manifest = load_manifest(request.data);
    check_files(manifest, true);
  } else {
    PrepareOptions options;
    options.docs = request.docs;
    options.caseops = config.data.caseops;
    options.tokenizer = request.tokenizer;
    if (options.tokenizer.empty()) options.train_vocab_size = config.model.vocab_size;
    std::string name = "demo";
    if (options.docs.empty()) {
      options.docs = workspace.data("demo.jsonl");
      fs::create_directories(options.docs.parent_path());
      write_demo_corpus(options.docs);
    } else {
      name = options.docs.stem().string();
    }
    const Survey found = survey(options.docs);
    options.shard_tokens = shard_tokens(options.docs, config.train.world_size);
    options.val_docs = request.val_docs > 0 ? request.val_docs
                       : request.docs.empty()
                           ? kDemoValDocs
                           : std::clamp<int64_t>(found.documents / kValDocsPart, 1, kChallengeValDocs);
    manifest = prepare_once(options, found, workspace, name);
    note_sources(manifest.directory, {options.docs});
    if (request.docs.empty()) note_sources(manifest.directory, {manual_directory()});
  }
  check_fit(manifest, config);
  return manifest;
}

}  // namespace pgolf
