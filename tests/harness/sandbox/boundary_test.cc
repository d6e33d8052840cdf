#include "harness/sandbox/boundary.h"

#include <gtest/gtest.h>

namespace pgolf {
namespace {

// Training: its half of the data, which lie in the workspace, as those of other runs do.
const Boundary kTraining({.readable = {"/home/me/runs/data/a/manifest.json", "/home/me/runs/data/a/train",
                                       "/home/me/runs/one/pinned.json"},
                          .writable = "/home/me/runs/one/train",
                          .hidden = {"/home/me/runs/data/a", "/home/me/runs"}});

std::string kind(const char* path, bool writes = false) {
  const auto attempt = kTraining.attempt("open", path, writes);
  return attempt ? attempt->kind : "";
}

TEST(BoundaryTest, WhatAPhaseIsGivenIsNoAttempt) {
  for (const char* path :
       {"/home/me/runs/data/a/train/fineweb_train_000000.bin", "/home/me/runs/data/a/train", "/home/me/runs/data/a",
        "/home/me/runs", "/home/me/runs/one", "/home/me/runs/one/pinned.json", "/home/me/runs/one/train/x", "/",
        "/usr/lib/libfoo.so", "/opt/nowhere/libbar.so", "/etc/passwd", "/home/me/.config", "/proc/self/maps",
        "/proc/driver/nvidia/params", "/sys/devices/system/cpu/online", "/dev/nvidia0", "/tmp/x"})
    EXPECT_EQ(kind(path), "") << path;
  for (const char* path : {"/home/me/runs/one/train/checkpoint.safetensors", "/tmp/.nv/ComputeCache/index", "/dev/null",
                           "/dev/shm/x", "/proc/self/task/7/comm", "/proc/17/oom_score_adj", "/home/me/runs/one"})
    EXPECT_EQ(kind(path, true), "") << path;
}

TEST(BoundaryTest, DataKeptFromAPhaseHaveTheirHalfsName) {
  EXPECT_EQ(kind("/home/me/runs/data/a/val/fineweb_val_000000.bin"), "val");
  EXPECT_EQ(kind("/home/me/runs/data/a/val"), "val");
  EXPECT_EQ(kind("/home/me/runs/data/a/val/documents.jsonl", true), "val");
  EXPECT_EQ(kind("/home/me/runs/data/b/val/x"), "val");
  EXPECT_EQ(kind("/home/me/runs/data/b/train/x"), "train");
  EXPECT_EQ(kind("/home/me/runs/fineweb_val_000001.bin"), "val");
  EXPECT_EQ(kind("/home/me/runs/data/a/train/../val/x"), "val");
  EXPECT_EQ(kind("/proc/1/root/home/me/runs/data/a/val/x"), "val");
  EXPECT_EQ(kind("/proc/self/root/proc/7/root/home/me/runs/data/a/val/x"), "val");
  EXPECT_EQ(kind("/home/me/runs/runs.db"), "file");
  EXPECT_EQ(kind("/home/me/runs/two/artifact.bin"), "file");
  EXPECT_EQ(kind("/home/me/runs2/val/x"), "");
}

TEST(BoundaryTest, ChangesOutsideOfItsDirectoryAreWrites) {
  for (const char* path :
       {"/home/me/runs/one/pinned.json", "/home/me/runs/one/beside", "/home/me/runs/runs.db", "/usr/beside", "/etc/x",
        "/beside", "/sys/power/state", "/proc/sys/kernel/core_pattern", "/proc/sysrq-trigger",
        "/home/me/runs/data/a/train/fineweb_train_000000.bin", "/tmp/../usr/x", "/proc/self/root/usr/x"})
    EXPECT_FALSE(kind(path, true).empty()) << path;
  EXPECT_EQ(kind("/usr/beside", true), "write");
  EXPECT_EQ(kTraining.attempt("open", "/usr/be\x1bside", true)->what, "open /usr/be?side to write");
  EXPECT_EQ(kTraining.attempt("remove", "/usr/./bin/../beside", true)->what, "remove /usr/beside");
}

}  // namespace
}  // namespace pgolf
