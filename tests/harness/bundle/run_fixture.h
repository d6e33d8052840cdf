// A judged run to be bundled, and another workspace that takes it.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <string>

#include "harness/bundle/run.h"
#include "harness/judging/find_ruleset.h"
#include "harness/judging/judging.h"
#include "tests/harness/fixture.h"

namespace pgolf {

class BundleRunTest : public HarnessFixture {
 protected:
  // A judged run in HOME.
  std::string make_run(Store& store) {
    const DataManifest prepared = data();
    Runner runner(store, workspace(), options());
    const RunEnd end = runner.run(submission(), pinned(), prepared);
    store.put_judgement(judgement_row(end.run, ruleset_, "", judge_run(store, workspace(), end.run, ruleset_, "")));
    store.move(end.run, RunState::done);
    return end.run;
  }
  Workspace other() const { return {directory_.path() / "other"}; }
  ImportResult take(Store& store, const BundleContents& contents) {
    return import_bundle(store, other(), write_bundle(contents), "b.tar.zst", ruleset_, source_dir() / "submissions");
  }
  std::set<std::string> files_of(const std::filesystem::path& directory) const {
    std::set<std::string> out;
    for (const auto& entry : std::filesystem::directory_iterator(directory))
      if (!entry.path().filename().string().starts_with("runs.db")) out.insert(entry.path().filename().string());
    return out;
  }

  Ruleset ruleset_ = load_ruleset(find_ruleset(source_dir() / "rules", ""));
};

}  // namespace pgolf
