#include "archive/owners.h"

#include <algorithm>
#include <array>

namespace pgolf {
namespace {

constexpr int64_t kDays = 3 * 86'400;  // commits of a request mostly come before it is opened, or soon after
constexpr ptrdiff_t kNeighbours = 15;  // on each side

// When a pull request was opened, which git does not say: numbers grow with time, so the median of the newest commits
// of its neighbours tells it to a day or two.
std::map<int64_t, int64_t> opening_times(const GitRepository& repository, const std::map<int64_t, ObjectId>& heads) {
  std::vector<std::pair<int64_t, int64_t>> newest;
  for (const auto& [pull, head] : heads)
    if (const auto facts = repository.commit(head)) newest.emplace_back(pull, facts->time);
  std::map<int64_t, int64_t> out;
  for (ptrdiff_t i = 0; i < std::ssize(newest); ++i) {
    std::vector<int64_t> near;
    for (ptrdiff_t k = std::max<ptrdiff_t>(0, i - kNeighbours); k <= i + kNeighbours && k < std::ssize(newest); ++k)
      near.push_back(newest[static_cast<size_t>(k)].second);
    const auto middle = near.begin() + std::ssize(near) / 2;
    std::nth_element(near.begin(), middle, near.end());
    out.emplace(newest[static_cast<size_t>(i)].first, *middle);
  }
  return out;
}

class Owners {
 public:
  Owners(ArchiveTables& tables, int64_t source, const GitRepository& repository, const MainHistory& history,
         const std::map<int64_t, ObjectId>& heads)
      : tables_(tables), repository_(repository), history_(history), heads_(heads) {
    opened_ = opening_times(repository, heads);
    for (const ArchiveHead& head : tables_.heads(source)) known_.emplace(head.pull, head);
  }

  int64_t set(const std::vector<ArchiveFolder>& all) {
    std::map<std::string, std::vector<const ArchiveFolder*>> same;
    for (const ArchiveFolder& folder : all) folders_[folder.pull].push_back(folder.path);
    for (const ArchiveFolder& folder : all)
      if (!folder.path.empty()) same[folder.path].push_back(&folder);
    for (const auto& [path, folders] : same) {
      std::optional<Order> first;
      if (folders.size() > 1)
        for (const ArchiveFolder* folder : folders)
          if (const Order order = order_of(*folder); !first || order < *first) first = order;
      for (const ArchiveFolder* folder : folders) {
        const int64_t owner = first ? first->back() : folder->pull;
        if (folder->owner == owner && folder->added_at) continue;
        tables_.set_owner(folder->id, owner, added_at(*folder));
      }
    }
    return std::ssize(all);
  }

 private:
  using Order = std::array<int64_t, 8>;

  Order order_of(const ArchiveFolder& folder) {
    const int64_t pull = folder.pull;
    if (known_.at(pull).relation == "merged")
      return {0, history_.place_of(heads_.at(pull)).value_or(0), 0, 0, 0, 0, 0, pull};
    const FolderWork& work = work_on(folder);
    const bool late = opened_.contains(pull) && work.first - kDays > opened_.at(pull);
    return {1,           changes_main(folder),         has_text_alone(folder),  late ? 1 : 0,
            work.behind, std::min(work.first, kNever), known_.at(pull).commits, pull};
  }

  const FolderWork& work_on(const ArchiveFolder& folder) {
    const auto [entry, fresh] = work_.try_emplace(folder.pull);
    if (fresh) {
      const std::vector<std::string>& paths = folders_.at(folder.pull);
      const std::vector<FolderWork> done = history_.work_on(heads_.at(folder.pull), paths);
      for (size_t i = 0; i < paths.size(); ++i) entry->second.emplace(paths[i], done[i]);
    }
    return entry->second.at(folder.path);
  }

  // A merged head's commits are main's own by now: its newest one tells the time.
  std::optional<int64_t> added_at(const ArchiveFolder& folder) {
    const int64_t first = known_.at(folder.pull).relation == "merged" ? kNever : work_on(folder).first;
    if (first < kNever) return first;
    const auto facts = repository_.commit(heads_.at(folder.pull));
    return facts ? std::optional(facts->time) : std::nullopt;
  }

  int64_t changes_main(const ArchiveFolder& folder) const {
    const auto base = id_from_hex(known_.at(folder.pull).base);
    const auto facts = base ? repository_.commit(*base) : std::nullopt;
    return facts && repository_.entry(facts->tree, folder.path) ? 1 : 0;
  }

  int64_t has_text_alone(const ArchiveFolder& folder) const {
    const auto files = tables_.files(folder.id);
    return std::all_of(files.begin(), files.end(), [](const ArchiveFile& f) { return f.blob.second == "text"; }) ? 1
                                                                                                                 : 0;
  }

  static constexpr int64_t kNever = std::numeric_limits<int64_t>::max();
  ArchiveTables& tables_;
  const GitRepository& repository_;
  const MainHistory& history_;
  const std::map<int64_t, ObjectId>& heads_;
  std::map<int64_t, ArchiveHead> known_;
  std::map<int64_t, int64_t> opened_;
  std::map<int64_t, std::vector<std::string>> folders_;
  std::map<int64_t, std::map<std::string, FolderWork>> work_;
};

}  // namespace

int64_t set_owners(ArchiveTables& tables, int64_t source, const GitRepository& repository, const MainHistory& history,
                   const std::map<int64_t, ObjectId>& heads) {
  return Owners(tables, source, repository, history, heads).set(tables.folders(source, std::nullopt));
}

}  // namespace pgolf
