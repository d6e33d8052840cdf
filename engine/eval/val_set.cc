#include "engine/eval/val_set.h"

#include "base/error.h"
#include "engine/data/shard.h"
#include "engine/phase/phase.h"
#include "engine/phase/shards.h"

namespace pgolf {
ValSet::ValSet(ValidationData data, int64_t row)
    : data_(std::move(data)), num_targets_(whole_row_targets(static_cast<int64_t>(data_.tokens.size()), row)) {
  if (num_targets_ <= 0)
    fail(ErrorKind::submission, "the validation set has {} tokens, which is no whole row of {}; prepare more documents",
         data_.tokens.size(), row);
}

ValSet load_val_set(const std::filesystem::path& data_dir, const Config& config, const ShardMemory& known,
                    EventLog& events) {
  const auto val_dir = data_dir / "val";
  open_recorded_shards(val_dir, ShardKind::val, config.model.vocab_size, known, events);
  if (config.data.byte_count == ByteCount::sidecar) {
    open_recorded_shards(val_dir, ShardKind::val_bytes, config.model.vocab_size, known, events);
    return {load_validation(val_dir, config.model.vocab_size, nullptr), config.eval.seq_len};
  }
  const auto tokenizer = data_dir / "tokenizer.model";
  record_file(events, "tokenizer", tokenizer);
  const ByteTables tables = byte_tables(Tokenizer::load(tokenizer), config.data.caseops, config.model.vocab_size);
  return {load_validation(val_dir, config.model.vocab_size, &tables), config.eval.seq_len};
}

}  // namespace pgolf
