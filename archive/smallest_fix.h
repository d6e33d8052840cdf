// The least that would turn a broken rule into a kept one, as a sentence with its numbers.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "judge/verdict.h"

namespace pgolf {

struct Fix {
  std::string rule, reading, text;
};

// One per rule that fails and counts, of the worst file: "pack 23,689 bytes less". What fails in practice comes first.
// `val_bpb` is the claimed score as printed, "" for none.
std::vector<Fix> smallest_fixes(std::span<const Verdict> verdicts, const std::string& val_bpb);

}  // namespace pgolf
