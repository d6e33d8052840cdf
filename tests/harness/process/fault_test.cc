#include "harness/process/fault.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "db/documents/documents.h"

namespace pgolf {
namespace {

PhaseRow failed(const std::string& message, int64_t exit_code = 1) {
  PhaseRow row;
  row.name = "eval", row.sandbox = "bubblewrap", row.outcome = "exception";
  row.message = message, row.exit_code = exit_code;
  row.document = to_text(PhaseDocument{});
  return row;
}

TEST(Fault, OfASandboxThatCouldNotBeSetUpIsNotThePhases) {
  PhaseRow row = failed("bwrap: Can't find source path /data/val: No such file or directory");
  EXPECT_EQ(own_fault(row), "");
  PhaseDocument document;
  document.events_sha256 = "ab";  // an engine ran, and says the same
  row.document = to_text(document);
  EXPECT_EQ(own_fault(row), "it failed");
}

TEST(Fault, OfAProgramIsItsOwnUnlessTheMachineFailedIt) {
  EXPECT_EQ(own_fault(failed("step 3: loss is NaN", static_cast<int64_t>(ErrorKind::submission))), "it failed");
  EXPECT_EQ(own_fault(failed("bwrap: of no sandbox", static_cast<int64_t>(ErrorKind::submission))), "it failed");
  EXPECT_EQ(own_fault(failed("the disk is full", static_cast<int64_t>(ErrorKind::machine))), "");
  EXPECT_EQ(own_fault(failed("a shard is missing", static_cast<int64_t>(ErrorKind::not_found))), "");
}

}  // namespace
}  // namespace pgolf
