// What a phase tried that it may not, as the phase's document (db/documents/documents.h) holds it:
//   "watched": true, "denied": [{"kind": "val", "what": "open /data/val/fineweb_val_000000.bin", "times": 3}]
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace pgolf {

struct Attempt {
  // "val", "train", "file": data, or another file, that the phase is kept from; "write": a change outside of its own
  // directory; "network"; "time": a clock; "system": other processes, mounts, the kernel
  std::string kind;
  std::string what;
  int64_t times = 1;
};

// "open /data/val/fineweb_val_000000.bin (3 times)", several separated by "; ", at most the first `most` of them.
std::string attempt_text(const Attempt& attempt);
std::string attempts_text(const std::vector<Attempt>& attempts, size_t most = 3);

}  // namespace pgolf
