#include "resolve/published_log.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "base/file.h"
#include "base/json_guard.h"
#include "base/sha256.h"
#include "resolve/resolve.h"
#include "resolve/training_log.h"

namespace pgolf {
namespace fs = std::filesystem;
namespace {

constexpr char kFormatName[] = "pgolf.published-log/";
constexpr char kFormat[] = "pgolf.published-log/1";
constexpr int64_t kMostBytes = 16 << 20;
constexpr size_t kMostTrainings = 100, kMostRows = 100'000, kMostText = 200;
constexpr int64_t kMostSteps = 100'000'000;

// As the logs print it: whole milliseconds without a point.
Json number_or_null(const std::optional<double>& value) {
  if (!value) return nullptr;
  const bool whole = std::abs(*value) < 1e15 && *value == std::floor(*value);
  return whole ? Json(static_cast<int64_t>(*value)) : Json(*value);
}

int64_t read_step(const Json& json, const char* key, const std::string& origin, int64_t least) {
  const int64_t step = json_integer(json, key, origin);
  if (step < least || step > kMostSteps) fail(ErrorKind::submission, "{}: {} {} is no step", origin, key, step);
  return step;
}

double read_number(const Json& json, const char* key, const std::string& origin, double least = 0) {
  const auto value = json_get<double>(json, key, origin);
  if (!std::isfinite(value) || value < least) fail(ErrorKind::submission, "{}: {} is {}", origin, key, value);
  return value;
}

std::optional<double> read_maybe(const Json& json, const char* key, const std::string& origin) {
  if (!json.is_object() || !json.contains(key) || json.at(key).is_null()) return std::nullopt;
  return read_number(json, key, origin);
}

std::string read_name(const Json& json, const char* key, const std::string& origin) {
  auto text = json_get<std::string>(json, key, origin);
  const bool plain = std::all_of(text.begin(), text.end(), [](unsigned char c) { return c >= 0x20 && c != 0x7f; });
  if (text.empty() || text.size() > kMostText || !plain)
    fail(ErrorKind::submission, "{}: {} is no name of at most {} printable characters", origin, key, kMostText);
  return text;
}

Json to_json(const PublishedRow& row) {
  Json out = {{"step", row.step},
              {"elapsed_ms", number_or_null(row.elapsed_ms)},
              {"train_loss", number_or_null(row.train_loss)}};
  if (row.lr_scale) out["lr_scale"] = *row.lr_scale;
  return out;
}

Json to_json(const PublishedTraining& t) {
  Json out = {{"seed", t.seed},
              {"log", t.log},
              {"log_sha256", t.log_sha256},
              {"stop", {{"step", t.stop_step}, {"elapsed_ms", number_or_null(t.stop_ms)}}},
              {"switches", t.switches},
              {"ttt", nullptr}};
  if (t.ttt) out["ttt"] = {{"elapsed_ms", number_or_null(t.ttt->elapsed_ms)}, {"limit_met", t.ttt->limit_met}};
  return out;
}

std::vector<PublishedRow> read_rows(const Json& json, const std::string& origin) {
  std::vector<PublishedRow> out;
  double latest_ms = 0;
  const auto rows = json_get<Json>(json, "rows", origin);
  if (!rows.is_array() || rows.size() > kMostRows)
    fail(ErrorKind::submission, "{}: rows is no list of at most {}", origin, kMostRows);
  for (const Json& row : rows) {
    const std::string at = fmt::format("{}: row {}", origin, out.size() + 1);
    PublishedRow read{read_step(row, "step", at, 0), read_maybe(row, "elapsed_ms", at),
                      read_maybe(row, "train_loss", at), read_maybe(row, "lr_scale", at)};
    if (!out.empty() && read.step < out.back().step)
      fail(ErrorKind::submission, "{}: step {} follows step {}", at, read.step, out.back().step);
    if (read.elapsed_ms.value_or(latest_ms) < latest_ms)
      fail(ErrorKind::submission, "{}: the time goes back from {} to {} ms", at, latest_ms, *read.elapsed_ms);
    latest_ms = read.elapsed_ms.value_or(latest_ms);
    out.push_back(read);
  }
  return out;
}

PublishedTraining read_training(const Json& json, const std::string& file) {
  PublishedTraining out;
  out.seed = json_integer(json, "seed", file);
  const std::string origin = fmt::format("{}: seed {}", file, out.seed);
  out.log = read_name(json, "log", origin), out.log_sha256 = read_name(json, "log_sha256", origin);
  const auto stop = json_get<Json>(json, "stop", origin);
  out.stop_step = read_step(stop, "step", origin, 1), out.stop_ms = read_number(stop, "elapsed_ms", origin);
  for (const auto& [name, step] : json_get<std::map<std::string, Json>>(json, "switches", origin)) {
    if (name != "looping" && name != "qat" && name != "swa")
      fail(ErrorKind::submission, "{}: switch '{:.40}' is none of looping, qat and swa", origin, name);
    out.switches[name] = read_step(Json{{name, step}}, name.c_str(), origin, 0);
  }
  if (const auto ttt = json_get<Json>(json, "ttt", origin); !ttt.is_null())
    out.ttt = {read_number(ttt, "elapsed_ms", origin), json_get<bool>(ttt, "limit_met", origin)};
  out.rows = read_rows(json, origin);
  double latest_ms = 0;
  for (const PublishedRow& row : out.rows) latest_ms = row.elapsed_ms.value_or(latest_ms);
  if (out.rows.empty() || out.rows.back().step > out.stop_step || latest_ms > out.stop_ms || out.stop_ms <= 0)
    fail(ErrorKind::submission, "{}: its rows do not end at or before its stop", origin);
  if (latest_ms <= 0) fail(ErrorKind::submission, "{}: no step has a time; a log without times gives no clock", origin);
  return out;
}

// What a claim says of the same log must hold, or it is another one.
void check_seed(const Claim& claim, const TrainingLog& log, const std::string& name) {
  if (log.seed && *log.seed != *claim.seed)
    fail(ErrorKind::submission, "{}: the log of seed {}, not of {} as claimed; correct submission.toml or name its log",
         name, *log.seed, *claim.seed);
}

void check_steps(const Claim& claim, const PublishedTraining& training, const std::string& name) {
  if (claim.steps && *claim.steps != training.stop_step)
    fail(ErrorKind::submission,
         "{}: stops at step {}, where {} are claimed; correct submission.toml or give the log of that training", name,
         training.stop_step, *claim.steps);
}

}  // namespace

std::vector<std::pair<int64_t, double>> PublishedTraining::curve() const {
  std::vector<std::pair<int64_t, double>> out;
  for (const PublishedRow& row : rows)
    if (row.train_loss) out.emplace_back(row.step, *row.train_loss);
  return out;
}

std::vector<PublishedTraining> parse_published(std::string_view text, const std::string& origin) {
  if (std::ssize(text) > kMostBytes)
    fail(ErrorKind::submission, "{}: {} bytes are no published log; the most is {}", origin, text.size(), kMostBytes);
  const Json json = parse_json(text, origin);
  const auto format = json_get<std::string>(json, "format", origin);
  if (!format.starts_with(kFormatName)) fail(ErrorKind::submission, "{}: not a published log", origin);
  if (format != kFormat)
    fail(ErrorKind::submission, "{}: format {:.40}, this program reads {}; use a newer pgolf", origin, format, kFormat);
  std::vector<PublishedTraining> out;
  for (const Json& training : json_get<std::vector<Json>>(json, "trainings", origin)) {
    out.push_back(read_training(training, origin));
    for (size_t i = 0; i + 1 < out.size(); ++i)
      if (out[i].seed == out.back().seed)
        fail(ErrorKind::submission, "{}: seed {} has two trainings", origin, out.back().seed);
    if (out.size() > kMostTrainings) fail(ErrorKind::submission, "{}: more than {} trainings", origin, kMostTrainings);
  }
  if (out.empty()) fail(ErrorKind::submission, "{}: has no training", origin);
  return out;
}

std::vector<PublishedTraining> load_published(const Submission& submission) {
  const fs::path file = submission.directory / kPublishedLog;
  std::error_code missing;
  if (submission.directory.empty() || !fs::exists(file, missing)) return {};
  std::vector<PublishedTraining> out = parse_published(read_text(file, kMostBytes), file.string());
  for (const PublishedTraining& training : out)
    for (const Claim& claim : submission.claims)
      if (claim.source == training.log && claim.seed == training.seed)
        check_steps(claim, training, fmt::format("{}: seed {}", file.string(), training.seed));
  return out;
}

void write_published(const fs::path& file, std::span<const PublishedTraining> trainings) {
  std::string text = fmt::format("{{\"format\":\"{}\",\"trainings\":[", kFormat);
  for (const PublishedTraining& t : trainings) {
    text += &t == trainings.data() ? "\n" : ",\n";
    text += to_json(t).dump();
    text.back() = ',';
    text += "\"rows\":[";  // one to a line of the log, to be compared with it
    for (const char* separator = "\n "; const PublishedRow& row : t.rows) {
      text += separator + to_json(row).dump();
      separator = ",\n ";
    }
    text += "]}";
  }
  write_file_atomic(file, text + "]}\n");
}

const PublishedTraining& published_training(std::span<const PublishedTraining> trainings, int64_t seed,
                                            const std::string& submission) {
  if (trainings.empty())
    fail(ErrorKind::usage, "{} has no {}; `pgolf check {} --logs DIR --save-clock FILE` makes it from its logs",
         submission, kPublishedLog, submission);
  std::vector<int64_t> seeds;
  for (const PublishedTraining& t : trainings) {
    if (t.seed == seed) return t;
    seeds.push_back(t.seed);
  }
  fail(ErrorKind::usage, "{} has no published log of seed {}; there are: {}", submission, seed, fmt::join(seeds, ", "));
}

std::vector<PublishedTraining> read_training_logs(const Submission& submission, const fs::path& directory) {
  const Config config = resolve(submission, {}).pinned.config;
  std::vector<PublishedTraining> out;
  std::vector<std::string> wanted;
  for (const Claim& claim : submission.claims) {
    if (!is_log(claim.source) || !claim.seed) continue;
    wanted.push_back(claim.source);
    const fs::path file = directory / claim.source;
    std::error_code missing;
    const bool known = std::any_of(out.begin(), out.end(), [&](const auto& t) { return t.seed == *claim.seed; });
    if (known || !fs::is_regular_file(file, missing)) continue;
    const std::string text = read_text(file, kMostLogBytes);
    TrainingLog log = parse_training_log(text, file.string(), config.train.batch_tokens);
    check_seed(claim, log, file.string());
    check_steps(claim, log.training, file.string());
    PublishedTraining& t = log.training;
    t.log = claim.source, t.log_sha256 = sha256_hex(text), t.seed = *claim.seed;
    if (t.ttt)
      t.ttt->limit_met = config.ttt.time_limit_seconds > 0 && t.ttt->elapsed_ms >= 1000 * config.ttt.time_limit_seconds;
    out.push_back(std::move(t));
  }
  if (wanted.empty())
    fail(ErrorKind::usage, "{}: no claim names the log of a seed, so none can be read", submission.file);
  if (out.empty()) fail(ErrorKind::not_found, "{}: has none of {}", directory.string(), fmt::join(wanted, ", "));
  return out;
}

}  // namespace pgolf
