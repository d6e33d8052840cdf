#include "tests/campaign/audit.h"

#include <algorithm>
#include <set>

#include "base/error.h"
#include "base/json.h"
#include "base/sha256.h"
#include "harness/run/ingest.h"

namespace pgolf::campaign {
namespace fs = std::filesystem;
namespace {

class Auditor {
 public:
  Auditor(const RunRecord& record, const RunDirectory& directory) : r_(record), directory_(directory) {}

  std::vector<std::string> findings() {
    states();
    phases();
    artifacts();
    if (r_.run.state == RunState::done) done();
    leftovers();
    return std::move(findings_);
  }

 private:
  template <class... Args>
  void expect(bool ok, fmt::format_string<Args...> what, Args&&... args) {
    if (!ok) findings_.push_back(r_.run.id + ": " + fmt::format(what, std::forward<Args>(args)...));
  }

  const PhaseRow* phase(const std::string& name) const { return r_.phase(name); }
  bool ended_well(const std::string& name) const { return phase(name) && phase(name)->outcome == "ok"; }
  bool passed(RunState state) const {
    return std::any_of(r_.transitions.begin(), r_.transitions.end(), [&](const auto& t) { return t.state == state; });
  }

  void states() {
    expect(is_final(r_.run.state), "left in state '{}'", run_state_name(r_.run.state));
    expect(!r_.transitions.empty() && r_.transitions.back().state == r_.run.state,
           "the last transition is not the state");
    for (size_t i = 1; i < r_.transitions.size(); ++i)
      expect(may_follow(r_.transitions[i - 1].state, r_.transitions[i].state), "'{}' follows '{}'",
             run_state_name(r_.transitions[i].state), run_state_name(r_.transitions[i - 1].state));
    expect(r_.run.ended_at.empty() != is_final(r_.run.state), "ended_at does not go with the state");
    const bool failed = is_final(r_.run.state) && r_.run.state != RunState::done;
    expect(r_.run.failure.kind.empty() != failed, "failure '{}' in state '{}'", r_.run.failure.kind,
           run_state_name(r_.run.state));
    expect((r_.run.state == RunState::lost) == (r_.run.failure.kind == "lost"), "lost without being lost");
    expect(!passed(RunState::packing) || ended_well("train"), "packing began although training did not end well");
    expect(!passed(RunState::artifact_saved) || ended_well("pack"), "artifact_saved although packing did not end well");
    expect(!passed(RunState::packing) || r_.checkpoint(), "packing without a checkpoint on record");
    expect(!passed(RunState::artifact_saved) || r_.artifact(), "artifact_saved without an artifact");
  }

  void phases() {
    for (const PhaseRow& p : r_.phases) {
      const std::string name = fmt::format("{} (attempt {})", p.name, p.attempt);
      expect(!p.outcome.empty(), "{} is left running", name);
      if (p.outcome == "lost") expect(!p.wall_ms && !p.exit_code, "{} is lost but was measured", name);
      const PhaseDocument document = phase_document(p);
      if (!document.events_sha256.empty()) sealed_log(p, document, name);
      if (p.outcome != "ok") continue;
      expect(p.exit_code == 0 && !p.signal, "{} is ok with another exit code than 0", name);
      expect(p.wall_ms.value_or(0) > 0, "{} is ok without a time", name);
      if (p.name == "train") expect(fs::exists(directory_.checkpoint()), "{} is ok without a checkpoint", name);
      if (p.name == "eval") expect(!document.ledger_head.empty(), "{} is ok without a sealed ledger", name);
      if (p.name == "eval") expect(!document.passes.empty(), "{} is ok without a pass", name);
    }
    if (r_.metrics.contains("val_bpb")) expect(phase("eval") != nullptr, "val_bpb without an evaluation");
    if (r_.metrics.contains("steps")) expect(phase("train") != nullptr, "steps without a training");
  }

  // Of every attempt: what an earlier one left is kept as it was.
  void sealed_log(const PhaseRow& p, const PhaseDocument& document, const std::string& name) {
    const fs::path log = log_of(directory_, p);
    expect(fs::exists(log) && document.events_sha256 == sha256_file(log), "{}: its event log is not the sealed one",
           name);
    if (fs::exists(log) && !document.passes.empty())
      expect(document.passes == logged_passes(read_events(log)), "{}: its passes are not those of its log", name);
  }

  void artifacts() {
    for (const ArtifactRow& a : r_.artifacts) {
      const fs::path file = directory_.root() / a.path;
      expect(ended_well(a.name == "checkpoint" ? "train" : "pack"), "{} saved by a phase that did not end well",
             a.name);
      expect(fs::exists(file) && static_cast<int64_t>(fs::file_size(file)) == a.bytes && sha256_file(file) == a.sha256,
             "the {} on record is not the file", a.name);
    }
  }

  void done() {
    for (const char* name : {"train", "pack", "eval", "diagnose"}) expect(ended_well(name), "done without {}", name);
    expect(r_.judgement && !r_.judgement->verdicts.empty(), "done without verdicts");
    expect(r_.metrics.contains("val_bpb") && r_.metrics.contains("steps"), "done without a result");
    expect(r_.artifact(), "done without an artifact");
  }

  void leftovers() {
    for (const std::string name : {"train", "pack", "eval", "diagnose"}) {
      expect(!fs::exists(directory_.scratch(name)), "the directory of {} is still there", name);
      expect(!fs::exists(directory_.root() / (name + ".data")), "the view of {} is still there", name);
    }
  }

  const RunRecord& r_;
  const RunDirectory& directory_;
  std::vector<std::string> findings_;
};

}  // namespace

std::vector<std::string> audit_run(const Store& store, const Workspace& workspace, const std::string& run) {
  const RunRecord record = store.load_run(run);
  const RunDirectory directory = workspace.run(record.run.id);
  return Auditor(record, directory).findings();
}

std::vector<std::string> audit(const Store& store, const Workspace& workspace) {
  std::vector<std::string> out;
  try {
    store.check_integrity();
  } catch (const Error& e) {
    out.push_back(e.what());
  }
  for (const RunSummary& run : store.list_runs())
    for (std::string& finding : audit_run(store, workspace, run.id)) out.push_back(std::move(finding));
  return out;
}

std::vector<std::string> unknown_directories(const Store& store, const Workspace& workspace) {
  std::set<std::string> known = {"data"};
  for (const RunSummary& run : store.list_runs()) known.insert(run.id);
  std::vector<std::string> out;
  for (const auto& entry : fs::directory_iterator(workspace.home))
    if (entry.is_directory() && !known.contains(entry.path().filename().string()))
      out.push_back(entry.path().filename().string());
  return out;
}

}  // namespace pgolf::campaign
