// The house rules of CONTRIBUTING.md that can be read off the sources. There is no list of exceptions.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <regex>

#include "tests/tidy/functions.h"
#include "tests/tidy/source_tree.h"

namespace pgolf::tidy {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::IsEmpty;

const fs::path kRoot = PGOLF_SOURCE_DIR;
constexpr size_t kMostLines = 300, kMostColumns = 120;
constexpr int kMostFunctionLines = 60;

const std::vector<Source>& sources() {
  static const auto all = read_sources(PGOLF_SOURCE_DIR, {".h", ".cc", ".cu", ".cuh"});
  return all;
}

const Rooms& rooms() {
  static const Rooms all = declared_rooms(read_sources(PGOLF_SOURCE_DIR, {"CMakeLists.txt"}).front().text);
  return all;
}

std::vector<std::string> complaints(const std::function<std::string(const Source&)>& complaint) {
  std::vector<std::string> out;
  for (const Source& source : sources())
    if (std::string text = complaint(source); !text.empty()) out.push_back(source.path + ": " + text);
  return out;
}

// Code points: a continuation byte of UTF-8 is no column.
size_t columns(const std::string& line) {
  return std::count_if(line.begin(), line.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; });
}

TEST(Tidy, SeesTheWholeTree) {
  EXPECT_GT(sources().size(), 600u);
  EXPECT_GT(rooms().size(), 25u);
}

TEST(Tidy, IncludesFollowDeclaredArrows) {
  const Rooms reachable = with_indirect(rooms());
  EXPECT_THAT(complaints([&](const Source& source) -> std::string {
                const std::string own = room_of(rooms(), source.path);
                if (own.empty()) return "";
                for (const std::string& include : source.includes) {
                  const std::string other = room_of(rooms(), include);
                  if (!other.empty() && other != own && !reachable.at(own).contains(other))
                    return include + ": " + own + " does not declare " + other;
                }
                return "";
              }),
              IsEmpty());
}

TEST(Tidy, RoomsHaveNoCircle) {
  for (const auto& [room, used] : with_indirect(rooms())) EXPECT_FALSE(used.contains(room)) << room;
}

// An arrow that no include follows is not true.
TEST(Tidy, DeclaredArrowsAreUsed) {
  Rooms followed;
  for (const Source& source : sources())
    for (const std::string& include : source.includes)
      followed[room_of(rooms(), source.path)].insert(room_of(rooms(), include));
  for (const auto& [room, declared] : rooms())
    for (const std::string& other : declared)
      EXPECT_TRUE(followed[room].contains(other)) << room << " declares " << other;
}

TEST(Tidy, FilesAreShort) {
  EXPECT_THAT(complaints([](const Source& source) {
                return source.lines.size() > kMostLines ? std::to_string(source.lines.size()) + " lines" : "";
              }),
              IsEmpty());
}

TEST(Tidy, FunctionsAreShort) {
  EXPECT_THAT(complaints([](const Source& source) {
                std::string out;
                for (const Function& f : functions_of(source.text))
                  if (f.lines > kMostFunctionLines) out += f.name + " has " + std::to_string(f.lines) + " lines; ";
                return out;
              }),
              IsEmpty());
}

TEST(Tidy, LinesAreShort) {
  EXPECT_THAT(complaints([](const Source& source) -> std::string {
                for (size_t i = 0; i < source.lines.size(); ++i)
                  if (columns(source.lines[i]) > kMostColumns) return "line " + std::to_string(i + 1);
                return "";
              }),
              IsEmpty());
}

// By another file than its own source: by an include, of which tests/float64 stands before the root, or by CMake.
TEST(Tidy, HeadersAreIncluded) {
  std::set<std::string> included;
  for (const Source& source : sources()) {
    const std::string own = source.path.substr(0, source.path.rfind('.')) + ".h";
    for (const std::string& include : source.includes)
      if (include != own) included.insert({include, "tests/float64/" + include});
  }
  std::string cmake;
  for (const Source& file : read_sources(PGOLF_SOURCE_DIR, {".cmake", "CMakeLists.txt"})) cmake += file.text;
  EXPECT_THAT(complaints([&](const Source& source) {
                const bool used = included.contains(source.path) || cmake.find(source.path) != std::string::npos;
                return source.is_header() && !used ? "no other file includes it" : "";
              }),
              IsEmpty());
}

TEST(Tidy, HeadersSayWhatTheyHold) {
  EXPECT_THAT(complaints([](const Source& source) -> std::string {
                if (!source.is_header()) return "";
                if (source.lines.empty() || !source.lines.front().starts_with("// ")) return "no comment in line 1";
                return source.text.find("\n#pragma once\n") == std::string::npos ? "no #pragma once" : "";
              }),
              IsEmpty());
}

// Notes to oneself, code that is switched off, a machine's own paths, and what this tree has other words for.
TEST(Tidy, NoBannedWords) {
  const std::regex banned(R"(\b(TODO|FIXME|XXX|HACK)\b|#if\s+0\b|using namespace std\b|\bstd::(endl|rand)\b)");
  const std::regex machine(R"((^|["'`(= ])/(home|root|work|Users)/)");
  EXPECT_THAT(complaints([&](const Source& source) -> std::string {
                if (source.path == "tests/tidy_test.cc") return "";  // the words themselves
                for (size_t i = 0; i < source.lines.size(); ++i)
                  if (std::regex_search(source.lines[i], banned) ||
                      (!source.is_test() && std::regex_search(source.lines[i], machine)))
                    return "line " + std::to_string(i + 1) + ": " + source.lines[i];
                return "";
              }),
              IsEmpty());
}

// A file of the system may be read as a stream. What others can write is opened by base/file.h alone: a pipe in its
// place would wait for its writer.
TEST(Tidy, FilesOfOthersAreOpenedInOnePlace) {
  EXPECT_THAT(complaints([](const Source& source) {
                const bool streams = source.text.find("std::ifstream") != std::string::npos;
                const bool system = source.text.find("/proc/") != std::string::npos;
                const bool ours = source.is_test() || source.path.starts_with("benchmarks/");
                return streams && !system && !ours ? "std::ifstream" : "";
              }),
              IsEmpty());
}

// tests/<room>/<source or subject>_test.cc
TEST(Tidy, TestsMirrorRooms) {
  const std::set<std::string> other = {"tests/exploits", "tests"};
  EXPECT_THAT(complaints([&](const Source& source) -> std::string {
                if (!source.is_test() || !source.path.ends_with("_test.cc")) return "";
                const std::string folder = fs::path(source.path).parent_path().generic_string();
                if (other.contains(folder)) return "";
                const std::string own = folder.substr(std::string("tests/").size());
                const bool mirrors = !room_of(rooms(), own + "/x").empty() && fs::is_directory(kRoot / own);
                return mirrors ? "" : "no room has this folder";
              }),
              IsEmpty());
  for (const auto& [room, used] : rooms()) {
    if (!fs::is_directory(kRoot / room)) continue;  // a program's file
    EXPECT_TRUE(fs::is_directory(kRoot / "tests" / room)) << room << " has no tests";
  }
}

// Who looks for the test of a verb, a rule or a claim finds it by its name.
TEST(Tidy, TestsOfVerbsRulesAndClaimsAreNamedAfterThem) {
  const std::set<std::string> folders = {"harness/commands", "judge/rules", "judge/claims"};
  EXPECT_THAT(complaints([&](const Source& source) -> std::string {
                const std::string suffix = "_test.cc", tests = "tests/";
                if (!source.path.starts_with(tests) || !source.path.ends_with(suffix)) return "";
                const std::string own =
                    source.path.substr(tests.size(), source.path.size() - tests.size() - suffix.size());
                if (!folders.contains(fs::path(own).parent_path().generic_string())) return "";
                return fs::exists(kRoot / (own + ".cc")) ? "" : "there is no " + own + ".cc";
              }),
              IsEmpty());
}

// docs/architecture.md draws the declared arrows between marks. PGOLF_UPDATE_DOCS=1 draws them anew.
TEST(Tidy, TheGraphOfRoomsIsDrawn) {
  const fs::path page = kRoot / "docs/architecture.md";
  std::string text = read_sources(PGOLF_SOURCE_DIR, {"architecture.md"}).front().text, made = text;
  const std::string begin = "<!-- rooms -->\n", end = "<!-- end of rooms -->";
  ASSERT_NE(made.find(begin), std::string::npos);
  const size_t first = made.find(begin) + begin.size();
  made.replace(first, made.find(end, first) - first, mermaid_graph(rooms()));
  if (std::getenv("PGOLF_UPDATE_DOCS")) std::ofstream(page) << (text = made);
  EXPECT_EQ(text, made);
}

TEST(Tidy, ClangFormatAgrees) {
  if (std::system("clang-format --version 2>/dev/null | grep -q 'version 14[.]'") != 0)
    GTEST_SKIP() << "clang-format 14 is not here";
  std::string command = "cd '" PGOLF_SOURCE_DIR "' && clang-format --dry-run --Werror";
  for (const Source& source : sources()) command += " " + source.path;
  EXPECT_EQ(std::system((command + " 2>&1 | grep 'error:' | sort -u").c_str()), 0);
  EXPECT_EQ(std::system((command + " 2>/dev/null").c_str()), 0);
}

TEST(TidyFunctions, AreFoundAndMeasured) {
  const auto functions = functions_of(R"cc(#include <a>
                                           namespace a {
                                           int f(int x = 3) {
                                             return x;  // }
                                           }
                                           constexpr int k[] = {1, 2};
                                           template <class T = int>
                                           struct S {
                                             S() : a_{1}, b_{2} {
                                               g([&] { return "}"; });
                                             }
                                             bool operator==(const S&) const { return true; }
                                           };
                                           }  // namespace a
  )cc");
  std::vector<std::string> found;
  for (const Function& f : functions)
    found.push_back(f.name + " " + std::to_string(f.first_line) + " " + std::to_string(f.lines));
  EXPECT_THAT(found, ElementsAre("f 3 3", "S 9 3", "operator== 12 1"));
}

TEST(TidyRooms, AreDrawnWithTheirArrows) {
  EXPECT_EQ(mermaid_graph({{"base", {}}, {"engine/ops", {"base"}}}),
            "```mermaid\ngraph TD\n  base[base]\n  engine_ops[engine/ops] --> base\n```\n");
}

TEST(TidyRooms, AreReadFromCMake) {
  const Rooms rooms = declared_rooms(R"(
pgolf_room(base DEPS fmt::fmt PRIVATE OpenSSL::Crypto)
pgolf_room(engine/ops DEPS base)
  pgolf_room(engine/model DEPS engine_ops)
add_executable(pgolf-engine engine/main.cc)
target_link_libraries(pgolf-engine PRIVATE engine_model other)
)");
  EXPECT_THAT(rooms.at("engine/model"), ElementsAre("engine/ops"));
  EXPECT_THAT(with_indirect(rooms).at("engine/main.cc"), ElementsAre("base", "engine/model", "engine/ops"));
  EXPECT_EQ(room_of(rooms, "engine/ops/xsa.h"), "engine/ops");
  EXPECT_EQ(room_of(rooms, "engine/main.cc"), "engine/main.cc");
  EXPECT_EQ(room_of(rooms, "engine/opsis.h"), "");
}

}  // namespace
}  // namespace pgolf::tidy
