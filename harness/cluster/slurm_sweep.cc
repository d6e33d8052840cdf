#include "harness/cluster/slurm_sweep.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <chrono>
#include <set>
#include <thread>

#include "base/error.h"
#include "base/file.h"
#include "base/json_guard.h"
#include "base/utc.h"
#include "harness/cluster/bounded.h"
#include "harness/sweep/child.h"

namespace pgolf {
namespace fs = std::filesystem;
namespace {

std::string words_of(const Answer& answer) {
  if (answer.timed_out) return "does not answer";
  std::string text = answer.err.empty() ? answer.out : answer.err;
  while (!text.empty() && text.back() == '\n') text.pop_back();
  std::replace(text.begin(), text.end(), '\n', ' ');
  return text.substr(0, 400);
}

void make_folders(const fs::path& directory) {
  for (const char* folder : {"logs", "done", "extra", "tmp"}) {
    std::error_code error;
    fs::create_directories(directory / folder, error);
    if (error) fail(ErrorKind::machine, "{}: cannot be created: {}", (directory / folder).string(), error.message());
  }
}

// Every job of the sweep's that Slurm knows.
std::set<int64_t> jobs_in_queue(const SlurmSweep& slurm, bool& answered) {
  const Answer answer = run_bounded(squeue_argv(slurm.job_name()), kSlurmTimeout_s);
  answered = answer.ok();
  std::set<int64_t> out;
  for (const QueuedTask& task : parse_squeue(answer.out)) out.insert(task.job);
  return out;
}

// The job of an array whose sbatch got no answer, if Slurm took it; waits until the controller tells.
std::optional<int64_t> went_through(const SlurmSweep& slurm, int tries) {
  for (int i = 0; i < tries; ++i) {
    bool answered = false;
    const auto jobs = jobs_in_queue(slurm, answered);
    for (const int64_t job : jobs)
      if (std::none_of(slurm.jobs.begin(), slurm.jobs.end(), [&](const SubmittedJob& j) { return j.job == job; }))
        return job;
    if (answered) return std::nullopt;
    std::this_thread::sleep_for(std::chrono::seconds(5));
  }
  return std::nullopt;
}

int64_t submit_chunk(const SlurmSweep& slurm, const std::vector<std::string>& argv) {
  constexpr int kTries = 5;
  for (int i = 0;; ++i) {
    const Answer answer = run_bounded(argv, kSlurmTimeout_s);
    if (const auto job = job_id_from(answer.out); answer.ok() && job) return *job;
    if (!answer.timed_out && !is_busy(answer.err)) fail(ErrorKind::machine, "sbatch: {}", words_of(answer));
    if (const auto job = went_through(slurm, kTries)) return *job;
    if (i + 1 == kTries) fail(ErrorKind::machine, "sbatch: {}", words_of(answer));
  }
}

}  // namespace

fs::path bundle_of(const fs::path& directory, size_t task) {
  return directory / "done" / fmt::format("{}.pgolf.tar.zst", task);
}

void write_slurm(const fs::path& directory, const SlurmSweep& slurm) {
  Json jobs = Json::array();
  for (const SubmittedJob& job : slurm.jobs) jobs.push_back({{"job", job.job}, {"offset", job.offset}, {"at", job.at}});
  const Json out = {{"format", kSlurmFormat},
                    {"sweep", slurm.sweep},
                    {"submissions", slurm.setting.submissions.string()},
                    {"rules", slurm.setting.rules.string()},
                    {"options", slurm.setting.options},
                    {"jobs", jobs}};
  write_file_atomic(directory / "slurm.json", out.dump(1) + "\n");
}

std::optional<SlurmSweep> read_slurm(const fs::path& directory) {
  const std::string origin = (directory / "slurm.json").string();
  std::error_code missing;
  if (!fs::exists(origin, missing)) return std::nullopt;
  const Json json = read_json(origin);
  if (!json.is_object()) fail(ErrorKind::submission, "{}: no JSON object", origin);
  if (const auto format = json_get<std::string>(json, "format", origin); format != kSlurmFormat)
    fail(ErrorKind::usage, "{}: format '{:.40}' is not '{}', which this version of pgolf reads", origin, format,
         kSlurmFormat);
  SlurmSweep out;
  out.sweep = json_get<std::string>(json, "sweep", origin);
  out.setting.submissions = json_get<std::string>(json, "submissions", origin);
  out.setting.rules = json_get<std::string>(json, "rules", origin);
  out.setting.options = json_get<std::vector<std::string>>(json, "options", origin);
  for (const Json& job : json_get<Json>(json, "jobs", origin))
    out.jobs.push_back({json_integer(job, "job", origin), static_cast<size_t>(json_integer(job, "offset", origin)),
                        json_get<std::string>(job, "at", origin)});
  return out;
}

void submit(const fs::path& directory, SlurmSweep& slurm, std::vector<size_t> tasks, const SlurmOptions& options) {
  make_folders(directory);
  const Answer config = run_bounded({"scontrol", "show", "config"}, kSlurmTimeout_s);
  if (config.exit_code == 127)
    fail(ErrorKind::machine,
         "Slurm: its programs (sbatch, squeue, scontrol) are not on the PATH; on a machine of one's own "
         "tools/slurm_here.sh starts one");
  if (!config.ok()) fail(ErrorKind::machine, "Slurm: {}", words_of(config));
  if (const auto queued = queue_of(slurm))
    std::erase_if(tasks, [&](size_t task) {
      const auto known = queued->find(task);
      return known != queued->end() && queue_state(known->second) != QueueState::ended;
    });
  write_file_atomic(directory / "job.sh", job_script(own_program(), directory, slurm.sweep));
  write_slurm(directory, slurm);
  const auto chunks = array_chunks(tasks, max_array_size_from(config.out));
  for (size_t i = 0; i < chunks.size(); ++i) {
    try {
      const auto argv = sbatch_argv(options, slurm.job_name(), chunks[i], chunks.size(), directory);
      slurm.jobs.push_back({submit_chunk(slurm, argv), chunks[i].offset, utc_now()});
      write_slurm(directory, slurm);
    } catch (const Error& e) {
      std::vector<size_t> left;
      for (size_t k = i; k < chunks.size(); ++k)
        for (const size_t index : chunks[k].indices) left.push_back(chunks[k].offset + index);
      fail(e.kind(), "{}; not submitted: tasks {}", e.what(), index_text(left));
    }
  }
}

std::optional<std::map<size_t, QueuedTask>> queue_of(const SlurmSweep& slurm) {
  const Answer answer = run_bounded(squeue_argv(slurm.job_name()), kSlurmTimeout_s);
  if (!answer.ok()) return std::nullopt;
  std::map<size_t, QueuedTask> out;
  for (const QueuedTask& task : parse_squeue(answer.out)) {
    // A job's number may be given out twice; the newest that we submitted under it is meant.
    size_t offset = 0;
    for (const SubmittedJob& job : slurm.jobs)
      if (job.job == task.job) offset = job.offset;
    const auto [known, fresh] = out.emplace(offset + task.index, task);
    const bool alive = queue_state(task) != QueueState::ended;
    if (!fresh && (alive || queue_state(known->second) == QueueState::ended) && task.job >= known->second.job)
      known->second = task;
  }
  return out;
}

std::string last_words(const fs::path& directory, size_t task) {
  std::string out;
  fs::file_time_type newest{};
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(directory / "logs", ignored)) {
    const std::string name = entry.path().filename().string();
    const bool of_slurm = name.ends_with(".slurm") && name.find('+') != std::string::npos;
    const size_t number = of_slurm ? std::strtoull(name.c_str(), nullptr, 10) +
                                         std::strtoull(name.c_str() + name.find('+') + 1, nullptr, 10)
                                   : std::strtoull(name.c_str(), nullptr, 10);
    if (number != task || name.ends_with(".out")) continue;
    const std::string line = last_line(entry.path());
    if (const auto at = entry.last_write_time(ignored); !line.empty() && at >= newest) newest = at, out = line;
  }
  return out;
}

void cancel(const SlurmSweep& slurm) {
  const Answer answer = run_bounded({"scancel", "--name=" + slurm.job_name()}, kSlurmTimeout_s);
  if (!answer.ok()) fail(ErrorKind::machine, "scancel: {}", words_of(answer));
}

}  // namespace pgolf
