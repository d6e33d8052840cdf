#include "engine/evidence/schedule.h"

#include <cmath>

#include "base/error.h"
#include "base/file.h"
#include "base/json_guard.h"
#include "base/names.h"

namespace pgolf {
namespace {

constexpr char kFormatName[] = "pgolf.schedule/";
constexpr char kFormat[] = "pgolf.schedule/2";
constexpr char kFirstFormat[] = "pgolf.schedule/1";  // had no published clock
constexpr int64_t kMostSteps = 100'000'000;          // of a training; far beyond any

void check_log(const EventsFile& log, const std::string& name, const std::string& phase) {
  if (log.header.phase != phase)
    fail(ErrorKind::submission, "{}: the log of a {} phase, not of {}", name, log.header.phase, phase);
  if (log.torn)
    fail(ErrorKind::submission, "{}: torn: its last line has no end; only a whole log can be replayed", name);
}

ScheduleStep read_step(const Json& json, const std::string& origin) {
  return {json_get<double>(json, "elapsed_ms", origin), json_get<double>(json, "lr_scale", origin),
          json_get<std::vector<std::string>>(json, "switches", origin)};
}

Json published_to_json(const std::optional<PublishedClock>& clock) {
  if (!clock) return nullptr;
  return {{"log", clock->log}, {"log_sha256", clock->log_sha256}, {"seed", clock->seed}, {"steps", clock->steps}};
}

std::optional<PublishedClock> read_published(const Json& json, const std::string& name) {
  if (json.is_null()) return std::nullopt;
  const PublishedClock out{json_get<std::string>(json, "log", name), json_get<std::string>(json, "log_sha256", name),
                           json_integer(json, "seed", name), json_integer(json, "steps", name)};
  if (out.steps < 1 || out.steps > kMostSteps)
    fail(ErrorKind::submission, "{}: a published training of {} steps", name, out.steps);
  return out;
}

}  // namespace

std::string Schedule::name() const {
  return published && replay_of.empty() ? "log " + published->log : "run " + replay_of;
}

std::vector<ScheduleStep> train_schedule(const EventsFile& train, const std::string& name) {
  check_log(train, name, kTrainPhase);
  std::vector<ScheduleStep> out;
  for (const EventRecord& record : train.events) {
    const auto* step = std::get_if<StepEvent>(&record.event);
    if (!step) continue;
    const auto expected = static_cast<int64_t>(out.size()) + 1;
    if (step->step != expected)
      fail(ErrorKind::submission, "{}:{}: step {} follows step {}; a schedule with missing steps cannot be replayed",
           name, record.line, step->step, expected - 1);
    if (!std::isfinite(step->elapsed_ms) || !std::isfinite(step->lr_scale))
      fail(ErrorKind::submission, "{}:{}: step {} has no clock or rate to replay", name, record.line, step->step);
    out.push_back({step->elapsed_ms, step->lr_scale, step->switches});
  }
  if (out.empty()) fail(ErrorKind::submission, "{}: has no steps to replay", name);
  return out;
}

EvalSchedule eval_schedule(const EventsFile& eval, const std::string& name) {
  check_log(eval, name, kEvalPhase);
  EvalSchedule out;
  for (const EventRecord& record : eval.events)
    if (const auto* timeout = std::get_if<TimeoutEvent>(&record.event); timeout && timeout->name == kTttPass)
      out.ttt_chunks = timeout->done;
  return out;
}

void write_schedule(const std::filesystem::path& path, const Schedule& schedule) {
  Json out;
  out["format"] = kFormat;
  out["replay_of"] = schedule.replay_of;
  out["config_sha256"] = schedule.config_sha256;
  out["published"] = published_to_json(schedule.published);
  out["eval"] = nullptr;
  if (schedule.eval)
    out["eval"] = {{"ttt_chunks", schedule.eval->ttt_chunks ? Json(*schedule.eval->ttt_chunks) : Json(nullptr)}};
  std::string text = out.dump();
  text.back() = ',';
  text += "\"train\":[";  // a step per line, to be read and compared
  for (const char* separator = "\n"; const ScheduleStep& s : schedule.train) {
    text += separator + Json{{"elapsed_ms", s.elapsed_ms}, {"lr_scale", s.lr_scale}, {"switches", s.switches}}.dump();
    separator = ",\n";
  }
  write_file_atomic(path, text + "]}\n");
}

Schedule read_schedule(const std::filesystem::path& path, const std::string& config_sha256) {
  const std::string name = path.string();
  const Json json = read_json(path);
  const auto format = json_get<std::string>(json, "format", name);
  if (!format.starts_with(kFormatName)) fail(ErrorKind::submission, "{}: not a schedule", name);
  if (format != kFormat && format != kFirstFormat)
    fail(ErrorKind::submission, "{}: format {}, this program reads {}; use a newer pgolf", name, format, kFormat);
  Schedule out;
  out.replay_of = json_get<std::string>(json, "replay_of", name);
  out.config_sha256 = json_get<std::string>(json, "config_sha256", name);
  if (out.config_sha256 != config_sha256)
    fail(ErrorKind::usage, "{}: the schedule of another configuration, {:.12}, not of {:.12}", name, out.config_sha256,
         config_sha256);
  if (format != kFirstFormat) out.published = read_published(json_get<Json>(json, "published", name), name);
  for (const Json& step : json_get<std::vector<Json>>(json, "train", name))
    out.train.push_back(read_step(step, fmt::format("{}: step {}", name, out.train.size() + 1)));
  if (const auto eval = json_get<Json>(json, "eval", name); !eval.is_null()) {
    out.eval.emplace();
    if (const auto chunks = json_get<Json>(eval, "ttt_chunks", name); !chunks.is_null())
      out.eval->ttt_chunks = json_get<int64_t>(eval, "ttt_chunks", name);
  }
  return out;
}

}  // namespace pgolf
