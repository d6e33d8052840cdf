#include "harness/process/event_tail.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <utility>

#include "base/json_guard.h"
#include "base/message.h"

namespace pgolf {
namespace {

constexpr size_t kLongestLine = 1 << 16;  // events are shorter
constexpr size_t kMostParts = 1000;
constexpr double kUsualWaitMs = 200;     // between two polls of a supervisor that gets its turn
constexpr int64_t kMostBytes = 4 << 20;  // of one poll: a phase that writes without end must not hold up its supervisor

template <class T>
std::optional<T> member(const Json& line, const char* key) {
  const auto it = line.find(key);
  if (it == line.end() || it->is_null()) return std::nullopt;
  if constexpr (std::is_same_v<T, std::string>)
    return it->is_string() ? std::optional(it->get<std::string>()) : std::nullopt;
  else if constexpr (std::is_same_v<T, int64_t>)
    return is_int64(*it) ? std::optional(it->get<T>()) : std::nullopt;
  else
    return it->is_number() ? std::optional(it->get<T>()) : std::nullopt;
}

}  // namespace

EventTail::EventTail(std::filesystem::path file) : file_(std::move(file)) {}

int EventTail::poll(double now_ms) {
  const double waited_ms = now_ms - std::exchange(polled_ms_, now_ms);
  absent_ms_ = waited_ms > kUsualWaitMs ? waited_ms : 0;
  const int fd = ::open(file_.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
  if (fd < 0) return caught_up_ms_ = now_ms, 0;
  const double earliest_ms = now_ms - caught_up_ms_ > kUsualWaitMs ? caught_up_ms_ : now_ms;
  int lines = 0;
  std::array<char, 65536> buffer;
  const int64_t last = offset_ + kMostBytes;
  ssize_t n = 1;
  while (offset_ < last && (n = ::pread(fd, buffer.data(), buffer.size(), offset_)) > 0) {
    offset_ += n;
    lines += take({buffer.data(), static_cast<size_t>(n)}, earliest_ms, now_ms);
  }
  if (n <= 0) caught_up_ms_ = now_ms;
  ::close(fd);
  return lines;
}

int EventTail::take(std::string_view bytes, double earliest_ms, double now_ms) {
  int lines = 0;
  for (size_t at = 0; at < bytes.size();) {
    const size_t end = bytes.find('\n', at);
    const std::string_view piece = bytes.substr(at, end == std::string_view::npos ? end : end - at);
    if (pending_.size() <= kLongestLine) pending_ += piece.substr(0, kLongestLine + 1 - pending_.size());
    if (end == std::string_view::npos) break;
    if (pending_.size() <= kLongestLine) take_line(pending_, earliest_ms, now_ms);
    pending_.clear();
    ++lines;
    at = end + 1;
  }
  return lines;
}

void EventTail::take_line(const std::string& text, double earliest_ms, double now_ms) {
  const auto parsed = parse_json_if_valid(text);
  if (!parsed || !parsed->is_object()) return;
  const Json& line = *parsed;
  const auto event = member<std::string>(line, "event");
  if (!event) return;
  if (*event == "step") {
    step_ = member<int64_t>(line, "step").value_or(step_);
    train_loss_ = member<double>(line, "train_loss");
  } else if (*event == "stream") {
    stream_targets_ = member<int64_t>(line, "targets").value_or(stream_targets_);
  } else if (*event == "phase_start") {
    part_ = as_message(member<std::string>(line, "name").value_or(""));
    stream_targets_ = 0;
    if (starts_.size() < kMostParts) starts_.try_emplace(part_, Start{earliest_ms, absent_ms_});
  } else if (*event == "phase_end") {
    const std::string name = as_message(member<std::string>(line, "name").value_or(""));
    if (const auto start = starts_.find(name); start != starts_.end() && !spans_.contains(name)) {
      spans_[name] = now_ms - start->second.at_ms;
      if (const double late_ms = start->second.late_ms + absent_ms_; late_ms > 0) late_[name] = late_ms;
    }
    if (part_ == name) part_.clear();
  }
}

std::optional<double> EventTail::started_ms(const std::string& part) const {
  const auto it = starts_.find(part);
  return it == starts_.end() ? std::nullopt : std::optional(it->second.at_ms);
}

}  // namespace pgolf
