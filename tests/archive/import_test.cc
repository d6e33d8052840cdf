#include "archive/import.h"

#include <gmock/gmock.h>

#include <fstream>

#include "archive/figures.h"
#include "archive/git_repository.h"
#include "archive/published_folders.h"
#include "base/error.h"
#include "tests/archive/fixture.h"

namespace pgolf {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Pair;
using testing::UnorderedElementsAre;

constexpr char kTrack[] = "records/track_10min_16mb/";
std::string in(const std::string& folder, const std::string& name) { return kTrack + folder + "/" + name; }

class ImportTest : public ArchiveFixture {
 protected:
  Imported add() { return add_to_archive(store_, repository()); }
  std::map<int64_t, ArchiveHead> heads() {
    std::map<int64_t, ArchiveHead> out;
    for (const ArchiveHead& head : tables().heads(1)) out.emplace(head.pull, head);
    return out;
  }
};

Files with(Files files, const Files& more) {
  for (const auto& [path, content] : more) files[path] = content;
  return files;
}

TEST_F(ImportTest, PlacesEachHeadAgainstMain) {
  const Files start{{"README.md", "r"}};
  const Files merged = with(start, {{in("M", "train.log"), "m"}});
  const git_oid root = commit(start, {}, 1), head = commit(merged, {root}, 2);
  const git_oid main = commit(merged, {root, head}, 3);
  ref("refs/heads/main", main);
  pull(1, head);                                                              // by a merge commit
  pull(2, commit(with(merged, {{in("B", "train.log"), "b"}}), {main}, 4));    // left main at its newest
  pull(3, commit({{in("U", "train.log"), "u"}, {"README.md", "r"}}, {}, 5));  // another history
  pull(4, root);                                                              // of main's own history
  const Imported out = add();
  EXPECT_EQ(out.heads, 4);
  const auto of = heads();
  EXPECT_EQ(of.at(1).relation, "merged");
  EXPECT_EQ(of.at(2).relation, "base");
  EXPECT_EQ(of.at(2).commits, 1);
  EXPECT_EQ(of.at(3).relation, "unrelated");
  EXPECT_EQ(of.at(4).relation, "in_main");
  EXPECT_THAT(folders(1), ElementsAre(Pair(std::string(kTrack) + "M", testing::_)));
  EXPECT_THAT(folders(2), ElementsAre(Pair(std::string(kTrack) + "B", testing::_)));
  EXPECT_THAT(folders(3), ElementsAre(Pair(std::string(kTrack) + "U", testing::_)));  // what main has too is left out
  EXPECT_TRUE(folders(1).begin()->second.files.at(0).on_main);
  EXPECT_FALSE(folders(2).begin()->second.files.at(0).on_main);
}

// One commit in two pull requests: the one that was built on the other has more. By its number it would be #7's.
TEST_F(ImportTest, AFolderIsOfWhoAddedItFirst) {
  const git_oid root = commit({{"README.md", "r"}}, {}, 1);
  ref("refs/heads/main", root);
  const Files first{{"README.md", "r"}, {in("F", "train.log"), "f"}};
  const git_oid author = commit(first, {root}, 10);
  pull(9, author);
  pull(7, commit(with(first, {{in("G", "train.log"), "g"}}), {author}, 20));
  // the same folder added once more, later, by a commit of its own
  pull(5, commit(first, {root}, 30));
  add();
  for (const int64_t number : {5, 7, 9}) EXPECT_EQ(folders(number).at(std::string(kTrack) + "F").owner, 9) << number;
  EXPECT_EQ(folders(7).at(std::string(kTrack) + "G").owner, 7);
}

TEST_F(ImportTest, AMergedFolderIsOfThePullRequestThatMainHasItBy) {
  const git_oid root = commit({{"README.md", "r"}}, {}, 1);
  const Files first{{"README.md", "r"}, {in("F", "train.log"), "f"}};
  const git_oid early = commit(first, {root}, 2), later = commit(first, {root}, 9);
  pull(3, early);
  pull(8, later);
  ref("refs/heads/main", commit(first, {root, later}, 10));
  add();
  EXPECT_EQ(folders(3).at(std::string(kTrack) + "F").owner, 8);
}

// #4's branch went on to the folder of #9 after it was opened, and #9 was made again later from an older commit of it.
TEST_F(ImportTest, AFolderIsOfTheRequestThatIsAboutIt) {
  constexpr int64_t kDay = 86'400;
  const git_oid root = commit({{"README.md", "r"}}, {}, 1);
  ref("refs/heads/main", root);
  const auto alone = [&](int number, int64_t day) {
    const std::string name = "N" + std::to_string(number);
    pull(number, commit({{"README.md", "r"}, {in(name, "train.log"), name}}, {root}, day * kDay));
  };
  for (int number = 10; number < 60; ++number) alone(number, 100 + number);
  const Files first{{"README.md", "r"}, {in("A", "train.log"), "a"}};
  const Files both = with(first, {{in("B", "train.log"), "b"}});
  // opened about day 120 for A, and its branch got B on day 140
  pull(20, commit(both, {commit(first, {root}, 119 * kDay)}, 140 * kDay));
  pull(40, commit(with({{"README.md", "r"}}, {{in("B", "train.log"), "b, mended"}}), {root}, 140 * kDay + 5));
  // C is #30's, and #31 has an earlier commit of it below its own folder
  const Files with_c{{"README.md", "r"}, {in("C", "train.log"), "c"}};
  pull(30, commit(with_c, {root}, 130 * kDay));
  pull(31, commit(with(with_c, {{in("D", "train.log"), "d"}}), {commit(with_c, {root}, 129 * kDay)}, 131 * kDay));
  // E has no more than a text in #50, which added it first
  pull(50, commit({{"README.md", "r"}, {in("E", "README.md"), "e"}}, {root}, 149 * kDay));
  pull(51, commit({{"README.md", "r"}, {in("E", "README.md"), "e"}, {in("E", "train.log"), "e"}}, {root}, 150 * kDay));
  add();
  const auto owner = [&](int64_t number, const char* name) {
    return folders(number).at(kTrack + std::string(name)).owner;
  };
  EXPECT_EQ(owner(20, "A"), 20);
  EXPECT_EQ(owner(20, "B"), 40);
  EXPECT_EQ(owner(31, "C"), 30);
  EXPECT_EQ(owner(31, "D"), 31);
  EXPECT_EQ(owner(50, "E"), 51);
  EXPECT_EQ(folders(31).at(kTrack + std::string("C")).added_at, 129 * kDay);
}

// Links and submodules are no files, whatever they are called.
TEST_F(ImportTest, LinksAndSubmodulesArePassedOver) {
  git_repository* repo = nullptr;
  ASSERT_EQ(git_repository_open(&repo, repository().c_str()), 0);
  git_oid id, tree;
  ASSERT_EQ(git_blob_create_from_buffer(&id, repo, "/etc/passwd", 11), 0);
  git_treebuilder* builder = nullptr;
  ASSERT_EQ(git_treebuilder_new(&builder, repo, nullptr), 0);
  ASSERT_EQ(git_treebuilder_insert(nullptr, builder, "a.log", &id, GIT_FILEMODE_BLOB), 0);
  ASSERT_EQ(git_treebuilder_insert(nullptr, builder, "link.log", &id, GIT_FILEMODE_LINK), 0);
  const git_oid head = commit({{"README.md", "r"}}, {}, 1);
  ASSERT_EQ(git_treebuilder_insert(nullptr, builder, "module.log", &head, GIT_FILEMODE_COMMIT), 0);
  ASSERT_EQ(git_treebuilder_write(&tree, builder), 0);
  git_treebuilder_free(builder);
  git_repository_free(repo);
  ObjectId root;
  std::copy(std::begin(tree.id), std::end(tree.id), root.begin());
  const auto files = GitRepository(repository()).changes(std::nullopt, root);
  ASSERT_EQ(files.size(), 1u);
  EXPECT_EQ(files[0].path, "a.log");
}

TEST_F(ImportTest, NamesAreBytesAndFoldersNest) {
  const git_oid root = commit({{"README.md", "r"}}, {}, 1);
  ref("refs/heads/main", root);
  const std::string odd = "F\n\"x\xff y";
  pull(1, commit({{"README.md", "r"},
                  {in(odd, "logs/seed 1.out"), "a"},
                  {in("Second", "train_gpt.py"), "b"},
                  {"SUBMISSION_FINAL/submission.json", "{}"},
                  {"SUBMISSION_FINAL/logs/a.txt", "c"},
                  {"records/loose.log", "d"},
                  {"elsewhere/notes.txt", "e"}},
                 {root}, 2));
  add();
  const auto all = folders(1);
  EXPECT_EQ(all.at(kTrack + odd).files.at(0).name, "logs/seed 1.out");
  EXPECT_EQ(all.at(std::string(kTrack) + "Second").files.at(0).name, "train_gpt.py");
  EXPECT_EQ(all.at("SUBMISSION_FINAL").files.size(), 2u);
  EXPECT_EQ(all.at("records").files.at(0).name, "loose.log");
  EXPECT_EQ(all.at("").files.size(), 0u);  // another project's texts are not read
}

TEST_F(ImportTest, ReadsWhatIsNewAlone) {
  const git_oid root = commit({{"README.md", "r"}}, {}, 1);
  ref("refs/heads/main", root);
  const git_oid head =
      commit({{"README.md", "r"}, {in("F", "train.log"), log_text(62021632, 151080363, 1)}}, {root}, 2);
  pull(1, head);
  pull(2, head);
  EXPECT_EQ(add().files_read, 1);
  EXPECT_EQ(add().changed, 0);
  pull(2, commit({{"README.md", "r"}, {in("F", "train.log"), "other"}}, {root}, 3));
  const Imported moved = add();
  EXPECT_EQ(moved.changed, 1);
  EXPECT_EQ(moved.files_read, 1);
  remove_ref("refs/pull/2/head");
  EXPECT_EQ(add().removed, 1);
  EXPECT_EQ(heads().size(), 1u);
  EXPECT_EQ(tables().blobs().size(), 1u);  // what nobody names any more is gone
}

TEST_F(ImportTest, ValuesKeepLineAndDigits) {
  const git_oid root = commit({{"README.md", "r"}}, {}, 1);
  ref("refs/heads/main", root);
  pull(1, commit({{"README.md", "r"}, {in("F", "train.log"), log_text(62021632, 151080363, 42)}}, {root}, 2));
  add();
  const ArchiveBlob log = *tables().blob(folders(1).begin()->second.files.at(0).blob);
  std::vector<std::string> seen;
  for (const ArchiveValue& v : log.values) seen.push_back(fmt::format("{}:{} {} '{}'", v.line, v.key, v.label, v.text));
  EXPECT_THAT(
      seen,
      testing::IsSupersetOf(
          {"1:seed seed '42'", "2:val_loader_tokens tokens '62021632'", "4:train_time stopping_early '599672ms'",
           "5:total_bytes Total submission size int8+zlib '15900000'", "6:eval_time final_int8_zlib_roundtrip '1234ms'",
           "7:val_loss final_int8_zlib_roundtrip_exact '2.00000000'", "3:last_step_time 100 '5000ms'"}));
}

TEST_F(ImportTest, FiguresFollowTheirRules) {
  const git_oid root = commit({{"README.md", "r"}}, {}, 1);
  ref("refs/heads/main", root);
  const std::string good = log_text(62021632, 151080363, 1);
  pull(1, commit({{"README.md", "r"},
                  {in("F", "a.log"), good},
                  {in("F", "copy.log"), good},  // one per pull request and blob
                  {in("F", "a.txt"), log_text(62021632, 151080363, 2)},
                  {in("F", "deep/b.log"), log_text(62021632, 151080363, 3)},
                  {"records/track_non_record_16mb/N/c.log", log_text(62021632, 151080363, 4)}},
                 {root}, 2));
  pull(2, commit({{"README.md", "r"}, {in("G", "a.log"), log_text(49999872, 197944567, 1)}}, {root}, 2));
  add();
  const Ruleset ruleset = [] {
    Ruleset out;
    out.byte_errors = {{"50M", 49999872, 197944567}};
    return out;
  }();
  const ArchiveFigures f = archive_figures(tables(), ruleset);
  EXPECT_EQ(f.logs, 6);
  EXPECT_EQ(f.distinct_logs, 5);
  EXPECT_EQ(f.oracle.logs, 2);
  EXPECT_EQ(f.oracle.within, 1);
  EXPECT_THAT(f.oracle.outside, ElementsAre(Pair(2, testing::AllOf(testing::Ge(197944560), testing::Le(197944574)))));
  ASSERT_EQ(f.signatures.size(), 1u);
  EXPECT_THAT(f.signatures[0].pulls, ElementsAre(2));
}

TEST_F(ImportTest, APullRequestIsFoundByItsNumber) {
  const git_oid root = commit({{"README.md", "r"}}, {}, 1);
  ref("refs/heads/main", root);
  const Files first{{"README.md", "r"}, {in("F", "train_seed1.log"), log_text(62021632, 151080363, 1)}};
  const git_oid author = commit(first, {root}, 10);
  pull(1, author);
  pull(2, commit(with(first, {{in("G", "train_seed2.log"), log_text(62021632, 151080363, 2)}, {"train_gpt.py", "x"}}),
                 {author}, 20));
  add();
  const auto second = published_folders(tables(), 2);
  ASSERT_EQ(second.size(), 1u);  // the other folder is #1's, and the script is in none
  EXPECT_EQ(second[0].path, std::string(kTrack) + "G");
  EXPECT_EQ(second[0].relation, "base");
  EXPECT_THAT(second[0].publication.submission.seeds, ElementsAre(2));
  EXPECT_EQ(second[0].publication.logs.at(0).facts.seed, 2);
  EXPECT_FALSE(second[0].publication.logs[0].lines.empty());
  EXPECT_TRUE(published_folders(tables(), 3).empty());
}

TEST_F(ImportTest, AFolderOnDiskIsAddedAlike) {
  const auto folder = directory_ / "mine";
  std::filesystem::create_directories(folder / "logs");
  std::ofstream(folder / "submission.json") << "\xEF\xBB\xBF{\"val_bpb\": 1.10}";
  std::ofstream(folder / "logs/train.log") << log_text(62021632, 151080363, 1);
  std::filesystem::create_symlink("/etc/passwd", folder / "secret.log");
  const Imported out = add_to_archive(store_, folder);
  EXPECT_EQ(out.files_read, 2);
  std::vector<std::string> names;
  const ArchiveFolder on_record = folders(0).at("");
  for (const ArchiveFile& file : on_record.files) names.push_back(file.name);
  EXPECT_THAT(names, UnorderedElementsAre("submission.json", "logs/train.log"));
}

TEST_F(ImportTest, FilesThatAreTooLargeAreOnRecordByTheirSize) {
  const auto folder = directory_ / "large";
  std::filesystem::create_directories(folder);
  for (const char* name : {"a.log", "b.log"}) {
    std::ofstream(folder / name) << "x";
    std::filesystem::resize_file(folder / name, (16 << 20) + 1);
  }
  std::ofstream(folder / "train.log") << log_text(62021632, 151080363, 1);
  const PublishedFolder out = published_on_disk(folder);
  EXPECT_THAT(out.publication.findings,
              testing::IsSupersetOf({"a.log has 16,777,217 bytes and is not read: more than 16,777,216",
                                     "b.log has 16,777,217 bytes and is not read: more than 16,777,216"}));
  EXPECT_EQ(out.publication.logs.size(), 1u);
  EXPECT_EQ(add_to_archive(store_, folder).files_read, 3);
  EXPECT_EQ(tables().blobs().size(), 3u);
}

TEST_F(ImportTest, RefusesWhatHoldsNothing) {
  try {
    add();
    FAIL() << "a repository without pull requests";
  } catch (const Error& e) {
    EXPECT_EQ(e.kind(), ErrorKind::not_found);
    EXPECT_THAT(e.what(), HasSubstr("git fetch"));
  }
  std::filesystem::create_directory(directory_ / "empty");
  EXPECT_THROW(add_to_archive(store_, directory_ / "empty"), Error);
  EXPECT_THROW(add_to_archive(store_, directory_ / "nowhere"), Error);
}

}  // namespace
}  // namespace pgolf
