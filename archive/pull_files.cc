#include "archive/pull_files.h"

#include <algorithm>
#include <set>

namespace pgolf {
namespace {

constexpr size_t kMostOwnCommits = 20'000;

std::string_view parent_of(std::string_view path) {
  const auto slash = path.rfind('/');
  return slash == std::string_view::npos ? std::string_view() : path.substr(0, slash);
}
std::string_view name_of(std::string_view path) { return path.substr(path.rfind('/') + 1); }

// "records/track_10min_16mb/NAME" of a file at any depth below it; "" of others.
std::string_view record_folder(std::string_view path) {
  if (!path.starts_with("records/track_")) return {};
  const auto track = path.find('/', 8), name = track == std::string_view::npos ? track : path.find('/', track + 1);
  return name == std::string_view::npos ? std::string_view() : path.substr(0, name);
}

}  // namespace

MainHistory::MainHistory(const GitRepository& repository, const std::optional<ObjectId>& main)
    : repository_(repository) {
  if (!main) return;
  // Depth first, parents before children; -1 marks a commit whose parents are being placed.
  std::vector<ObjectId> stack{*main};
  int64_t placed = 0;
  while (!stack.empty()) {
    const ObjectId id = stack.back();
    const auto facts = repository_.commit(id);
    const auto [entry, fresh] = place_.try_emplace(id, -1);
    if (fresh && facts) {
      for (const ObjectId& parent : facts->parents)
        if (!place_.contains(parent)) stack.push_back(parent);
      for (size_t i = 1; i < facts->parents.size(); ++i) merged_.emplace(facts->parents[i], facts->parents[0]);
      continue;
    }
    stack.pop_back();
    if (entry->second < 0) entry->second = placed++;
  }
}

std::vector<ObjectId> MainHistory::own_commits(const ObjectId& head, std::vector<ObjectId>* meets) const {
  std::set<ObjectId> seen{head};
  std::vector<ObjectId> out, stack{head};
  while (!stack.empty() && out.size() < kMostOwnCommits) {
    const ObjectId id = stack.back();
    stack.pop_back();
    if (place_.contains(id)) {
      if (meets) meets->push_back(id);
      continue;
    }
    out.push_back(id);
    if (const auto facts = repository_.commit(id))
      for (const ObjectId& parent : facts->parents)
        if (seen.insert(parent).second) stack.push_back(parent);
  }
  return out;
}

PullBase MainHistory::base_of(const ObjectId& head) const {
  if (place_.contains(head)) {
    if (const auto merge = merged_.find(head); merge != merged_.end()) return {"merged", merge->second, 0};
    const auto facts = repository_.commit(head);
    return {"in_main", facts && !facts->parents.empty() ? std::optional(facts->parents[0]) : std::nullopt, 0};
  }
  std::vector<ObjectId> meets;
  const auto own = static_cast<int64_t>(own_commits(head, &meets).size());
  if (meets.empty()) return {"unrelated", std::nullopt, own};
  const auto last = std::max_element(meets.begin(), meets.end(),
                                     [&](const ObjectId& a, const ObjectId& b) { return place_.at(a) < place_.at(b); });
  return {"base", *last, own};
}

std::optional<int64_t> MainHistory::place_of(const ObjectId& commit) const {
  const auto found = place_.find(commit);
  return found == place_.end() ? std::nullopt : std::optional(found->second);
}

std::vector<FolderWork> MainHistory::work_on(const ObjectId& head, const std::vector<std::string>& folders) const {
  std::vector<FolderWork> out(folders.size());
  const std::vector<ObjectId> commits = own_commits(head, nullptr);
  std::vector<size_t> last(folders.size(), commits.size());  // its newest commit: the head is 0
  for (size_t at = 0; at < commits.size(); ++at) {
    const auto facts = repository_.commit(commits[at]);
    if (!facts || facts->parents.size() > 1) continue;
    const auto before = facts->parents.empty() ? std::nullopt : repository_.commit(facts->parents[0]);
    if (before && before->tree == facts->tree) continue;
    for (size_t i = 0; i < folders.size(); ++i) {
      const auto here = repository_.entry(facts->tree, folders[i]);
      if (!here || (before && repository_.entry(before->tree, folders[i]) == here)) continue;
      last[i] = std::min(last[i], at), out[i].first = std::min(out[i].first, facts->time);
    }
  }
  for (size_t i = 0; i < folders.size(); ++i)
    out[i].behind = std::count_if(last.begin(), last.end(), [&](size_t other) { return other < last[i]; });
  return out;
}

const char* file_kind_name(FileKind kind) {
  constexpr const char* kNames[] = {"other", "log", "card", "script", "code", "text"};
  return kNames[static_cast<int>(kind)];
}

FileKind file_kind_of(const std::string& path) {
  const std::string_view name = name_of(path);
  if (name == "submission.json") return FileKind::card;
  if (name.find("requirements") != std::string_view::npos) return FileKind::other;
  for (const std::string_view end : {".log", ".txt", ".out"})
    if (name.ends_with(end)) return FileKind::log;
  if (name.ends_with(".py") && name.find("train") != std::string_view::npos) return FileKind::script;
  for (const std::string_view end : {".py", ".c", ".cc", ".cpp", ".cu", ".so", ".sh"})
    if (name.ends_with(end)) return FileKind::code;
  return name == "README.md" ? FileKind::text : FileKind::other;
}

std::vector<std::string> folders_of(const std::vector<TreeChange>& files) {
  std::set<std::string_view> holds;  // outside of records/
  for (const TreeChange& file : files)
    if (record_folder(file.path).empty() && (name_of(file.path) == "submission.json" || file.path.ends_with(".log")))
      holds.insert(parent_of(file.path));
  std::vector<std::string> out;
  for (const TreeChange& file : files) {
    std::string_view folder = record_folder(file.path);
    for (std::string_view above = parent_of(file.path); folder.empty() && !above.empty(); above = parent_of(above))
      if (holds.contains(above)) folder = above;
    out.emplace_back(folder);
  }
  return out;
}

}  // namespace pgolf
