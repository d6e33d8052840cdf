// SIGINT, SIGTERM and SIGHUP, noted so that pgolf ends its work in order.
#pragma once

#include <string>

namespace pgolf {

// Thrown between phases and during long work once an interrupt was noted; the program then exits with
// Interrupts::exit_code().
struct Interrupted {
  std::string what;  // one line: what was given up and what is kept
};

// After install() the three signals are counted instead of being deadly. The second one within a phase ends that phase
// at once.
class Interrupts {
 public:
  static void install();
  static int count();
  static int signal();     // the first one, 0 if none
  static int exit_code();  // 129, 130 or 143
};

}  // namespace pgolf
