#include "harness/run/reap.h"

#include "base/error.h"
#include "base/json.h"
#include "base/message.h"
#include "base/notice.h"
#include "db/documents/documents.h"
#include "harness/process/file_lock.h"
#include "harness/process/orphans.h"
#include "harness/run/ingest.h"
#include "harness/run/own_files.h"

namespace pgolf {
namespace fs = std::filesystem;
namespace {

// The lock, or nothing if its supervisor lives. A run without a directory of its own has no supervisor either.
bool is_abandoned(const RunDirectory& directory, std::optional<FileLock>& lock) {
  if (!directory.is_own()) return true;
  lock = FileLock::try_lock(directory.lock());
  return lock.has_value();
}

// What only a living phase needs: its directory, which may be there before its row, and its view of the data.
void remove_leftovers(const RunDirectory& directory) {
  if (!directory.is_own()) return;
  std::error_code ignored;
  for (const std::string_view name : kPhases) {
    const std::string phase(name);
    remove_tree(directory.scratch(phase));
    fs::remove_all(directory.root() / (phase + ".data"), ignored);
  }
}

void mark_lost(Store& store, const std::string& run, const RunDirectory& directory) {
  const RunRecord record = store.load_run(run);
  if (is_final(record.run.state)) return;  // it ended, or another pgolf was faster
  end_open_phases(store, record, directory, kPgolfEnded);
  remove_leftovers(directory);
  store.move(run, RunState::lost, lost_while(record.run));
}

}  // namespace

void end_open_phases(Store& store, const RunRecord& record, const RunDirectory& directory, const std::string& why) {
  for (PhaseRow phase : record.phases) {
    if (!phase.outcome.empty()) continue;
    directory.end_phase(phase.name);
    lose(phase, why);
    PhaseDocument document = phase_document(phase);
    if (directory.is_own()) add_evidence(document, directory, phase.name);
    phase.document = to_text(document);
    store.put_phase(phase);
    if (directory.is_own()) ingest_events(store, record, phase, directory.events(phase.name));
  }
}

int reap_lost_runs(Store& store, const Workspace& workspace) {
  if (store.read_only()) return 0;
  end_orphans();
  int lost = 0;
  for (const RunRow& run : store.unfinished_runs()) {
    const RunDirectory directory = workspace.run(run.id);
    std::optional<FileLock> lock;
    if (!is_abandoned(directory, lock)) continue;
    try {
      store.transact([&] { mark_lost(store, run.id, directory); });
    } catch (const Error& e) {  // rows that were edited: the verb that reads this run says so, others go on
      notice("run {} cannot be marked lost: {}", run.id, e.what());
      continue;
    }
    ++lost;
    notice("run {} is marked lost: its pgolf is gone", run.id);
  }
  return lost;
}

}  // namespace pgolf
