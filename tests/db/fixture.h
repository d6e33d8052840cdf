// A database in a directory of its own.
#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <string>

#include "db/store.h"
#include "tests/support/error_of.h"
#include "tests/support/temp_directory.h"

namespace pgolf {

class StoreFixture : public testing::Test {
 protected:
  std::filesystem::path path() const { return directory_ / "runs.db"; }

  static void add_run(Store& store, const std::string& id) {
    store.transact([&] {
      store.put_submission({.id = "pr-334",
                            .title = "t",
                            .author = "a",
                            .track = "non_record_16mb",
                            .upstream_commit = "c",
                            .pr = 334,
                            .code_bytes = 49461,
                            .document = "{}"});
      store.put_pinned({"abc", "pr-334", "demo", false, 1337, 1000, "{}"});
      RunRow run;
      run.id = id, run.pinned = "abc", run.directory = id, run.command = "[]";
      run.supervisor = {"boot", 1, 2};
      store.create_run(run);
    });
  }

  Store open_with_run(const std::string& id) {
    Store store = Store::open(path());
    add_run(store, id);
    return store;
  }

  TempDirectory directory_;
};

}  // namespace pgolf
