// The checkout as tidy_test reads it: its source files, line by line, and the rooms that CMakeLists.txt declares.
#pragma once

#include <filesystem>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace pgolf::tidy {

struct Source {
  std::string path;  // "engine/ops/xsa.cc"
  std::string text;
  std::vector<std::string> lines;
  std::vector<std::string> includes;  // of ours: "engine/ops/xsa.h"

  bool is_header() const { return path.ends_with(".h") || path.ends_with(".cuh"); }
  bool is_test() const { return path.starts_with("tests/"); }
};

// Files below `root` whose names end in one of `endings`, sorted; hidden folders, builds and workspaces are left out.
std::vector<Source> read_sources(const std::filesystem::path& root, const std::vector<std::string>& endings);

// Every room of a CMakeLists.txt with the rooms that it declares: "engine/ops" -> {"engine/core"}. What a program is
// linked with counts for its files: "engine/main.cc" -> {"engine/bench"}.
using Rooms = std::map<std::string, std::set<std::string>>;
Rooms declared_rooms(std::string_view cmake);

// The same with what the declared ones declare in turn.
Rooms with_indirect(const Rooms& rooms);

// The declared arrows as a Mermaid graph, with its fence.
std::string mermaid_graph(const Rooms& rooms);

// The room that a file belongs to: the longest that is a folder of it, or the file itself; "" if there is none.
std::string room_of(const Rooms& rooms, std::string_view path);

}  // namespace pgolf::tidy
