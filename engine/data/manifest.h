// manifest.json of a data directory, format pgolf.data/2 (docs/data.md). Version 1, which knew only data that `prepare`
// made in its own order, is read too.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "engine/data/overlap.h"
#include "engine/data/tokenizer.h"

namespace pgolf {

inline constexpr std::string_view kDataFormat = "pgolf.data/2";
inline constexpr std::string_view kManifestName = "manifest.json";
inline constexpr std::string_view kTokenizerName = "tokenizer.model";
inline constexpr std::string_view kValTextName = "documents.jsonl";  // in val/

struct FileEntry {
  std::string file;  // relative to the data directory
  int64_t bytes = 0;
  std::string sha256;
};

struct ShardEntry : FileEntry {
  int64_t tokens = 0;
};

// How the shards came to be.
enum class DataOrigin {
  prepared,  // by `prepare`: no training document is a validation document, none is empty
  upstream,  // by `prepare --upstream-order`: what the challenge's script writes, byte for byte
  adopted,   // by others; train/ and val/ hold links to where they lie
};

struct SplitManifest {
  int64_t documents = 0, tokens = 0;  // each document is BOS and its pieces
  int64_t empty_documents = 0;        // of these, a BOS alone
  std::vector<ShardEntry> shards;
};

struct DataManifest {
  std::filesystem::path directory;  // where it was loaded from; not part of the file
  std::string sha256;               // of manifest.json: the identity of the data; not part of the file

  DataOrigin origin = DataOrigin::prepared;
  FileEntry source;  // the documents it was made from; `file` is a name only, "" where they are not known
  int64_t source_documents = 0;

  FileEntry tokenizer;
  bool tokenizer_trained = false;  // on these training documents, by prepare
  TokenizerSettings tokenizer_settings;
  bool caseops = false;
  int64_t shard_tokens = 0;

  SplitManifest train, val;
  int64_t train_documents_dropped = 0;  // identical to a validation document
  Overlap overlap;                      // with validation documents, of what is there
  FileEntry val_text;                   // the validation documents as they were; `file` is "" where they are not known
  int64_t val_text_bytes = 0;           // their UTF-8 length
  int64_t val_table_bytes = 0;          // what the byte tables count over the whole stream
  int64_t val_sidecar_bytes = 0;        // what the sidecar counts; 0 without one
  std::vector<ShardEntry> val_byte_shards;  // the sidecar; only with CaseOps, and not everywhere there

  bool has_text() const { return !val_text.file.empty(); }
  std::filesystem::path val_directory() const { return directory / "val"; }
  std::filesystem::path tokenizer_path() const { return directory / tokenizer.file; }
};

// "prepared", "upstream", "adopted"
const char* origin_name(DataOrigin origin);

// Errors: not_found if `directory` has no manifest; submission, naming the file and key, for one that is damaged, of
// another format, newer, or points outside its directory. The files it names are not opened.
DataManifest load_manifest(const std::filesystem::path& directory);

// Writes manifest.json into `directory` and sets manifest.directory and manifest.sha256.
void save_manifest(DataManifest& manifest, const std::filesystem::path& directory);

}  // namespace pgolf
