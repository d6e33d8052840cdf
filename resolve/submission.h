// A submission's directory: submission.toml, format `pgolf.submission/1` (docs/submission.md).
//
// Data only: who, where upstream, what was claimed and by which file, what differs between claim and code, and the
// configuration that produced the number, as differences from the defaults of engine/config.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/json.h"
#include "resolve/extent.h"

namespace pgolf {

inline constexpr char kSubmissionFormat[] = "pgolf.submission/1";

struct Upstream {
  std::string repository;     // "openai/parameter-golf"
  std::string commit;         // head of the pull request, 40 hex digits
  std::string path;           // of the record's folder
  std::string script_sha256;  // of its train_gpt.py
};

struct CountedCode {
  int64_t bytes = 0;
  std::string counted;                             // how the submission counts, in words
  std::optional<int64_t> shipped_bytes;            // of the script in the folder, where that is not what is counted
  std::string file;                                // of this directory, counted by pgolf; "" if none is named
  std::optional<int64_t> file_bytes;               // its size now
  std::optional<int64_t> unwrapped_bytes;          // of the script that it holds, if it is a stub (code_stub.h)
  std::string wrapper;                             // how it holds it: "LZMA in base85"
  std::optional<std::vector<std::string>> others;  // further files of code beside the script
};

// "1.2207": a decimal number as a log prints it, which is what a claim keeps of one.
bool is_printed_number(std::string_view text);

// By its name: the script printed it. A person wrote the other files.
bool is_log(std::string_view source);

// One printed evaluation. Losses are text: their digits are part of the claim.
struct ClaimedEval {
  std::string name;               // live, ema, swa, quantized, sliding, ttt
  std::string weights;            // in words
  std::string method;             // in words
  std::string val_loss, val_bpb;  // "" where not printed
  std::optional<int64_t> eval_ms;
  std::optional<int64_t> targets;  // where it differs from the claim's val_targets
  int64_t open_ms = 0;             // either way of eval_ms, by print rounding: 50 of "350.0s"
  int64_t printed_ms = 0;          // all times that a log prints of it, where it prints several; else 0
};

// What one file says about one seed, or about all of them (no seed).
struct Claim {
  std::string source;  // "train.log", "README.md", "submission.json", "card"
  std::optional<int64_t> seed;
  std::optional<int64_t> steps, train_ms, calibration_ms, model_bytes, code_bytes, total_bytes, val_targets, num_params,
      world_size, total_eval_ms;
  int64_t open_ms = 0;  // either way of train_ms + calibration_ms, by print rounding
  std::vector<ClaimedEval> evals;
};

// The number that stands in the title, and which evaluation of a run it is compared with.
struct Headline {
  std::string source, eval, val_loss, val_bpb;
};

struct Difference {
  std::string claimed, as_run, evidence;
};

struct Setting {
  std::string key;  // "model.num_layers"
  Json value;
  std::string origin;  // "submissions/pr-334/submission.toml:42"
};

struct Profile {
  std::string name, summary;
  std::vector<Setting> settings;
};

struct Submission {
  std::filesystem::path directory;
  std::string file;     // path of submission.toml, as messages name it
  std::string sha256;   // of its text
  std::string extends;  // the submission that this one is a variant of; "" for one that stands alone
  std::string id, title, author, date, track, hardware;
  int64_t pr = 0;              // 0 of a submission of one's own, which no pull request has
  std::vector<int64_t> seeds;  // of the logs; the first is the default of --seed
  Upstream upstream;
  DataExtent upstream_data;
  CountedCode code;
  Headline headline;
  std::vector<std::pair<std::string, std::vector<std::string>>> techniques;  // by group
  std::vector<Claim> claims;
  std::vector<Difference> differences;
  std::vector<Setting> config;
  std::vector<Profile> profiles;  // besides `record`, which needs none

  const Profile* profile(std::string_view name) const;  // null if unknown, or `record`
};

// With all that it extends, which lies beside it or in `root`. Errors: usage, naming file, line and key, or a circle;
// not_found without a submission.toml.
Submission load_submission(const std::filesystem::path& directory, const std::filesystem::path& root = {});
// Alone: without its directory and without what it extends.
Submission parse_submission(std::string_view text, const std::string& file);

// "334", "pr-334", "#334", a pull request's URL, with more of a path behind it or not; nullopt for anything else.
std::optional<int64_t> pull_request_number(std::string_view name);

// The directory that `name` means: "334", "pr-334", "#334", a pull request's URL, a path, or the identifier of a
// submission in `root` or in the current directory. Errors: not_found, listing what `root` has.
std::filesystem::path find_submission(const std::filesystem::path& root, std::string_view name);

// What `name` means, loaded.
Submission open_submission(const std::filesystem::path& root, std::string_view name);

// Folders of all submissions in `root`, by number.
std::vector<std::string> list_submissions(const std::filesystem::path& root);
std::string submissions_text(const std::filesystem::path& root);  // "pr-334, pr-754"

}  // namespace pgolf
