#include "engine/eval/val_set.h"

#include "base/error.h"
#include "base/sha256.h"
#include "engine/data/shard.h"

namespace pgolf {
namespace {

void record(EventLog& events, const char* role, const std::filesystem::path& path) {
  events.write(DataEvent{.role = role,
                         .path = path.filename().string(),
                         .sha256 = sha256_file(path),
                         .bytes = static_cast<int64_t>(std::filesystem::file_size(path))});
}

}  // namespace

ValSet::ValSet(ValidationData data, int64_t row)
    : data_(std::move(data)), num_targets_(whole_row_targets(static_cast<int64_t>(data_.tokens.size()), row)) {
  if (num_targets_ <= 0)
    fail(ErrorKind::submission, "the validation set has {} tokens, which is no whole row of {}; prepare more documents",
         data_.tokens.size(), row);
}

ValSet load_val_set(const std::filesystem::path& data_dir, const Config& config, EventLog& events) {
  const auto val_dir = data_dir / "val";
  for (const auto& path : list_shards(val_dir, ShardKind::val)) record(events, "val", path);
  if (config.data.byte_count == ByteCount::sidecar) {
    for (const auto& path : list_shards(val_dir, ShardKind::val_bytes)) record(events, "val", path);
    return {load_validation(val_dir, config.model.vocab_size, nullptr), config.eval.seq_len};
  }
  const auto tokenizer = data_dir / "tokenizer.model";
  record(events, "tokenizer", tokenizer);
  const ByteTables tables = byte_tables(Tokenizer::load(tokenizer), config.data.caseops, config.model.vocab_size);
  return {load_validation(val_dir, config.model.vocab_size, &tables), config.eval.seq_len};
}

}  // namespace pgolf
