// What strangers wrote is data: damaged, endless or folded into itself, it is read to a bound and throws nothing.
#include <gtest/gtest.h>

#include <random>

#include "archive/import.h"
#include "archive/publication.h"
#include "archive/read_file.h"
#include "tests/archive/fixture.h"

namespace pgolf {
namespace {

constexpr unsigned kSeed = 20261130;

std::string mutated(std::string text, std::mt19937& random) {
  for (int change = 0; change < 8 && !text.empty(); ++change) {
    const size_t at = random() % text.size(), length = 1 + random() % 24;
    switch (random() % 3) {
      case 0: text[at] = static_cast<char>(random()); break;
      case 1: text.erase(at, length); break;
      default: text.insert(at, text.substr(random() % text.size(), length));
    }
  }
  return text;
}

TEST(Hostile, MutatedFilesAreReadAndJudgedAsClaims) {
  std::mt19937 random(kSeed);
  const std::string log = log_text(62021632, 151080363, 42) + "Collected 5 Hessians in 6.9s\nseed: 1\n";
  const std::string card =
      R"({"name": "N", "val_bpb": 1.08, "seeds": {"42": {"val_bpb": 1.1}}, "artifact_bytes": [1, {"a": 2}]})";
  const std::string script =
      "def eval_ttt(m, val_tokens):\n    key = h ^ (tgt * 5)\n    opt.step()\n    with torch.no_grad():\n"
      "        torch.save(m, 'x')\nexec(lzma.decompress(base64.b85decode('abcde')))\n";
  for (int round = 0; round < 3000; ++round) {
    SCOPED_TRACE(testing::Message() << "seed " << kSeed << " round " << round);
    std::vector<PublishedFile> files;
    for (const auto& [name, text] :
         {std::pair("train_seed42.log", &log), {"submission.json", &card}, {"train_gpt.py", &script}})
      files.push_back({name, read_file("", file_kind_of(name), mutated(*text, random))});
    ASSERT_NO_THROW(publication_of({1, "records/track_10min_16mb/F", ""}, files));
  }
}

class HostileTree : public ArchiveFixture {};

// Twelve folders within each other, each eight times the one below: 8^12 paths in a few objects.
TEST_F(HostileTree, ATreeThatHoldsItselfIsReadToABound) {
  git_repository* repo = nullptr;
  ASSERT_EQ(git_repository_open(&repo, repository().c_str()), 0);
  git_oid id;
  ASSERT_EQ(git_blob_create_from_buffer(&id, repo, "x", 1), 0);
  git_filemode_t mode = GIT_FILEMODE_BLOB;
  for (int level = 0; level < 12; ++level) {
    git_treebuilder* builder = nullptr;
    ASSERT_EQ(git_treebuilder_new(&builder, repo, nullptr), 0);
    for (const char* name : {"a.log", "b.log", "c.log", "d.log", "e.log", "f.log", "g.log", "h.log"})
      ASSERT_EQ(git_treebuilder_insert(nullptr, builder, name, &id, mode), 0);
    ASSERT_EQ(git_treebuilder_write(&id, builder), 0);
    git_treebuilder_free(builder);
    mode = GIT_FILEMODE_TREE;
  }
  git_repository_free(repo);
  ObjectId tree;
  std::copy(std::begin(id.id), std::end(id.id), tree.begin());
  EXPECT_LE(GitRepository(repository()).changes(std::nullopt, tree).size(), 500'000u);
}

}  // namespace
}  // namespace pgolf
