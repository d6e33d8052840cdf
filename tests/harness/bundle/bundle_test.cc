// What a bundle may be, and what a hostile one gets: one line, its exit code, and nothing written.
#include "harness/bundle/bundle.h"

#include <archive.h>
#include <archive_entry.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <zstd.h>

#include <functional>
#include <random>

#include "base/error.h"
#include "base/json.h"
#include "base/sha256.h"
#include "harness/bundle/archive.h"
#include "harness/run/workspace.h"

namespace pgolf {
namespace {

using testing::HasSubstr;

constexpr char kRun[] = "20260321-080000-334-demo-1a2b";

BundleContents sample() {
  BundleContents out;
  out.run = kRun;
  out.files = {{"run.json", "{}"},
               {"pinned.json", "{\"a\": 1}"},
               {"run/eval.events.jsonl", std::string(5000, 'x')},
               {"run/artifact.bin", std::string("\0\1\2binary", 9)},
               {"run/attempts/eval-1/empty", ""}};
  return out;
}

std::string refusal(std::string_view bytes, ErrorKind kind = ErrorKind::submission, const BundleLimits& limits = {}) {
  try {
    read_bundle(bytes, "b.tar.zst", limits);
  } catch (const Error& e) {
    const std::string what = e.what();
    EXPECT_EQ(e.kind(), kind) << what;
    EXPECT_EQ(what.find('\n'), std::string::npos) << what;
    EXPECT_EQ(what.rfind("b.tar.zst: ", 0), 0u) << what;
    EXPECT_LT(what.size(), 400u);
    return what;
  }
  ADD_FAILURE() << "accepted";
  return "";
}

// A manifest that names `files` as they are, so that only what the test changes is wrong.
std::string manifest_of(const TarFiles& files, const std::string& format = kBundleFormat,
                        const std::string& run = kRun) {
  Json out = {{"format", format}, {"run", run}, {"files", Json::array()}};
  for (const auto& [path, content] : files)
    out["files"].push_back({{"path", path}, {"bytes", content.size()}, {"sha256", sha256_hex(content)}});
  return out.dump();
}

std::string packed(TarFiles files, const std::string& manifest) {
  files.insert(files.begin(), {kBundleManifest, manifest});
  return zstd_frame(write_tar(files));
}

// A tar in the dialect of `format` with one entry that `edit` made strange.
std::string strange(const std::function<void(archive_entry*)>& edit, bool pax = false) {
  std::string out(1 << 20, '\0');
  size_t used = 0;
  archive* tar = archive_write_new();
  if (pax)
    archive_write_set_format_pax(tar);
  else
    archive_write_set_format_gnutar(tar);
  archive_write_open_memory(tar, out.data(), out.size(), &used);
  archive_entry* entry = archive_entry_new();
  archive_entry_set_pathname(entry, "run/x");
  archive_entry_set_filetype(entry, AE_IFREG);
  archive_entry_set_perm(entry, 0644);
  archive_entry_set_size(entry, 4);
  edit(entry);
  archive_write_header(tar, entry);
  if (archive_entry_filetype(entry) == AE_IFREG && !archive_entry_hardlink(entry)) archive_write_data(tar, "abcd", 4);
  archive_entry_free(entry);
  archive_write_close(tar);
  archive_write_free(tar);
  out.resize(used);
  return zstd_frame(out);
}

TEST(Bundle, GivesBackWhatWasPut) {
  const std::string bytes = write_bundle(sample());
  const BundleContents back = read_bundle(bytes, "b");
  EXPECT_EQ(back.run, kRun);
  EXPECT_EQ(back.files, sample().files);
}

TEST(Bundle, TheSameContentsGiveTheSameBytes) {
  EXPECT_EQ(sha256_hex(write_bundle(sample())), sha256_hex(write_bundle(sample())));
  BundleContents other = sample();
  other.files["run/artifact.bin"][0] = 'x';
  EXPECT_NE(write_bundle(other), write_bundle(sample()));
}

// Attacks: path-traversal
TEST(Bundle, PathsThatLeadOutsideAreRefused) {
  for (const char* path : {"/etc/passwd", "../x", "run/../../x", "run/./x", "run//x", "run/", ".hidden", "run/.ssh",
                           "a\\b", "run/a b", "C:x", "run/\xc3\xa9", "a/b/c/d/e", "run/~root", "run/x\n"}) {
    EXPECT_FALSE(is_bundle_path(path)) << path;
    EXPECT_THAT(refusal(packed({{path, "abcd"}}, manifest_of({{path, "abcd"}}))),
                testing::AnyOf(HasSubstr("no path that a bundle may hold"), HasSubstr("'run/' is a directory")));
  }
  EXPECT_FALSE(is_bundle_path(std::string(101, 'a')));
  EXPECT_TRUE(is_bundle_path("run/attempts/eval-1/eval.events.jsonl"));
}

// Attacks: links-in-an-archive
TEST(Bundle, OnlyRegularFiles) {
  EXPECT_THAT(refusal(strange([](archive_entry* e) {
                archive_entry_set_filetype(e, AE_IFLNK);
                archive_entry_set_symlink(e, "/etc/passwd");
              })),
              HasSubstr("'run/x' is a symbolic link"));
  EXPECT_THAT(refusal(strange([](archive_entry* e) { archive_entry_set_hardlink(e, "run/y"); })),
              HasSubstr("is a hard link"));
  EXPECT_THAT(refusal(strange([](archive_entry* e) { archive_entry_set_filetype(e, AE_IFCHR); })),
              HasSubstr("is a device"));
  EXPECT_THAT(refusal(strange([](archive_entry* e) { archive_entry_set_filetype(e, AE_IFBLK); })),
              HasSubstr("is a device"));
  EXPECT_THAT(refusal(strange([](archive_entry* e) { archive_entry_set_filetype(e, AE_IFIFO); })),
              HasSubstr("is a pipe"));
  EXPECT_THAT(refusal(strange([](archive_entry* e) { archive_entry_set_filetype(e, AE_IFDIR); })),
              HasSubstr("is a directory"));
  EXPECT_THAT(refusal(strange([](archive_entry* e) { archive_entry_xattr_add_entry(e, "user.x", "1", 1); }, true)),
              HasSubstr("plain ustar"));
  EXPECT_THAT(refusal(strange(
                  [](archive_entry* e) {
                    archive_entry_set_size(e, 1 << 30);
                    archive_entry_sparse_add_entry(e, 0, 4);
                  },
                  true)),
              testing::AnyOf(HasSubstr("only regular files"), HasSubstr("cut short"), HasSubstr("bytes")));
}

// Attacks: names-twice
TEST(Bundle, NamesThatComeTwice) {
  EXPECT_THAT(refusal(packed({{"run/x", "a"}, {"run/x", "b"}}, manifest_of({{"run/x", "a"}}))),
              HasSubstr("'run/x' comes twice"));
  EXPECT_THAT(refusal(packed({{"run/x", "a"}}, manifest_of({{"run/x", "a"}, {"run/x", "a"}}))),
              HasSubstr("names 'run/x' twice"));
  EXPECT_THAT(refusal(packed({{kBundleManifest, "{}"}}, manifest_of({}))), HasSubstr("'manifest.json' comes twice"));
}

// Attacks: manifest-of-another
TEST(Bundle, TheManifestIsHeldAgainstTheFiles) {
  const TarFiles files{{"run/x", "abcd"}, {"run/y", "efgh"}};
  EXPECT_THAT(refusal(packed({{"run/x", "abcd"}}, manifest_of(files))),
              HasSubstr("'run/y' is in its manifest but not in the bundle"));
  EXPECT_THAT(refusal(packed(files, manifest_of({{"run/x", "abcd"}}))), HasSubstr("'run/y' is not in its manifest"));
  EXPECT_THAT(refusal(packed({{"run/x", "abcd"}, {"run/y", "EFGH"}}, manifest_of(files))),
              HasSubstr("'run/y' was changed"));
  EXPECT_THAT(refusal(packed({{"run/x", "abcd"}, {"run/y", "efg"}}, manifest_of(files))),
              HasSubstr("has 3 bytes, its manifest says 4"));
  EXPECT_THAT(refusal(zstd_frame(write_tar(files))), HasSubstr("has no manifest.json"));
}

TEST(Bundle, ManifestsThatAreNone) {
  EXPECT_THAT(refusal(packed({}, manifest_of({}, "pgolf.bundle/3"))),
              HasSubstr("written by a newer pgolf ('pgolf.bundle/3')"));
  EXPECT_THAT(refusal(packed({}, manifest_of({}, "zip"))), HasSubstr("format 'zip' is not 'pgolf.bundle/2'"));
  EXPECT_THAT(refusal(packed({}, "{")), HasSubstr("not valid JSON"));
  EXPECT_THAT(refusal(packed({}, "[]")), HasSubstr("key 'format' is missing"));
  EXPECT_THAT(refusal(packed({}, R"({"format": 1})")), HasSubstr("key 'format' has the wrong type"));
  EXPECT_THAT(refusal(packed({}, R"({"format": "pgolf.bundle/1", "run": "../../x", "files": []})")),
              HasSubstr("no identifier of a run"));
  EXPECT_THAT(refusal(packed({}, fmt::format(R"({{"format": "pgolf.bundle/1", "run": "{}", "files": [1]}})", kRun))),
              HasSubstr("key 'path' is missing"));
  EXPECT_THAT(refusal(packed({}, std::string(1'000'000, '['))), HasSubstr("nested more than"));
}

TEST(Bundle, CutShortAtEveryLength) {
  const std::string bytes = write_bundle(sample());
  for (size_t size = 0; size < bytes.size(); ++size) refusal(std::string_view(bytes).substr(0, size));
  // The archive itself cut short inside a whole frame.
  const std::string tar = write_tar({{kBundleManifest, manifest_of({})}, {"run/x", std::string(700, 'x')}});
  for (size_t size = 0; size < tar.size(); size += 100) {
    const std::string what = refusal(zstd_frame(tar.substr(0, size)));
    EXPECT_THAT(what, testing::AnyOf(HasSubstr("cut short"), HasSubstr("no tar archive"), HasSubstr("damaged"),
                                     HasSubstr("no manifest"), HasSubstr("not in its manifest")));
  }
}

// Attacks: hidden-tail
TEST(Bundle, NothingHidesBehindTheEnd) {
  const std::string bytes = write_bundle(sample());
  EXPECT_THAT(refusal(bytes + "x"), HasSubstr("something after the end"));
  EXPECT_THAT(refusal(bytes + bytes), HasSubstr("something after the end"));
  const std::string tar = write_tar({{kBundleManifest, manifest_of({})}});
  EXPECT_THAT(refusal(zstd_frame(tar + tar)), HasSubstr("more in the archive than its files"));
}

// Attacks: archive-bomb
TEST(Bundle, LimitsComeBeforeMemory) {
  std::string bomb(4096, '\0');  // 64 MB of zeros in a frame of some kB
  bomb = zstd_frame(std::string(64 << 20, '\0'));
  EXPECT_LT(bomb.size(), 100'000u);
  BundleLimits small;
  small.unpacked_bytes = 1 << 20;
  EXPECT_THAT(refusal(bomb, ErrorKind::limit, small),
              HasSubstr("unpacks to more than it may; a bundle may have 1,048,576"));
  small = {};
  small.file_bytes = 1000;
  EXPECT_THAT(refusal(write_bundle(sample()), ErrorKind::limit, small), HasSubstr("has 5,000 bytes"));
  small = {};
  small.files = 3;
  EXPECT_THAT(refusal(write_bundle(sample()), ErrorKind::limit, small), HasSubstr("too many files"));
  small = {};
  small.archive_bytes = 10;
  EXPECT_THAT(refusal(write_bundle(sample()), ErrorKind::limit, small), HasSubstr("a bundle may have 10"));
  // A header that promises 200 MB in an archive of 10 kB takes no memory for them.
  std::string tar = write_tar({{kBundleManifest, manifest_of({})}});
  std::string huge = strange([](archive_entry* e) { archive_entry_set_size(e, 200 << 20); });
  EXPECT_THAT(refusal(huge), HasSubstr("cut short within 'run/x'"));
}

TEST(Bundle, DamagedBytesNeverPass) {
  std::mt19937 random(20260321);
  const std::string bytes = write_bundle(sample());
  for (int i = 0; i < 500; ++i) {
    std::string damaged = bytes;
    damaged[random() % damaged.size()] ^= static_cast<char>(1 << random() % 8);
    try {
      const BundleContents read = read_bundle(damaged, "b");
      EXPECT_EQ(read.files, sample().files) << "seed 20260321, case " << i;  // a bit that means nothing
    } catch (const Error&) {
    }
  }
}

TEST(Bundle, RunIdentifiers) {
  EXPECT_TRUE(is_run_id(kRun));
  for (const char* id : {"", "data", "runs.db", "20260321-080000-", "20260321-080000", "20260321-080000-../x",
                         "2026x321-080000-334", "20260321-080000-a b", "20260321-080000-UPPER"})
    EXPECT_FALSE(is_run_id(id)) << id;
}

}  // namespace
}  // namespace pgolf
