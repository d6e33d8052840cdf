#include "engine/evidence/ledger_check.h"

#include <fmt/format.h>

#include "engine/evidence/target_set.h"

namespace pgolf {
namespace {

std::string text(const TargetRange& range) { return fmt::format("[{}, {})", range.begin, range.end); }

void keep_first(std::optional<LedgerFinding>& slot, LedgerFinding finding) {
  if (!slot) slot = std::move(finding);
}

// An UPDATE's targets that no score happened before. What they amount to is known later: at the next SYNC, whether
// another rank scored them meanwhile; at the scope's RESET or next reader, whether anybody used the result.
struct Suspect {
  int64_t line = 0;
  int rank = 0;
  std::string scope;
  TargetRanges unscored, concurrent;
  bool used = false;
};

struct Scope {
  TargetSet seen;
  int64_t version = 0;                         // of `seen`
  std::map<std::string, int64_t> merged;       // versions of other scopes' `seen` that are in it already
  std::vector<std::shared_ptr<Suspect>> open;  // nobody has read or reset the scope since these updates
};

}  // namespace

struct LedgerChecker::State {
  LedgerCheck out;
  TargetSet scored;                                             // by the headline pass, ever
  TargetSet scored_before_sync;                                 // by any rank before the last SYNC
  std::map<int, TargetSet> scored_since;                        // per rank, since the last SYNC
  std::map<std::pair<int, std::string>, TargetSet> read_since;  // per rank and scope read, since the last SYNC
  std::map<std::string, Scope> scopes;
  std::vector<std::shared_ptr<Suspect>> since_sync, settled;

  bool headline(const LedgerRecord& record) const { return record.name == out.header.headline; }

  void score(const LedgerRecord& record) {
    ++out.scores;
    out.pass_targets[record.name] += count(record.targets);
    if (!headline(record)) return;
    for (const auto& name : record.reads) {
      use(scopes[name]);
      check_leak(record, name, scopes[name].seen);
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
      for (const auto& name : record.reads) read_since[{record.rank, name}].add(range);
    }
  }

  void check_leak(const LedgerRecord& record, const std::string& scope, const TargetSet& seen) {
    if (seen.empty()) return;
    for (const auto& range : record.targets)
      for (const auto& part : seen.inside(range)) {
        out.leaked += part.end - part.begin;
        keep_first(out.first_leaked,
                   {record.line, part,
                    fmt::format("line {}: rank {} scores targets {} with state '{}', which an earlier UPDATE has "
                                "already fitted to them",
                                record.line, record.rank, text(part), scope)});
      }
  }

  static void use(Scope& scope) {
    for (const auto& suspect : scope.open) suspect->used = true;
    scope.open.clear();
  }

  void update(const LedgerRecord& record) {
    ++out.updates;
    out.updated += count(record.targets);
    auto& scope = scopes[record.name];
    TargetRanges unscored;
    for (const auto& range : record.targets)
      for (const auto& rest : scored_before_sync.outside(range))
        for (const auto& gap : scored_since[record.rank].outside(rest)) unscored.push_back(gap);
    if (!unscored.empty()) suspect(record, scope, unscored);

    for (const auto& range : record.targets)
      if (!scope.seen.contains(range)) scope.seen.add(range), ++scope.version;
    for (const auto& name : record.reads) {
      if (name == record.name) continue;
      auto& source = scopes[name];
      use(source);
      if (source.seen.empty() || scope.merged[name] == source.version) continue;
      scope.merged[name] = source.version;
      scope.seen.add(source.seen), ++scope.version;
    }
  }

  void suspect(const LedgerRecord& record, Scope& scope, const TargetRanges& unscored) {
    auto suspect = std::make_shared<Suspect>(Suspect{record.line, record.rank, record.name, unscored, {}, false});
    scope.open.push_back(suspect);
    since_sync.push_back(suspect);
    // A score by another rank that reads this very scope, with no SYNC between: it may have seen the update.
    for (const auto& [key, read] : read_since) {
      if (key.first == record.rank || key.second != record.name) continue;
      for (const auto& range : unscored)
        for (const auto& part : read.inside(range)) {
          out.leaked += part.end - part.begin;
          keep_first(out.first_leaked,
                     {record.line, part,
                      fmt::format("line {}: rank {} updates '{}' on targets {} while rank {} scores them with it; no "
                                  "SYNC orders the two",
                                  record.line, record.rank, record.name, text(part), key.first)});
        }
    }
  }

  void reset(const LedgerRecord& record) {
    ++out.resets;
    auto& scope = scopes[record.name];
    scope.seen.clear();
    ++scope.version;
    scope.merged.clear();
    scope.open.clear();
  }

  // Splits the suspects since the last SYNC into what another rank scored meanwhile and what nobody did.
  void sync() {
    for (const auto& suspect : since_sync) {
      for (const auto& [rank, others] : scored_since) {
        if (rank == suspect->rank) continue;
        TargetRanges rest;
        for (const auto& range : suspect->unscored) {
          for (const auto& part : others.inside(range)) suspect->concurrent.push_back(part);
          for (const auto& part : others.outside(range)) rest.push_back(part);
        }
        suspect->unscored = rest;
      }
      settled.push_back(suspect);
    }
    since_sync.clear();
    for (const auto& [rank, ranges] : scored_since) scored_before_sync.add(ranges);
    scored_since.clear();
    read_since.clear();
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

CheckedLedger check_ledger(const std::filesystem::path& path) {
  std::optional<LedgerChecker> checker;
  CheckedLedger out;
  out.summary = read_ledger(path, [&](const LedgerHeader& header, const LedgerRecord& record) {
    if (!checker) checker.emplace(header);
    checker->add(record);
  });
  if (!checker) checker.emplace(out.summary.header);
  out.check = checker->finish();
  return out;
}

}  // namespace pgolf
