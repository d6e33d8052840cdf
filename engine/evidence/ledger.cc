#include "engine/evidence/ledger.h"

#include <map>
#include <optional>
#include <utility>

#include "base/error.h"
#include "base/file.h"
#include "engine/evidence/ledger_format.h"

namespace pgolf {
namespace {

using namespace ledger_format;

constexpr size_t kMaxRangesPerLine = 1024;  // bounds a line to about 20 KB
constexpr size_t kFlushBytes = 1 << 16;

const char* op_name(LedgerOp op) {
  switch (op) {
    case LedgerOp::score: return "SCORE";
    case LedgerOp::update: return "UPDATE";
    case LedgerOp::reset: return "RESET";
    case LedgerOp::sync: return "SYNC";
  }
  return "";
}

std::string body_of(const LedgerRecord& record) {
  std::string out = fmt::format("{{\"op\":\"{}\"", op_name(record.op));
  if (record.op == LedgerOp::sync) return out;
  out += fmt::format(",\"{}\":\"{}\",\"rank\":{}", record.op == LedgerOp::score ? "pass" : "scope", record.name,
                     record.rank);
  if (record.op == LedgerOp::score || !record.reads.empty()) {
    out += ",\"reads\":[";
    for (const auto& scope : record.reads) out += fmt::format("{}\"{}\"", out.back() == '[' ? "" : ",", scope);
    out += "]";
  }
  if (record.op == LedgerOp::reset) return out;
  out += ",\"targets\":\"";
  for (size_t i = 0; i < record.targets.size(); ++i) {
    const auto& range = record.targets[i];
    fmt::format_to(std::back_inserter(out), "{}{}+{}", i ? "," : "", range.begin, range.end - range.begin);
  }
  return out + "\"";
}

}  // namespace

struct Ledger::State {
  State(const std::filesystem::path& path, const LedgerHeader& h) : file(path), header(h) {}

  AppendFile file;
  LedgerHeader header;
  // What a rank did since the last SYNC.
  struct RankRecords {
    std::vector<std::string> bodies;
    LedgerRecord pending;  // the newest, which the next one may join; none if it has no targets
  };
  std::string head, buffer;
  int64_t lines = 0;
  std::map<int, RankRecords> epoch;
  bool closed = false;

  void write_line(std::string body) {
    head = chain(head, body);
    buffer += body;
    buffer += kHashKey;
    buffer += head;
    buffer += "\"}\n";
    ++lines;
    if (buffer.size() >= kFlushBytes) flush();
  }

  static void settle(RankRecords& rank) {
    if (rank.pending.targets.empty()) return;
    rank.bodies.push_back(body_of(rank.pending));
    rank.pending.targets.clear();
  }

  void write_epoch() {
    for (auto& [number, rank] : epoch) {
      settle(rank);
      for (std::string& body : rank.bodies) write_line(std::move(body));
    }
    epoch.clear();
  }

  void flush() {
    if (buffer.empty()) return;
    file.append(buffer);
    buffer.clear();
  }

  void check_rank(int rank) const {
    check(rank >= 0 && rank < header.world_size, "ledger: rank {} of {}", rank, header.world_size);
    check(!closed, "ledger: written to after close()");
  }

  void add(LedgerOp op, std::string_view name, const TargetRanges& targets, const Scopes& reads, int rank) {
    check_rank(rank);
    check(valid_name(name), "ledger: '{}' is not a name", name);
    for (const auto& scope : reads) check(valid_name(scope), "ledger: '{}' is not a scope", scope);
    RankRecords& of = epoch[rank];
    LedgerRecord& pending = of.pending;
    if (pending.op != op || pending.name != name || pending.reads != reads) {
      settle(of);
      pending = {op, 0, rank, std::string(name), reads, {}};
    }
    for (const auto& range : targets) {
      check(range.begin >= 0 && range.begin <= range.end && range.end <= header.targets,
            "ledger: targets [{}, {}) of {}", range.begin, range.end, header.targets);
      if (range.begin == range.end) continue;
      if (!pending.targets.empty() && pending.targets.back().end == range.begin)
        pending.targets.back().end = range.end;
      else
        pending.targets.push_back(range);
      if (pending.targets.size() >= kMaxRangesPerLine) settle(of);
    }
  }
};

Ledger::Ledger(const std::filesystem::path& path, const LedgerHeader& header) {
  std::error_code ignored;
  if (std::filesystem::exists(path, ignored) && std::filesystem::file_size(path, ignored) > 0)
    fail(ErrorKind::usage, "{}: a ledger is there already; write each evaluation into a directory of its own",
         path.string());
  check(valid_name(header.headline) && header.targets >= 0 && header.world_size >= 1,
        "ledger: headline '{}', {} targets, {} ranks", header.headline, header.targets, header.world_size);
  state_ = std::make_unique<State>(path, header);
  state_->write_line(fmt::format("{{\"format\":\"{}\",\"headline\":\"{}\",\"targets\":{},\"world_size\":{}", kVersion,
                                 header.headline, header.targets, header.world_size));
  state_->flush();
}

Ledger::~Ledger() {
  if (state_->closed) return;
  try {
    state_->write_epoch();
    state_->flush();
  } catch (const std::exception&) {
    // The missing END line tells the reader; a destructor has nobody to tell.
  }
}

void Ledger::score(std::string_view pass, const TargetRanges& targets, const Scopes& reads, int rank) {
  state_->add(LedgerOp::score, pass, targets, reads, rank);
}

void Ledger::update(std::string_view scope, const TargetRanges& targets, int rank, const Scopes& reads) {
  state_->add(LedgerOp::update, scope, targets, reads, rank);
}

void Ledger::reset(std::string_view scope, int rank) {
  state_->check_rank(rank);
  check(valid_name(scope), "ledger: '{}' is not a scope", scope);
  State::RankRecords& of = state_->epoch[rank];
  State::settle(of);
  of.bodies.push_back(body_of({LedgerOp::reset, 0, rank, std::string(scope), {}, {}}));
}

void Ledger::sync() {
  state_->check_rank(0);
  state_->write_epoch();
  state_->write_line(body_of({LedgerOp::sync, 0, 0, {}, {}, {}}));
  state_->flush();
}

void Ledger::sync_file() {
  state_->check_rank(0);
  state_->write_epoch();
  state_->flush();
  state_->file.sync();
}

std::string Ledger::close() {
  state_->check_rank(0);
  state_->write_epoch();
  state_->write_line(fmt::format("{{\"op\":\"END\",\"lines\":{}", state_->lines + 1));
  sync_file();
  state_->closed = true;
  return state_->head;
}

void Ledger::merge(const std::vector<std::filesystem::path>& parts) {
  std::vector<std::vector<LedgerRecord>> epochs;
  std::optional<size_t> syncs;
  for (const std::filesystem::path& part : parts) {
    size_t epoch = 0;
    read_ledger(part, [&](const LedgerHeader&, const LedgerRecord& record) {
      if (epochs.size() == epoch) epochs.emplace_back();
      record.op == LedgerOp::sync ? void(++epoch) : epochs[epoch].push_back(record);
    });
    if (!syncs) syncs = epoch;
    if (*syncs != epoch)
      fail(ErrorKind::submission, "{}: {} SYNCs where the ledger of another process has {}", part.string(), epoch,
           *syncs);
  }
  epochs.resize(syncs.value_or(0) + 1);
  for (size_t epoch = 0; epoch < epochs.size(); ++epoch) {
    if (epoch > 0) sync();
    for (const LedgerRecord& r : epochs[epoch]) switch (r.op) {
        case LedgerOp::score: score(r.name, r.targets, r.reads, r.rank); break;
        case LedgerOp::update: update(r.name, r.targets, r.rank, r.reads); break;
        case LedgerOp::reset: reset(r.name, r.rank); break;
        case LedgerOp::sync: break;
      }
  }
}

}  // namespace pgolf
