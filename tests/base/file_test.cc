// Files of strangers: what is read of them, and what is refused at once.
#include "base/file.h"

#include <gmock/gmock.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <functional>

#include "base/error.h"
#include "base/sha256.h"

namespace pgolf {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

class FileTest : public testing::Test {
 protected:
  FileTest() : directory_(fs::temp_directory_path() / ("file_test." + std::to_string(::getpid()))) {
    fs::create_directories(directory_);
  }
  ~FileTest() override { fs::remove_all(directory_); }
  fs::path file(const std::string& name, const std::string& text = "") const {
    if (!text.empty()) write_file_atomic(directory_ / name, text);
    return directory_ / name;
  }
  fs::path directory_;
};

// Every way to read a whole file, by name.
const std::pair<const char*, std::function<void(const fs::path&)>> kReaders[] = {
    {"text", [](const fs::path& path) { read_text(path); }},
    {"bytes", [](const fs::path& path) { read_bytes(path); }},
    {"end", [](const fs::path& path) { read_end(path, 10); }},
    {"stream", [](const fs::path& path) { InputFile file(path); }},
    {"hash", [](const fs::path& path) { sha256_file(path); }},
};

std::string refusal(const std::function<void(const fs::path&)>& read, const fs::path& path, ErrorKind kind) {
  try {
    read(path);
  } catch (const Error& e) {
    EXPECT_EQ(e.kind(), kind) << e.what();
    return e.what();
  }
  return "read";
}

TEST_F(FileTest, WhatIsNoRegularFileIsRefusedAtOnce) {
  ASSERT_EQ(::mkfifo(file("pipe").c_str(), 0600), 0);
  fs::create_symlink("/dev/zero", file("endless"));
  fs::create_symlink("pipe", file("link"));
  for (const auto& [name, read] : kReaders) {
    SCOPED_TRACE(name);
    EXPECT_THAT(refusal(read, file("pipe"), ErrorKind::usage), HasSubstr("pipe: is a pipe, a file was expected"));
    EXPECT_THAT(refusal(read, file("link"), ErrorKind::usage), HasSubstr("link: is a pipe"));
    EXPECT_THAT(refusal(read, file("endless"), ErrorKind::usage), HasSubstr("endless: is a device"));
    EXPECT_THAT(refusal(read, directory_, ErrorKind::usage), HasSubstr("is a directory"));
    EXPECT_THAT(refusal(read, file("none"), ErrorKind::not_found), HasSubstr("none: no such file"));
  }
}

TEST_F(FileTest, AFileBeyondItsSizeIsNotRead) {
  EXPECT_EQ(read_text(file("ten", "0123456789"), 10), "0123456789");
  EXPECT_THAT(refusal([](const fs::path& p) { read_text(p, 9); }, file("ten"), ErrorKind::submission),
              HasSubstr("ten: 10 bytes; a file of this kind has at most 9"));
  EXPECT_THAT(refusal([](const fs::path& p) { InputFile f(p, 9); }, file("ten"), ErrorKind::submission),
              HasSubstr("at most 9"));
}

TEST_F(FileTest, StreamAndEndHoldTheSameBytes) {
  std::string text(200'000, 'x');
  for (size_t i = 0; i < text.size(); i += 7) text[i] = static_cast<char>('a' + i % 26);
  InputFile in(file("long", text));
  EXPECT_EQ(in.size(), 200'000);
  EXPECT_TRUE(std::equal(text.begin(), text.end(), std::istreambuf_iterator<char>(in), {}));
  EXPECT_EQ(sha256_file(file("long")), sha256_hex(text));
  EXPECT_EQ(read_end(file("long"), 70'000), text.substr(130'000));
  EXPECT_EQ(read_end(file("long"), 300'000), text);
}

TEST_F(FileTest, AppendingToAPipeDoesNotWaitForItsReader) {
  ASSERT_EQ(::mkfifo(file("pipe").c_str(), 0600), 0);
  EXPECT_THAT(refusal([](const fs::path& p) { AppendFile out(p); }, file("pipe"), ErrorKind::machine),
              HasSubstr("opening for append failed"));
}

}  // namespace
}  // namespace pgolf
