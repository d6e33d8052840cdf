// The leaves that each step of a training is hashed to, and the file that keeps them. Format `pgolf.leaves/1`
// (docs/audit.md).
//
//   state = SHA-256(digests of the leaves of what the step left, in order)
//   root  = SHA-256(SHA-256(digests of the others, in order), state)
//
// A leaf is the tree hash (engine/ops/tree_hash.h) of a tensor's bytes, or the SHA-256 of a text.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/sha256.h"

namespace pgolf {

struct LeafLayout {
  std::vector<std::string> names;  // "batch 3.0", "gradient tok_emb.weight", "weight qo_bank[2]", "counters"
  int64_t inputs = 0;              // the first so many: what the step computed with; the rest: what it left
  bool operator==(const LeafLayout&) const = default;
};

struct StepRoots {
  Digest state{}, root{};
};
StepRoots roots_of(const LeafLayout& layout, std::span<const Digest> leaves);

// What computes a leaf, in words: "the update by the optimizer".
std::string leaf_op(const std::string& name);

class LeavesWriter {
 public:
  // A row per step, from `first_step` on. Errors: machine.
  LeavesWriter(const std::filesystem::path& path, const std::string& config_sha256, const LeafLayout& layout,
               int64_t first_step);
  ~LeavesWriter();
  void add(std::span<const Digest> leaves);
  void sync();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

class LeavesFile {
 public:
  // Reads the header alone. Errors: submission for a damaged or newer file, in one line; not_found.
  explicit LeavesFile(const std::filesystem::path& path);

  const std::string& config_sha256() const { return config_sha256_; }
  const LeafLayout& layout() const { return layout_; }
  // Of one step; nothing of a step that is not there.
  std::optional<std::vector<Digest>> leaves(int64_t step) const;

 private:
  std::filesystem::path path_;
  std::string config_sha256_;
  LeafLayout layout_;
  int64_t first_step_ = 1, rows_at_ = 0;
};

}  // namespace pgolf
