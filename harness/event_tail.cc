#include "harness/event_tail.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>

#include "base/json.h"

namespace pgolf {
namespace {

constexpr size_t kLongestLine = 1 << 20;  // anything longer is no event
constexpr size_t kMostParts = 1000;

template <class T>
std::optional<T> member(const Json& line, const char* key) {
  const auto it = line.find(key);
  if (it == line.end() || it->is_null()) return std::nullopt;
  if constexpr (std::is_same_v<T, std::string>)
    return it->is_string() ? std::optional(it->get<std::string>()) : std::nullopt;
  else
    return it->is_number() ? std::optional(it->get<T>()) : std::nullopt;
}

}  // namespace

EventTail::EventTail(std::filesystem::path file) : file_(std::move(file)) {}

int EventTail::poll(double now_ms) {
  const int fd = ::open(file_.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
  if (fd < 0) return 0;
  int lines = 0;
  std::array<char, 65536> buffer;
  for (ssize_t n; (n = ::pread(fd, buffer.data(), buffer.size(), offset_)) > 0;) {
    offset_ += n;
    for (ssize_t i = 0; i < n; ++i) {
      if (buffer[static_cast<size_t>(i)] != '\n') {
        if (pending_.size() < kLongestLine) pending_ += buffer[static_cast<size_t>(i)];
        continue;
      }
      take_line(pending_, now_ms);
      pending_.clear();
      ++lines;
    }
  }
  ::close(fd);
  return lines;
}

void EventTail::take_line(const std::string& text, double now_ms) {
  const Json line = Json::parse(text, nullptr, false);
  if (!line.is_object()) return;
  const auto event = member<std::string>(line, "event");
  if (!event) return;
  if (*event == "step") {
    step_ = member<int64_t>(line, "step").value_or(step_);
    train_loss_ = member<double>(line, "train_loss");
  } else if (*event == "stream") {
    stream_targets_ = member<int64_t>(line, "targets").value_or(stream_targets_);
  } else if (*event == "phase_start") {
    part_ = member<std::string>(line, "name").value_or("");
    stream_targets_ = 0;
    if (starts_.size() < kMostParts) starts_.try_emplace(part_, now_ms);
  } else if (*event == "phase_end") {
    const std::string name = member<std::string>(line, "name").value_or("");
    if (const auto start = starts_.find(name); start != starts_.end()) spans_.try_emplace(name, now_ms - start->second);
    if (part_ == name) part_.clear();
  }
}

std::optional<double> EventTail::started_ms(const std::string& part) const {
  const auto it = starts_.find(part);
  return it == starts_.end() ? std::nullopt : std::optional(it->second);
}

}  // namespace pgolf
