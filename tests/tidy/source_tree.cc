#include "tests/tidy/source_tree.h"

#include <algorithm>
#include <fstream>
#include <iterator>
#include <regex>
#include <sstream>

namespace pgolf::tidy {
namespace fs = std::filesystem;
namespace {

// What .gitignore names, and what is hidden.
bool is_foreign(const std::string& top) {
  return top.starts_with(".") || top.starts_with("build") || top == "runs" || top == "data" || top == "shared" ||
         top == "reports-out";
}

Source read_source(const fs::path& file, const fs::path& root) {
  std::ifstream in(file, std::ios::binary);
  Source out{.path = fs::relative(file, root).generic_string(),
             .text = {std::istreambuf_iterator<char>(in), {}},
             .lines = {},
             .includes = {}};
  std::istringstream lines(out.text);
  constexpr std::string_view kInclude = "#include \"";
  for (std::string line; std::getline(lines, line); out.lines.push_back(line))
    if (line.starts_with(kInclude))
      out.includes.push_back(line.substr(kInclude.size(), line.find('"', kInclude.size()) - kInclude.size()));
  return out;
}

std::vector<std::string> words(const std::string& text) {
  std::istringstream in(text);
  return {std::istream_iterator<std::string>(in), {}};
}

}  // namespace

std::vector<Source> read_sources(const fs::path& root, const std::vector<std::string>& endings) {
  std::vector<Source> out;
  for (fs::recursive_directory_iterator at(root), end; at != end; ++at) {
    const std::string name = at->path().filename().string();
    if (at->is_directory() && at.depth() == 0 && is_foreign(name)) at.disable_recursion_pending();
    if (at->is_regular_file() &&
        std::any_of(endings.begin(), endings.end(), [&](const std::string& e) { return name.ends_with(e); }))
      out.push_back(read_source(at->path(), root));
  }
  std::sort(out.begin(), out.end(), [](const Source& a, const Source& b) { return a.path < b.path; });
  return out;
}

Rooms declared_rooms(std::string_view cmake) {
  const std::string text(cmake);
  std::map<std::string, std::string> by_target;  // "engine_ops" -> "engine/ops"
  std::map<std::string, std::vector<std::string>> links;
  const auto each = [&](const char* pattern, const auto& body) {
    const std::regex regex(pattern);
    for (std::sregex_iterator at(text.begin(), text.end(), regex), end; at != end; ++at) body((*at)[1].str());
  };
  each(R"(\n *pgolf_room\(([^)]*)\))", [&](const std::string& arguments) {
    std::vector<std::string> all = words(arguments);
    const std::string path = all.front();
    std::string target = path;
    std::replace(target.begin(), target.end(), '/', '_');
    by_target[target] = path;
    const auto begin = std::find(all.begin(), all.end(), "DEPS");
    const auto end = std::find_if(all.begin(), all.end(), [](auto& w) { return w == "PRIVATE" || w == "GENERATED"; });
    links[path] = begin < end ? std::vector(begin + 1, end) : std::vector<std::string>{};
  });
  each(R"(\nadd_executable\(([^)]*)\))", [&](const std::string& arguments) {
    const std::vector<std::string> all = words(arguments);
    each((R"(\ntarget_link_libraries\()" + all.front() + R"( PRIVATE ([^)]*)\))").c_str(),
         [&](const std::string& linked) {
           for (size_t i = 1; i < all.size(); ++i) links[all[i]] = words(linked);
         });
  });
  Rooms out;
  for (const auto& [path, targets] : links) {
    auto& rooms = out[path];
    for (const std::string& target : targets)
      if (const auto room = by_target.find(target); room != by_target.end()) rooms.insert(room->second);
  }
  return out;
}

Rooms with_indirect(const Rooms& rooms) {
  Rooms out = rooms;
  for (bool grew = true; grew;) {
    grew = false;
    for (auto& [room, used] : out)
      for (const std::string& direct : std::set(used))
        for (const std::string& indirect : out.at(direct)) grew = used.insert(indirect).second || grew;
  }
  return out;
}

std::string mermaid_graph(const Rooms& rooms) {
  const auto node = [](std::string room) {
    for (char& c : room) c = c == '/' || c == '.' ? '_' : c;
    return room;
  };
  std::string out = "```mermaid\ngraph TD\n";
  for (const auto& [room, declared] : rooms) {
    out += "  " + node(room) + "[" + room + "]";
    for (const std::string& other : declared) out += (other == *declared.begin() ? " --> " : " & ") + node(other);
    out += "\n";
  }
  return out + "```\n";
}

std::string room_of(const Rooms& rooms, std::string_view path) {
  std::string longest;
  for (const auto& [room, used] : rooms)
    if ((path == room || (path.starts_with(room) && path[room.size()] == '/')) && room.size() > longest.size())
      longest = room;
  return longest;
}

}  // namespace pgolf::tidy
