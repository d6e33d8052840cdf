// What training makes of a device over many seconds, when it has reached its power limit, and what processes that share
// the ranks lose by it: the training of engine/train itself, on made-up text.
#pragma once

#include <filesystem>
#include <string>

#include "base/json.h"
#include "engine/phase/phase.h"

namespace pgolf {

struct SustainedReport {
  std::string submission, device, compute, link;  // link: how tensors travel between processes; "" in one
  int processes = 1;
  int64_t ranks = 1, steps = 0, tokens = 0;  // tokens: of all steps, all ranks
  double seconds = 0;
  // Of a step: process 0's device exchanges tensors, or waits for another's, and does nothing else.
  double exchange_ms = 0;
  // Of all devices together; 0: not known. The clock is process 0's, when training ended.
  double joules = 0;
  unsigned clock_mhz = 0;
  double watts() const { return seconds > 0 ? joules / seconds : 0; }
  double joules_per_million_tokens() const { return tokens > 0 ? joules * 1e6 / static_cast<double>(tokens) : 0; }
  double ms_per_step() const { return steps > 0 ? seconds * 1e3 / static_cast<double>(steps) : 0; }
  double tokens_per_s() const { return seconds > 0 ? static_cast<double>(tokens) / seconds : 0; }
};

// The configuration whose clock ends training after `seconds`, its warm-down shortened alike.
Config sustained_config(Config config, double seconds);

// Training shards for `config` in `folder`/train: tokens with the skew of text, in documents of 100 to 2,000.
// Errors: machine, if they cannot be written.
void write_made_up_text(const std::filesystem::path& folder, const Config& config);

// Warms up and trains until the clock of options.pinned.config ends it, on the text in options.data_dir. Called by
// every process of options.comm; the report is process 0's.
SustainedReport measure_training(const PhaseOptions& options);

Json to_json(const SustainedReport& report);  // format `pgolf.sustained/1`

}  // namespace pgolf
