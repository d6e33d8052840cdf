#include "harness/sweep/task.h"

namespace pgolf {
namespace fs = std::filesystem;

fs::path own_program() { return fs::read_symlink("/proc/self/exe"); }

std::vector<std::string> task_command(const SweepPlan& plan, size_t task, const TaskSetting& setting,
                                      const std::vector<std::string>& more) {
  const SweepVariant& variant = plan.variant_of(task);
  std::vector<std::string> out = {own_program().string(),
                                  "--json",
                                  "--progress",
                                  "plain",
                                  "--home",
                                  setting.home.string(),
                                  "--submissions",
                                  setting.submissions.string(),
                                  "--rules-dir",
                                  setting.rules.string(),
                                  "reproduce",
                                  variant.directory,
                                  "--profile",
                                  variant.profile,
                                  "--seed",
                                  std::to_string(plan.seed_of(task)),
                                  "--data",
                                  variant.data};
  for (const std::string& set : variant.sets) out.insert(out.end(), {"--set", set});
  for (const auto* options : {&setting.options, &more}) out.insert(out.end(), options->begin(), options->end());
  return out;
}

}  // namespace pgolf
