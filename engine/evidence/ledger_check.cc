#include "engine/evidence/ledger_check.h"

#include <fmt/format.h>

#include <set>
#include <utility>

#include "base/error.h"
#include "engine/evidence/state_flow.h"

namespace pgolf {
namespace {

std::string text(const TargetRange& range) { return fmt::format("[{}, {})", range.begin, range.end); }

void keep_first(std::optional<LedgerFinding>& slot, LedgerFinding finding) {
  if (!slot || finding.line < slot->line) slot = std::move(finding);
}

// An UPDATE's targets that no score happened before. What they amount to is known later: at the next SYNC, whether
// another rank scored them meanwhile; at a RESET of the scope or its next reader, whether anybody used the result.
struct Suspect {
  int64_t line = 0;
  int rank = 0;
  std::string scope;
  TargetRanges unscored, concurrent;
  bool used = false, of_now = true;  // of_now: made since the last SYNC
  int reset_by = -1;                 // the rank that has since, by its own order
};
using Suspects = std::vector<std::shared_ptr<Suspect>>;

constexpr size_t kMostRanges = size_t{1} << 22;  // 64 bytes each: 256 MiB

}  // namespace

struct LedgerChecker::State {
  LedgerCheck out;
  TargetSet scored;                       // by the headline pass, ever
  TargetSet scored_before_sync;           // by any rank before the last SYNC
  std::map<int, TargetSet> scored_since;  // per rank, since the last SYNC
  StateFlow flow;
  std::map<std::string, Suspects> open, reset_now;  // per scope: not used yet; of these, reset since the last SYNC
  Suspects since_sync, settled;
  size_t ranges_read = 0, suspect_ranges = 0;

  bool headline(const LedgerRecord& record) const { return record.name == out.header.headline; }

  void score(const LedgerRecord& record) {
    ++out.scores;
    out.pass_targets[record.name] += count(record.targets);
    if (!headline(record)) return;
    for (const auto& name : record.reads) {
      use(name, record.rank);
      for (const auto& part : flow.score(record.rank, name, record.targets, record.line)) {
        out.leaked += part.end - part.begin;
        keep_first(out.first_leaked,
                   {record.line, part,
                    fmt::format("line {}: rank {} scores targets {} with state '{}', which an earlier UPDATE has "
                                "already fitted to them",
                                record.line, record.rank, text(part), name)});
      }
    }
    for (const auto& range : record.targets) {
      for (const auto& again : scored.inside(range)) {
        out.repeated += again.end - again.begin;
        keep_first(out.first_repeated,
                   {record.line, again,
                    fmt::format("line {}: pass '{}' scores targets {} again", record.line, record.name, text(again))});
      }
      scored.add(range);
      scored_since[record.rank].add(range);
    }
  }

  void use(const std::string& scope, int rank) {
    for (const auto& suspect : open[scope]) suspect->used = true;
    open[scope].clear();
    for (const auto& suspect : reset_now[scope]) suspect->used |= suspect->reset_by != rank;
  }

  void update(const LedgerRecord& record) {
    ++out.updates;
    out.updated += count(record.targets);
    TargetRanges unscored;
    for (const auto& range : record.targets)
      for (const auto& rest : scored_before_sync.outside(range))
        for (const auto& gap : scored_since[record.rank].outside(rest)) unscored.push_back(gap);
    if (!unscored.empty()) {
      suspect_ranges += unscored.size();
      since_sync.push_back(
          std::make_shared<Suspect>(Suspect{record.line, record.rank, record.name, std::move(unscored), {}}));
      open[record.name].push_back(since_sync.back());
    }
    flow.update(record.rank, record.name, record.targets);
    for (const auto& name : record.reads) {
      if (name == record.name) continue;
      use(name, record.rank);
      flow.copy(record.rank, record.name, name);
    }
  }

  // What another rank does meanwhile may come after it.
  void reset(const LedgerRecord& record) {
    ++out.resets;
    flow.reset(record.rank, record.name);
    Suspects stay;
    for (const auto& suspect : open[record.name]) {
      const bool is_meanwhile = suspect->of_now && suspect->rank != record.rank;
      (is_meanwhile ? stay : reset_now[record.name]).push_back(suspect);
      if (!is_meanwhile) suspect->reset_by = record.rank;
    }
    open[record.name] = std::move(stay);
  }

  // Splits the suspects since the last SYNC into what another rank scored meanwhile and what nobody did, and tells
  // which of them another rank may have used.
  void settle(Suspect& suspect) {
    for (const auto& [rank, others] : scored_since) {
      if (rank == suspect.rank) continue;
      TargetRanges rest;
      for (const auto& range : suspect.unscored) {
        for (const auto& part : others.inside(range)) suspect.concurrent.push_back(part);
        for (const auto& part : others.outside(range)) rest.push_back(part);
      }
      suspect.unscored = rest;
    }
    for (const int rank : flow.readers(suspect.scope)) suspect.used |= rank != suspect.rank;
    suspect.of_now = false;
  }

  void sync() {
    for (const auto& suspect : since_sync) settle(*suspect), settled.push_back(suspect);
    since_sync.clear();
    for (const ScoringRace& race : flow.sync(kMostRanges)) {
      out.leaked += count(race.targets);
      keep_first(out.first_leaked,
                 {race.line, race.targets.front(),
                  fmt::format("line {}: rank {} scores targets {} with state '{}', which another rank may have fitted "
                              "to them meanwhile; no SYNC orders the two",
                              race.line, race.rank, text(race.targets.front()), race.scope)});
    }
    for (const auto& [rank, ranges] : scored_since) scored_before_sync.add(ranges);
    scored_since.clear();
    reset_now.clear();
  }

  // Looks now and then, since to count is not for nothing.
  void bound_memory(const LedgerRecord& record) {
    constexpr size_t kOften = 1 << 16;
    ranges_read += record.targets.size() + record.reads.size() + 1;
    if (ranges_read < kOften) return;
    ranges_read = 0;
    const size_t held = flow.ranges() + scored.intervals() + scored_before_sync.intervals() + suspect_ranges;
    if (held > kMostRanges)
      fail(ErrorKind::submission, "line {}: the ledger has more than {} separate ranges of targets to be kept apart",
           record.line, kMostRanges);
  }

  void judge(const Suspect& suspect) {
    const auto say = [&](const TargetRanges& ranges, std::string_view why) {
      return LedgerFinding{suspect.line, ranges.front(),
                           fmt::format("line {}: rank {} updates '{}' on targets {}, {}", suspect.line, suspect.rank,
                                       suspect.scope, text(ranges.front()), why)};
    };
    const TargetRanges& unscored = suspect.unscored;
    if (!suspect.used) {
      auto all = unscored;
      all.insert(all.end(), suspect.concurrent.begin(), suspect.concurrent.end());
      out.discarded += count(all);
      keep_first(out.first_discarded, say(all, "which were not scored yet; no headline score used the result"));
      return;
    }
    if (!unscored.empty()) {
      out.unscored += count(unscored);
      keep_first(out.first_unscored,
                 say(unscored, fmt::format("which pass '{}' had not scored yet", out.header.headline)));
    }
    if (!suspect.concurrent.empty()) {
      out.concurrent += count(suspect.concurrent);
      keep_first(out.first_concurrent, say(suspect.concurrent, "which another rank scored with no SYNC between"));
    }
  }
};

LedgerChecker::LedgerChecker(const LedgerHeader& header) : state_(std::make_unique<State>()) {
  state_->out.header = header;
}
LedgerChecker::~LedgerChecker() = default;

void LedgerChecker::add(const LedgerRecord& record) {
  state_->bound_memory(record);
  switch (record.op) {
    case LedgerOp::score: return state_->score(record);
    case LedgerOp::update: return state_->update(record);
    case LedgerOp::reset: return state_->reset(record);
    case LedgerOp::sync: ++state_->out.syncs; return state_->sync();
  }
}

LedgerCheck LedgerChecker::finish() {
  auto& out = state_->out;
  state_->sync();
  for (const auto& suspect : state_->settled) state_->judge(*suspect);
  out.scored = state_->scored.size();
  const TargetRange all{0, out.header.targets};
  if (all.end > 0) {
    const auto gaps = state_->scored.outside(all);
    out.missing = count(gaps);
    if (!gaps.empty())
      out.first_missing = {0, gaps.front(),
                           fmt::format("pass '{}' never scores targets {}", out.header.headline, text(gaps.front()))};
  }
  return out;
}

namespace {

// Holds a ledger to its bounds record by record, before anything is kept of it.
class Bounded {
 public:
  Bounded(std::string path, const LedgerBounds& bounds) : path_(std::move(path)), bounds_(bounds) {}

  void hold(const LedgerHeader& header, const LedgerRecord& record) {
    constexpr int64_t kSome = 10'000;
    if (++records_ == 1 && header.world_size > bounds_.world_size) fail_beyond(record, "ranks", bounds_.world_size);
    const double most = kSome + bounds_.records_per_target * static_cast<double>(header.targets);
    if (static_cast<double>(records_) > most) fail_beyond(record, "records", static_cast<int64_t>(most));
    if (record.op == LedgerOp::sync) return;
    (record.op == LedgerOp::score ? passes_ : scopes_).insert(record.name);
    scopes_.insert(record.reads.begin(), record.reads.end());
    if (std::cmp_greater(passes_.size(), bounds_.passes)) fail_beyond(record, "passes", bounds_.passes);
    if (std::cmp_greater(scopes_.size(), bounds_.scopes)) fail_beyond(record, "scopes", bounds_.scopes);
  }

 private:
  [[noreturn]] void fail_beyond(const LedgerRecord& record, const char* what, int64_t most) const {
    fail(ErrorKind::submission, "{}:{}: more than {} {}, which the configuration cannot make", path_, record.line, most,
         what);
  }

  std::string path_;
  const LedgerBounds& bounds_;
  int64_t records_ = 0;
  std::set<std::string> passes_, scopes_;
};

}  // namespace

CheckedLedger check_ledger(const std::filesystem::path& path, const LedgerBounds& bounds) {
  std::optional<LedgerChecker> checker;
  Bounded bounded(path.string(), bounds);
  CheckedLedger out;
  out.summary = read_ledger(path, [&](const LedgerHeader& header, const LedgerRecord& record) {
    if (!checker) checker.emplace(header);
    bounded.hold(header, record);
    checker->add(record);
  });
  if (!checker) checker.emplace(out.summary.header);
  out.check = checker->finish();
  return out;
}

}  // namespace pgolf
