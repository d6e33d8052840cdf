// The ledger: every SCORE, UPDATE, RESET and SYNC of an evaluation, in the order in which they happened.
//
// It answers one question: did a score ever depend on a token that it scores? The checker (ledger_check.h) reads it as
// a partial order: events of one rank are ordered, events of two ranks only across a SYNC. Format: docs/evidence.md.
//
//   Ledger ledger(dir / "ledger.jsonl", {.headline = "ttt", .targets = n, .world_size = 8});
//   ledger.score("ttt", {{0, 32768}}, {"model", "mixer:r0"}, rank);  // before the loss of these targets is used
//   ledger.update("model", {{0, 32768}}, rank);                       // before the step that trains on them
//   ledger.sync();                                                    // all ranks have met
//   ledger.reset("model", rank);                                      // back to a state that no target has touched
//   ledger.sync_file();                                               // a pass is over: its records are on the disk
//   ledger.close();                                                   // without it the ledger reads as incomplete
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <iosfwd>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace pgolf {

// Targets [begin, end) of the validation stream; target i is token i+1, predicted from tokens 0..i.
struct TargetRange {
  int64_t begin = 0;
  int64_t end = 0;
  bool operator==(const TargetRange&) const = default;
};
using TargetRanges = std::vector<TargetRange>;

// State that an evaluation carries from target to target: "model", "lora:b", "mixer:r0". A scope that exists once per
// rank has the rank in its name. Names: 1 to 64 of A-Z a-z 0-9 _ : . -
using Scopes = std::vector<std::string>;

struct LedgerHeader {
  std::string headline;    // the pass whose mean is the reported result
  int64_t targets = 0;     // targets of the validation stream; the headline pass must score each exactly once
  int64_t world_size = 1;  // ranks 0..world_size-1
  bool operator==(const LedgerHeader&) const = default;
};

enum class LedgerOp { score, update, reset, sync };

struct LedgerRecord {
  LedgerOp op = LedgerOp::sync;
  int64_t line = 0;  // 1-based line in the file
  int rank = 0;
  std::string name;  // pass of a SCORE, scope of an UPDATE or RESET
  Scopes reads;      // SCORE: scopes it reads; UPDATE: scopes other than its own that the new state depends on
  TargetRanges targets;
};

// Writer. Consecutive records of a rank that differ only in their targets become one line, adjacent ranges one range,
// so a pass of 62 M targets in windows of stride 64 is a handful of lines. Between two SYNCs lines stand by rank, since
// nothing else is known of their order: so the file is the same, however ranks take turns, or processes share them.
// Lines are kept until then; sync(), sync_file() and close() write them out.
// Errors: usage if `path` already has content; machine if it cannot be written. Not for concurrent use.
class Ledger {
 public:
  Ledger(const std::filesystem::path& path, const LedgerHeader& header);
  ~Ledger();  // writes what is buffered, but not the END line

  void score(std::string_view pass, const TargetRanges& targets, const Scopes& reads = {"model"}, int rank = 0);
  void update(std::string_view scope, const TargetRanges& targets, int rank = 0, const Scopes& reads = {});
  void reset(std::string_view scope, int rank = 0);
  void sync();  // a barrier that every rank passes

  // Writes what is buffered and fsyncs.
  void sync_file();

  // Writes the END line and fsyncs. Returns the chain's head: the hash that stands for the whole ledger.
  std::string close();

  // All that other ledgers of this header hold, as if this one had been told of it: those of processes that played
  // different ranks of one evaluation and met at each SYNC. Errors: those of read_ledger; submission for ledgers that
  // do not have equally many SYNCs.
  void merge(const std::vector<std::filesystem::path>& parts);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

struct LedgerSummary {
  LedgerHeader header;
  int64_t lines = 0;
  std::string head;       // hash of the last intact line
  bool complete = false;  // has its END line
  bool torn = false;      // the last line was cut short by the writer's death and is left out
};

// Reads a ledger record by record, verifying the hash chain. Errors: submission, "<path>:<line>: ..." for a line that
// was edited, cut, reordered or is not in the format, and for a newer version; not_found if there is no such file.
using OnLedgerRecord = std::function<void(const LedgerHeader&, const LedgerRecord&)>;
LedgerSummary read_ledger(const std::filesystem::path& path, const OnLedgerRecord& on_record);
LedgerSummary read_ledger(std::istream& in, const std::string& name, const OnLedgerRecord& on_record);

}  // namespace pgolf
