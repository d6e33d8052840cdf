// What an audit leaves (docs/audit.md): HOME/audits/RUN/ with audit.json, format pgolf.audit/2, the event log and the
// ledger of the second evaluation, and logs and leaves of steps that were trained again. It lies beside the runs and
// not in them, so that no bundle brings or takes one.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "db/rows.h"
#include "harness/run/workspace.h"
#include "judge/audit.h"

namespace pgolf {

// Of a run's environment, under its seal, and in no bundle: SHA-256 of its audit.json; where the data lay.
inline constexpr char kAuditFact[] = "audit_sha256", kAuditDataFact[] = "audit_data_directory";

// Steps that were trained again, from the start (0) or the state after a step on.
struct AuditReplay {
  int64_t from = 0, to = 0;
  std::string events_sha256, leaves_sha256;

  std::string events() const;  // names of the files
  std::string leaves() const;
};

struct AuditNote {
  std::string run, audited_at, config_sha256, artifact_sha256, manifest_sha256;
  std::string engine_sha256, engine_built_sha256;  // that scored; that the auditing pgolf was built with
  std::string cpu, gpu;                            // gpu: "" where it was scored on the CPU
  std::string sandbox;
  double wall_ms = 0;
  std::string events_sha256, ledger_head;
  int64_t seed = 0;              // of the draw of steps
  std::vector<int64_t> drawn{};  // steps; none where the artifact alone was audited
  std::vector<AuditReplay> replays{};
};

// The engine that computed a phase and the device that it ran on: two that are equal give the same bits.
struct ComputedBy {
  std::string engine_sha256, device;  // device: "" of one that need not repeat itself (--fast)
  bool operator==(const ComputedBy&) const = default;
};
// Of a phase of a run whose log names `build`.
ComputedBy computed_there(const RunRecord& record, const char* phase, const std::string& build);
// Of an engine here on a CPU or, unless "", a GPU.
ComputedBy computed_here(const std::string& engine_sha256, const std::string& cpu, const std::string& gpu,
                         const std::string& build);

// The directory of a run's audit.
std::filesystem::path audit_directory(const Workspace& workspace, const std::string& run);

void write_audit_note(const std::filesystem::path& directory, const AuditNote& note);
// Errors: submission for a damaged or newer file; not_found.
AuditNote read_audit_note(const std::filesystem::path& directory);

// What the audit of a run found, its files held against those of the run in `directory`; nothing of a run that nobody
// audited here. Files that are not what was recorded are a problem.
std::optional<AuditFacts> audit_facts(const RunRecord& record, const Workspace& workspace,
                                      const std::filesystem::path& directory);

}  // namespace pgolf
