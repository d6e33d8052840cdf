#include "base/notice.h"

#include <cstdio>

#include "base/message.h"

namespace pgolf {
namespace {

bool silent = false;

}  // namespace

void set_quiet(bool quiet) { silent = quiet; }

void print_notice(const std::string& line) {
  if (silent) return;
  std::fprintf(stderr, "%s\n", as_message(line).c_str());
}

}  // namespace pgolf
