#include "engine/evidence/events.h"

#include <cmath>
#include <limits>

#include "base/error.h"
#include "base/file.h"
#include "base/json_guard.h"

namespace pgolf {
namespace {

constexpr char kFormatName[] = "pgolf.events/";
constexpr char kFormat[] = "pgolf.events/1";
// Far above what a phase writes (20,000 steps are 5 MB); they guard our memory against a phase that writes without end.
constexpr int64_t kMaxFile = 128 << 20;
constexpr size_t kMaxLine = 1 << 16, kMaxEvents = 1'000'000;

// The fields of each event, once: `v(key, member)` writes or reads one.
void visit_fields(auto& v, EventsHeader& e) {
  v("phase", e.phase), v("config_sha256", e.config_sha256), v("build", e.build);
}
void visit_fields(auto& v, PhaseStartEvent& e) { v("name", e.name); }
void visit_fields(auto& v, PhaseEndEvent& e) { v("name", e.name), v("elapsed_ms", e.elapsed_ms); }
void visit_fields(auto& v, DataEvent& e) {
  v("role", e.role), v("path", e.path), v("sha256", e.sha256), v("bytes", e.bytes);
}
void visit_fields(auto& v, StepEvent& e) {
  v("step", e.step), v("train_loss", e.train_loss), v("rank0_loss", e.rank0_loss), v("lr_scale", e.lr_scale),
      v("elapsed_ms", e.elapsed_ms);
  v("tokens", e.tokens), v("tok_per_s", e.tok_per_s), v("switches", e.switches);
}
void visit_fields(auto& v, ValidationEvent& e) {
  v("name", e.name), v("weights", e.weights), v("val_loss", e.val_loss), v("val_bpb", e.val_bpb);
  v("targets", e.targets), v("bytes", e.bytes), v("elapsed_ms", e.elapsed_ms);
  v("headline", e.headline);
}
void visit_fields(auto& v, StreamEvent& e) {
  v("name", e.name), v("targets", e.targets), v("nll", e.nll), v("bytes", e.bytes);
}
void visit_fields(auto& v, DocumentsEvent& e) {
  v("name", e.name), v("documents", e.documents), v("targets", e.targets), v("bytes", e.bytes), v("nll", e.nll);
  v("nll_nll", e.nll_nll), v("nll_bytes", e.nll_bytes), v("bytes_bytes", e.bytes_bytes);
}
void visit_fields(auto& v, ArtifactEvent& e) {
  v("path", e.path), v("sha256", e.sha256), v("model_bytes", e.model_bytes), v("classes", e.classes);
}
void visit_fields(auto& v, NormalisationEvent& e) { v("name", e.name), v("target", e.target), v("sum", e.sum); }
void visit_fields(auto& v, CausalityEvent& e) {
  v("name", e.name), v("target", e.target), v("compared", e.compared), v("changed", e.changed);
  v("max_difference", e.max_difference);
}
void visit_fields(auto& v, TimeoutEvent& e) { v("name", e.name), v("done", e.done); }
void visit_fields(auto& v, ProcessesEvent& e) { v("count", e.count), v("ranks", e.ranks), v("link", e.link); }
void visit_fields(auto& v, WeightsEvent& e) { v("step", e.step), v("sha256", e.sha256); }
void visit_fields(auto& v, StateEvent& e) { v("step", e.step), v("state", e.state), v("root", e.root); }
void visit_fields(auto& v, WarningEvent& e) { v("text", e.text); }
void visit_fields(auto& v, LedgerEvent& e) { v("path", e.path), v("head", e.head); }

struct FieldWriter {
  Json& out;
  void operator()(const char* key, const auto& value) { out[key] = value; }
  void operator()(const char* key, const std::optional<double>& value) {
    if (value) out[key] = *value;
  }
  void operator()(const char* key, const std::vector<ByteClass>& classes) {
    out[key] = Json::object();
    for (const auto& c : classes) out[key][c.name] = c.bytes;
  }
};

struct FieldReader {
  const Json& in;
  const std::string& origin;

  template <class T>
  void operator()(const char* key, T& value) {
    value = json_get<T>(in, key, origin);
  }
  void operator()(const char* key, double& value) {
    const bool null = in.contains(key) && in.at(key).is_null();
    value = null ? std::numeric_limits<double>::quiet_NaN() : json_get<double>(in, key, origin);
  }
  void operator()(const char* key, std::optional<double>& value) {
    if (in.contains(key)) (*this)(key, value.emplace());
  }
  void operator()(const char* key, int64_t& value) { value = json_integer(in, key, origin); }
  void operator()(const char* key, std::vector<ByteClass>& classes) {
    const auto object = json_get<Json>(in, key, origin);
    if (!object.is_object()) fail_json_key(origin, key, false);
    for (const auto& [name, bytes] : object.items())
      classes.push_back({name, json_integer(object, name.c_str(), origin)});
  }
};

std::string to_line(const Json& json) { return json.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n"; }

// The alternative of Event named `name`, read from `json`.
template <size_t I = 0>
Event read_event(const std::string& name, const Json& json, const std::string& origin) {
  if constexpr (I < std::variant_size_v<Event>) {
    using E = std::variant_alternative_t<I, Event>;
    if (name != E::kName) return read_event<I + 1>(name, json, origin);
    E event;
    FieldReader reader{json, origin};
    visit_fields(reader, event);
    return event;
  } else {
    fail(ErrorKind::submission, "{}: unknown event '{}'", origin, name);
  }
}

EventsHeader read_header(const Json& json, const std::string& origin) {
  const auto format = json_get<std::string>(json, "format", origin);
  if (!format.starts_with(kFormatName)) fail(ErrorKind::submission, "{}: not an event log", origin);
  if (format != kFormat)
    fail(ErrorKind::submission, "{}: event format {}; this program reads {}; use a newer pgolf", origin, format,
         kFormat);
  EventsHeader header;
  FieldReader reader{json, origin};
  visit_fields(reader, header);
  return header;
}

}  // namespace

struct EventLog::State {
  explicit State(const std::filesystem::path& path) : file(path) {}
  AppendFile file;
  std::chrono::steady_clock::time_point start = std::chrono::steady_clock::now();
};

EventLog::EventLog(const std::filesystem::path& path, const EventsHeader& header) {
  std::error_code ignored;
  if (std::filesystem::exists(path, ignored) && std::filesystem::file_size(path, ignored) > 0)
    fail(ErrorKind::usage, "{}: an event log is there already; give each phase a directory of its own", path.string());
  state_ = std::make_unique<State>(path);
  Json json;
  json["format"] = kFormat;
  FieldWriter writer{json};
  auto copy = header;
  visit_fields(writer, copy);
  state_->file.append(to_line(json));
}

EventLog::EventLog() = default;
EventLog::~EventLog() = default;
EventLog::EventLog(EventLog&&) noexcept = default;

void EventLog::write(const Event& event) {
  if (!state_) return;
  const auto elapsed = std::chrono::steady_clock::now() - state_->start;
  Json json;
  std::visit(
      [&](auto copy) {
        json["event"] = copy.kName;
        json["t_ms"] =
            static_cast<double>(std::chrono::duration_cast<std::chrono::microseconds>(elapsed).count()) / 1e3;
        FieldWriter writer{json};
        visit_fields(writer, copy);
      },
      event);
  state_->file.append(to_line(json));
}

void EventLog::sync() {
  if (state_) state_->file.sync();
}

EventsFile read_events(const std::filesystem::path& path) {
  return parse_events(read_text(path, kMaxFile), path.string());
}

EventsFile parse_events(std::string_view text, const std::string& name) {
  EventsFile out;
  int64_t line = 0;
  for (size_t at = 0; at < text.size();) {
    const size_t end = text.find('\n', at);
    if (end == std::string_view::npos) {
      out.torn = true;
      break;
    }
    const std::string origin = fmt::format("{}:{}", name, ++line);
    if (end - at > kMaxLine)
      fail(ErrorKind::submission, "{}: a line of {} bytes is no event; the longest has {}", origin, end - at, kMaxLine);
    if (out.events.size() == kMaxEvents) fail(ErrorKind::submission, "{}: more than {} events", origin, kMaxEvents);
    const Json json = parse_json(text.substr(at, end - at), origin);
    if (line == 1) {
      out.header = read_header(json, origin);
    } else {
      const auto kind = json_get<std::string>(json, "event", origin);
      out.events.push_back({line, json_get<double>(json, "t_ms", origin), read_event(kind, json, origin)});
    }
    at = end + 1;
  }
  if (line == 0) fail(ErrorKind::submission, "{}: empty; the phase wrote no events", name);
  return out;
}

}  // namespace pgolf
