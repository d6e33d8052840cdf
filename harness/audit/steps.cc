#include "harness/audit/steps.h"

#include <algorithm>
#include <map>
#include <random>

#include "base/error.h"
#include "base/names.h"
#include "base/notice.h"
#include "base/sha256.h"
#include "harness/run/environment.h"
#include "harness/run/own_files.h"
#include "harness/run/replay.h"

namespace pgolf {
namespace fs = std::filesystem;
namespace {

std::string fact(const std::map<std::string, std::string>& facts, const char* name) {
  const auto found = facts.find(name);
  return found == facts.end() ? "" : found->second;
}

// One stretch; what it leaves is named after where it began.
void replay(AuditReplay& stretch, const Audited& audited, const AuditPlace& place, const DataView& view,
            const RunOptions& options, const Sandbox& sandbox) {
  const RunDirectory& here = place.directory();
  AuditPlace::Work work{.phase = kTrainPhase,
                        .arguments = {"--until", std::to_string(stretch.to)},
                        .readable = {},
                        .leaves = {here.events(kTrainPhase), here.leaves()},
                        .total = stretch.to,
                        .unit = "steps",
                        .failure = fmt::format("steps {} to {} were not trained again", stretch.from + 1, stretch.to)};
  if (stretch.from > 0) {
    const fs::path state = fs::absolute(audited.directory.state(stretch.from));
    work.arguments.insert(work.arguments.end(), {"--state", state.string()});
    work.readable.push_back(state);
  }
  place.run(work, view, options, sandbox);
  const fs::path root = here.root();
  fs::rename(here.events(kTrainPhase), root / stretch.events());
  fs::rename(here.leaves(), root / stretch.leaves());
  remove_tree(here.states());
  for (const char* stream : {"stdout", "stderr"}) fs::remove(here.output(kTrainPhase, stream));
  stretch.events_sha256 = sha256_file(root / stretch.events());
  stretch.leaves_sha256 = sha256_file(root / stretch.leaves());
  if (root_of(read_events(root / stretch.events()), stretch.to).empty())
    fail(ErrorKind::submission, "audit: {}: it ended before", work.failure);
}

}  // namespace

std::vector<int64_t> drawn_steps(int64_t steps, const StepDraw& draw) {
  std::vector<int64_t> all(static_cast<size_t>(steps));
  for (size_t i = 0; i < all.size(); ++i) all[i] = static_cast<int64_t>(i) + 1;
  std::mt19937_64 generator(static_cast<uint64_t>(draw.seed));
  const auto count = static_cast<size_t>(std::min(draw.count, steps));
  for (size_t i = 0; i < count; ++i) std::swap(all[i], all[i + generator() % (all.size() - i)]);
  all.resize(count);
  std::sort(all.begin(), all.end());
  return all;
}

std::vector<AuditReplay> replays_for(const std::vector<int64_t>& drawn, const std::vector<int64_t>& kept) {
  std::vector<AuditReplay> out;
  for (const int64_t step : drawn) {
    const auto after = std::lower_bound(kept.begin(), kept.end(), step);
    const int64_t from = after == kept.begin() ? 0 : *std::prev(after);
    if (out.empty() || out.back().from != from) out.push_back({from, step, "", ""});
    out.back().to = step;
  }
  return out;
}

void check_steps(const Audited& audited, const RunOptions& options, const std::string& engine_sha256) {
  const std::string& run = audited.record.run.id;
  const auto steps = load_replay(audited.record, audited.directory).schedule.train.size();
  const EventsFile log = read_events(audited.directory.events(kTrainPhase));
  if (root_of(log, static_cast<int64_t>(steps)).empty())
    fail(ErrorKind::usage, "run {}: its steps were not hashed, so none can be audited; `--checkpoint-every` does", run);
  const ComputedBy there = computed_there(audited.record, kTrainPhase, log.header.build);
  if (there.engine_sha256 != engine_sha256)
    fail(ErrorKind::usage,
         "run {} was trained by another engine, {:.12}; only its own gives its bits: name it with --engine", run,
         there.engine_sha256);
  const std::string gpu = gpu_of(options.device);
  const std::string device = gpu.empty() ? "cpu " + fact(environment_facts(options.engine), "cpu") : "cuda " + gpu;
  if (there.device != device)
    fail(ErrorKind::usage, "run {} was trained on '{}', where steps can be audited, and not on '{}'; see --device", run,
         there.device, device);
}

void replay_steps(AuditNote& note, const Audited& audited, const AuditPlace& place, const DataManifest& data,
                  const RunOptions& options, const Sandbox& sandbox, const StepDraw& draw) {
  const Schedule schedule = load_replay(audited.record, audited.directory).schedule;
  write_schedule(place.directory().schedule(), schedule);
  note.seed = draw.seed;
  note.drawn = drawn_steps(static_cast<int64_t>(schedule.train.size()), draw);
  note.replays = replays_for(note.drawn, audited.directory.saved_steps());
  const DataView view = place.view(data, "train", sandbox.isolates());
  for (AuditReplay& stretch : note.replays) {
    notice("audit: steps {} to {} are trained again", stretch.from + 1, stretch.to);
    replay(stretch, audited, place, view, options, sandbox);
  }
}

}  // namespace pgolf
