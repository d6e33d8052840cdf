// submissions/<id>/published-log.json, format `pgolf.published-log/1` (docs/submission.md): what the logs of the
// original trainings print about steps, times and losses. It is the clock of `--clock published`, and the curve that a
// run's is laid on.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "resolve/submission.h"

namespace pgolf {

inline constexpr char kPublishedLog[] = "published-log.json";

// One line of a log that names a step, in our numbers: step s is the s-th update (the first is 1), whatever the script
// calls it.
struct PublishedRow {
  int64_t step = 0;
  std::optional<double>
      elapsed_ms;  // training clock after the update; of a line without loss: as the next step read it
  std::optional<double> train_loss;  // rank 0's, nats per token
  std::optional<double> lr_scale;    // of the update
  bool operator==(const PublishedRow&) const = default;
};

struct PublishedTtt {
  double elapsed_ms = 0;
  bool limit_met = false;  // ttt.time_limit_seconds were over before the last chunk
  bool operator==(const PublishedTtt&) const = default;
};

struct PublishedTraining {
  std::string log, log_sha256;
  int64_t seed = 0;
  std::vector<PublishedRow> rows;  // in the order of the log; steps and times never fall
  int64_t stop_step = 0;           // updates made
  double stop_ms = 0;
  std::map<std::string, int64_t>
      switches;                     // "looping", "qat": updates done when it came on; "swa": at the first one taken
  std::optional<PublishedTtt> ttt;  // nothing: the log does not say
  bool operator==(const PublishedTraining&) const = default;

  // Losses by step.
  std::vector<std::pair<int64_t, double>> curve() const;
};

// Of the file beside submission.toml; empty if there is none. Errors: submission for a damaged, newer or oversized
// file, a training without times, and one of another number of steps than claimed.
std::vector<PublishedTraining> load_published(const Submission& submission);
std::vector<PublishedTraining> parse_published(std::string_view text, const std::string& origin);
void write_published(const std::filesystem::path& file, std::span<const PublishedTraining> trainings);

// The training of a seed. Errors: usage naming the seeds that have a log.
const PublishedTraining& published_training(std::span<const PublishedTraining> trainings, int64_t seed,
                                            const std::string& submission);

// Made from the logs in `directory` that the submission's claims name for a seed. Errors: not_found if none lies there;
// those of parse_training_log; submission for a log of another seed or number of steps than claimed.
std::vector<PublishedTraining> read_training_logs(const Submission& submission, const std::filesystem::path& directory);

}  // namespace pgolf
