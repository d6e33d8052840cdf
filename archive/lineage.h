// Where a publication comes from: the earlier pull request that its script shares most code with, and what changed.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "archive/published_folders.h"

namespace pgolf {

struct SettingChange {
  std::string name, before, after;  // "" for one that the script has not
};

struct Descent {
  int64_t parent = 0;
  std::string path;   // of the parent's folder
  double shared = 0;  // of the code of both
  std::string named;  // "README.md:12" where the publication names it; "" where code alone tells
  std::vector<SettingChange> settings;
  std::vector<std::string> changed, added, removed;  // functions
  std::string val_bpb, parent_val_bpb;               // as claimed
  std::optional<double> gain() const;                // in bits per byte; less is better, so above 0 is better

  std::vector<std::string> sentences() const;  // for people: parent, settings, code, gain
};

// The code of every owned folder that has a script, gathered once.
class Lineage {
 public:
  explicit Lineage(const ArchiveTables& tables);

  // Of what has a lower number and was there before it, the one with most code in common; one that the publication
  // itself names comes before others, if it shares nearly as much; of several with equal code the first. nullopt if
  // none shares a quarter.
  std::optional<Descent> of(const PublishedFolder& folder) const;

 private:
  struct Candidate {
    int64_t pull = 0, tokens = 0;
    std::string path;
    BlobKey script;
    std::optional<int64_t> added_at;
  };
  const Candidate* parent_of(const PublishedFolder& folder, double& shared) const;

  const ArchiveTables& tables_;
  std::vector<Candidate> candidates_;
  std::unordered_map<uint32_t, std::vector<size_t>> by_function_;  // hash -> candidates, ascending
  mutable std::map<std::pair<int64_t, std::string>, std::string> val_bpb_;
};

}  // namespace pgolf
