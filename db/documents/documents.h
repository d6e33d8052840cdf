// The JSON documents that rows of the record hold, as types. Each has one reader and one writer.
//
// A reader that takes a row is for what is on record; errors: database, if the document is damaged. One that takes a
// text and an origin is for what comes from elsewhere; errors: submission, naming origin and key. A member that an
// older pgolf did not write has its default.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "db/attempts.h"
#include "db/passes.h"
#include "db/rows.h"
#include "resolve/submission.h"

namespace pgolf {

// PhaseRow::document: what the harness saw of a phase from outside.
struct PhaseDocument {
  std::string engine_sha256;         // of the program that ran it
  std::vector<std::string> visible;  // roles of the data files that it could open: "train", "val"
  bool network = true;               // it could reach one
  bool user_namespaces = true;       // it could make some
  std::map<std::string, std::string> environment;
  std::map<std::string, double> span_ms;         // between the arrivals of a part's phase_start and phase_end, by part
  std::map<std::string, double> late_ms;         // what such a time may be too long by: we had to wait for our turn
  bool watched = false;                          // its system calls were
  std::vector<Attempt> denied;                   // what it tried and was refused
  std::map<std::string, std::string> libraries;  // that it opened: path to SHA-256; "" of one that was its own
  std::vector<std::string> left_behind;          // files that it left in its directory and should not
  std::string over;                              // the limit that ended it: "time", "memory"; "" for none
  int64_t remembered_hashes = 0;                 // of its data files, taken from an earlier reading
  std::string events_sha256;                     // of its log when it ended; "" if that was not recorded
  std::vector<ScoringPass> passes;               // of an evaluation or diagnosis
  std::string ledger_head;                       // of an evaluation
};
PhaseDocument phase_document(const PhaseRow& row);
PhaseDocument parse_phase_document(std::string_view text, std::string_view origin);
Json to_json(const PhaseDocument& document);
std::string to_text(const PhaseDocument& document);

// ArtifactRow::document: the bytes of the artifact by class; none of a checkpoint.
struct ClassBytes {
  std::string name;
  int64_t bytes = 0;
};
struct ArtifactDocument {
  std::vector<ClassBytes> classes;
};
ArtifactDocument artifact_document(const ArtifactRow& row);
ArtifactDocument parse_artifact_document(std::string_view text, std::string_view origin);
Json to_json(const ArtifactDocument& document);
std::string to_text(const ArtifactDocument& document);

// What the original training printed, as SubmissionDocument holds it.
struct PrintedTraining {
  std::string log;
  int64_t seed = 0, steps = 0;
  Json train_loss = Json::array();  // [[step, loss], ...]
};

// SubmissionRow::document: what the submission claimed when the run was made.
struct SubmissionDocument {
  std::string hardware, date;
  Upstream upstream;
  Json upstream_data = Json::object();  // resolve/extent.h
  CountedCode code;
  Headline headline;
  Json techniques = Json::object();  // names by group
  std::vector<Claim> claims;
  std::vector<Difference> differences;
  std::vector<PrintedTraining> published;
};
SubmissionDocument submission_document(const SubmissionRow& row);
SubmissionDocument parse_submission_document(std::string_view text, std::string_view origin);
std::string to_text(const SubmissionDocument& document);

// PinnedRow::document, pinned.json, as far as it is read without being a configuration of this pgolf
// (engine/config/pinned.h): an older one may have other fields.
struct PinnedDocument {
  Json whole, config, data;  // data: null if none was pinned
  std::vector<std::string> overrides;
  std::optional<int64_t> code_bytes;

  std::string manifest_sha256() const;  // of the data; "" if none was pinned
  // A number of the configuration, by section and field; nothing if there is none.
  std::optional<double> number(const char* section, const char* field) const;
};
PinnedDocument pinned_document(const PinnedRow& row);

// The command line of the run.
std::vector<std::string> command_of(const RunRow& row);

// "bubblewrap", "bubblewrap, attempts not watched"
std::string isolation_text(const PhaseRow& phase);

}  // namespace pgolf
