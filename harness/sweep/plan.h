// A sweep's plan, written down before the first run: DIR/sweep.json, format `pgolf.sweep/1` (docs/sweeps.md).
//
// A task is one variant with one seed. Its pinned configuration is known when it is planned, data included, so that the
// record tells whether it is done: by a finished run of that SHA-256, wherever it ran.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "resolve/resolve.h"

namespace pgolf {

inline constexpr char kSweepFormat[] = "pgolf.sweep/1";
inline constexpr size_t kMostTasks = 10'000;

enum class VariantRole {
  plain,  // of a sweep
  base,   // what the others of an ablation are held against
  out,    // the base without a technique
  in      // the base with one
};

struct SweepVariant {
  std::string name;        // "pr-2143@demo+model.smear=none", "without XSA"
  std::string submission;  // its identifier
  std::string directory;   // of its submission.toml
  std::string profile;
  std::vector<std::string> sets;  // overrides, as the pinned configuration has them
  VariantRole role = VariantRole::plain;
  std::string technique;            // of an ablation's
  std::string data, data_sha256;    // directory, SHA-256 of its manifest
  std::vector<std::string> pinned;  // SHA-256 of the pinned configuration, by seed
};

struct SkippedTechnique {
  std::string name, why;
};

struct SweepPlan {
  std::string id, created_at;
  std::vector<int64_t> seeds;
  std::vector<SweepVariant> variants;
  std::vector<SkippedTechnique> skipped;  // of an ablation: what could not be planned

  bool is_ablation() const;
  size_t tasks() const { return seeds.size() * variants.size(); }
  // Task i: seeds change slowest, so that a sweep that is cut short has whole seeds.
  const SweepVariant& variant_of(size_t task) const { return variants[task % variants.size()]; }
  int64_t seed_of(size_t task) const { return seeds[task / variants.size()]; }
  const std::string& pinned_of(size_t task) const { return variant_of(task).pinned[task / variants.size()]; }
};

// What is asked of `pgolf sweep new`.
struct SweepRequest {
  std::vector<std::string> submissions, profiles, sets;  // sets: "key=a,b,c"
  std::vector<int64_t> seeds;
  ResolveRequest resolve;  // steps, seconds
};

// Prepares the data of a configuration: its directory and what is pinned of it.
struct SweepData {
  std::string directory;
  PinnedData pinned;
};
using DataOf = std::function<SweepData(const std::string& profile, const Config& config)>;

// "1-3,7" -> 1, 2, 3, 7. Errors: usage.
std::vector<int64_t> parse_seeds(std::string_view text);
// "model.smear=none,fixed" -> {"model.smear=none", "model.smear=fixed"}; commas within brackets and quotes stay.
std::vector<std::string> set_values(const std::string& set);

SweepPlan empty_plan(const std::vector<int64_t>& seeds);  // with an identifier of its own

// Every variant with every seed. Errors: usage for what does not resolve, naming the variant; two variants that are the
// same; more than kMostTasks.
SweepPlan plan_sweep(const SweepRequest& request, const std::filesystem::path& submissions, const DataOf& data_of);

// A variant resolved for each seed. Errors: those of resolve.
SweepVariant pin_variant(const Submission& submission, const ResolveRequest& request, const std::vector<int64_t>& seeds,
                         const DataOf& data_of);

// Errors: usage if `directory` has another plan already.
void write_plan(const std::filesystem::path& directory, const SweepPlan& plan);
// Errors: not_found without one; usage for a newer format; submission if it is damaged.
SweepPlan read_plan(const std::filesystem::path& directory);
Json plan_to_json(const SweepPlan& plan);

// Errors: usage if a submission.toml was changed since, so that it would compute something else than what was planned.
void check_unchanged(const SweepPlan& plan, const std::filesystem::path& submissions);

}  // namespace pgolf
