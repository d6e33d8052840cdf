#include "harness/cluster/slurm.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <map>

namespace pgolf {
namespace fs = std::filesystem;
namespace {

// Columns of squeue and their widths.
constexpr std::array<std::pair<const char*, size_t>, 6> kColumns = {
    {{"JobArrayID", 30}, {"State", 20}, {"exit_code", 12}, {"RestartCnt", 8}, {"NodeList", 40}, {"Reason", 60}}};

std::string trimmed(std::string_view text) {
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  return std::string(text);
}

template <class T>
std::optional<T> number_from(std::string_view text) {
  T out{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  return error == std::errc() && end == text.data() + text.size() && !text.empty() ? std::optional(out) : std::nullopt;
}

// 'it'\''s'
std::string quoted(const std::string& text) {
  std::string out = "'";
  for (const char c : text) out += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return out + "'";
}

constexpr char kRequeuedHeld[] = "launch failed requeued held";

}  // namespace

std::string index_text(const std::vector<size_t>& tasks) {
  std::string out;
  for (size_t i = 0; i < tasks.size();) {
    size_t last = i;
    while (last + 1 < tasks.size() && tasks[last + 1] == tasks[last] + 1) ++last;
    out += fmt::format("{}{}{}", out.empty() ? "" : ",", tasks[i], last > i ? fmt::format("-{}", tasks[last]) : "");
    i = last + 1;
  }
  return out;
}

std::vector<ArrayChunk> array_chunks(const std::vector<size_t>& tasks, size_t max_array_size) {
  std::vector<ArrayChunk> out;
  for (const size_t task : tasks) {
    const size_t offset = task / max_array_size * max_array_size;  // the index itself must be below the cap
    if (out.empty() || out.back().offset != offset) out.push_back({offset, {}});
    out.back().indices.push_back(task - offset);
  }
  return out;
}

std::vector<std::string> sbatch_argv(const SlurmOptions& o, const std::string& name, const ArrayChunk& chunk,
                                     size_t chunks, const fs::path& directory) {
  std::string array = index_text(chunk.indices);
  if (o.at_most > 0) array += fmt::format("%{}", std::max<size_t>(1, static_cast<size_t>(o.at_most) / chunks));
  std::vector<std::string> out = {
      "sbatch",
      "--parsable",
      "--job-name=" + name,
      "--array=" + array,
      "--nodes=1",
      "--ntasks=1",
      "--requeue",
      "--open-mode=append",
      "--signal=B:TERM@60",
      "--export=NIL",
      "--kill-on-invalid-dep=yes",
      "--output=" + (directory / "logs" / fmt::format("%a+{}.slurm", chunk.offset)).string()};
  const auto add = [&](const char* option, const std::string& value) {
    if (!value.empty() && value != "0") out.push_back(fmt::format("{}={}", option, value));
  };
  add("--partition", o.partition), add("--account", o.account), add("--qos", o.qos), add("--mem", o.memory);
  add("--time", std::to_string(o.minutes));
  add("--gpus-per-node", std::to_string(o.gpus)), add("--cpus-per-task", std::to_string(o.cpus));
  if (o.exclusive) out.emplace_back("--exclusive");
  out.insert(out.end(), o.more.begin(), o.more.end());
  out.push_back((directory / "job.sh").string());
  out.push_back(std::to_string(chunk.offset));
  return out;
}

std::string job_script(const fs::path& program, const fs::path& directory, const std::string& sweep) {
  return fmt::format(
      "#!/bin/bash\n"
      "# A task of a pgolf sweep; exec, so that the signals of Slurm reach pgolf.\n"
      "exec {} sweep task {} $((SLURM_ARRAY_TASK_ID + $1)) --id {}\n",
      quoted(program.string()), quoted(directory.string()), sweep);
}

std::optional<int64_t> job_id_from(std::string_view text) {
  return number_from<int64_t>(trimmed(text.substr(0, text.find_first_of(";\n"))));
}

size_t max_array_size_from(std::string_view text) {
  constexpr size_t kDefault = 1001;
  const auto at = text.find("MaxArraySize");
  const auto equals = text.find('=', at == std::string_view::npos ? text.size() : at);
  if (at == std::string_view::npos || equals == std::string_view::npos) return kDefault;
  const std::string_view value = text.substr(equals + 1, text.find('\n', equals) - equals - 1);
  return std::max<size_t>(1, number_from<size_t>(trimmed(value)).value_or(kDefault));
}

std::vector<std::string> squeue_argv(const std::string& name) {
  std::string columns;
  for (const auto& [column, width] : kColumns)
    columns += fmt::format("{}{}:{}", columns.empty() ? "" : ",", column, width);
  return {"squeue", "--noheader", "--all", "--array", "--states=all", "--name=" + name, "--Format=" + columns};
}

std::vector<QueuedTask> parse_squeue(std::string_view text) {
  std::vector<QueuedTask> out;
  while (!text.empty()) {
    const auto end = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    std::array<std::string, kColumns.size()> cells;
    size_t at = 0;
    for (size_t i = 0; i < kColumns.size() && at < line.size(); at += kColumns[i++].second)
      cells[i] = trimmed(line.substr(at, kColumns[i].second));
    const auto underscore = cells[0].find('_');
    if (underscore == std::string::npos) continue;
    const auto job = number_from<int64_t>(cells[0].substr(0, underscore));
    const auto index = number_from<size_t>(cells[0].substr(underscore + 1));
    if (!job || !index) continue;
    out.push_back({*job, *index, cells[1], cells[2], cells[4], cells[5], number_from<int>(cells[3]).value_or(0)});
  }
  return out;
}

QueueState queue_state(const QueuedTask& task) {
  if (task.reason.find(kRequeuedHeld) != std::string::npos || task.reason.starts_with("JobHeld"))
    return QueueState::held;
  for (const char* running : {"RUNNING", "COMPLETING", "STAGE_OUT", "SUSPENDED", "STOPPED", "SIGNALING"})
    if (task.state == running) return QueueState::running;
  // With --requeue, these wait for their next attempt.
  for (const char* waiting :
       {"PENDING", "CONFIGURING", "REQUEUED", "REQUEUE_FED", "REQUEUE_HOLD", "RESIZING", "NODE_FAIL", "PREEMPTED"})
    if (task.state == waiting) return QueueState::waiting;
  return QueueState::ended;
}

std::string explained(const QueuedTask& task) {
  static const std::map<std::string, std::string> kWaits = {
      {"Resources", "waits for free nodes"},
      {"Priority", "waits behind jobs of higher priority"},
      {"JobArrayTaskLimit", "waits for the sweep's own limit of tasks at once"},
      {"BeginTime", "waits to start again"},
      {"QOSMaxJobsPerUserLimit", "waits for your other jobs to end"},
      {"AssocGrpGRES", "waits: your account's GPUs are all used"},
      {"ReqNodeNotAvail", "waits: nodes that it needs are down or reserved"},
      {"PartitionTimeLimit", "never starts: its time limit is above the partition's"},
      {"DependencyNeverSatisfied", "never starts: what it depends on failed"}};
  static const std::map<std::string, std::string> kEnds = {
      {"TIMEOUT", "ran out of its time limit; --time gives more"},
      {"OUT_OF_MEMORY", "ran out of the memory that it had asked for; --mem gives more"},
      {"CANCELLED", "was cancelled"},
      {"DEADLINE", "did not start before its deadline"},
      {"BOOT_FAIL", "its node did not boot"},
      {"NODE_FAIL", "its node failed; waits for another attempt"},
      {"PREEMPTED", "was preempted; waits for another attempt"},
      {"REQUEUED", "was put back into the queue"}};
  if (queue_state(task) == QueueState::held) return "is held: " + task.reason;
  if (task.exit_code == "0:53" || (task.state == "FAILED" && task.exit_code.ends_with(":53")))
    return fmt::format("node {} cannot write its output into the sweep's folder: is it on storage that nodes share?",
                       task.node);
  if (const auto end = kEnds.find(task.state); end != kEnds.end()) return end->second;
  if (task.state == "PENDING" || task.state == "CONFIGURING") {
    const auto wait = kWaits.find(task.reason);
    return wait != kWaits.end() ? wait->second
                                : "waits" + (task.reason.empty() || task.reason == "None" ? "" : ": " + task.reason);
  }
  if (queue_state(task) == QueueState::running) return "runs on " + task.node;
  return fmt::format("ended as {}, exit {}", task.state, task.exit_code);
}

bool is_busy(std::string_view error) {
  for (const char* words : {"Unable to contact", "Socket timed out", "Resource temporarily unavailable",
                            "Transport endpoint is not connected"})
    if (error.find(words) != std::string_view::npos) return true;
  return false;
}

}  // namespace pgolf
