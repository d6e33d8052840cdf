#include "harness/commands/scaling.h"

#include <fmt/format.h>

#include "base/error.h"
#include "base/notice.h"
#include "engine/dist/comm.h"
#include "harness/run/engine_tool.h"
#include "harness/run/preflight.h"

namespace pgolf {
namespace {

constexpr char kFormat[] = "pgolf.sustained/1";
constexpr double kSetUp_s = 600;  // data, warm-up and the last steps, beside the time that is measured

Json measure(const ScalingRequest& request, int64_t processes, const Sandbox& sandbox) {
  std::vector<std::string> arguments = {"sustained",
                                        "--pinned",
                                        request.pinned.string(),
                                        "--run",
                                        ".",
                                        "--device",
                                        request.device,
                                        "--seconds",
                                        fmt::format("{}", request.seconds),
                                        "--processes",
                                        std::to_string(processes)};
  if (request.fast) arguments.emplace_back("--fast");
  const Json row =
      parse_json(run_engine_tool(request.engine, arguments, kSetUp_s + 2 * request.seconds, sandbox), kFormat);
  if (json_get<std::string>(row, "format", kFormat) != kFormat)
    fail(ErrorKind::machine, "sustained: the engine does not print {}; build pgolf and pgolf-engine together", kFormat);
  return row;
}

}  // namespace

Json measure_scaling(const ScalingRequest& request, const Sandbox& sandbox) {
  check_processes(request.processes, request.world_size);
  if (request.processes > 1 && request.device != "cpu")
    check_gpus(probe_engine_devices(request.engine, sandbox), request.device, request.processes, sandbox.isolates());
  Json out = {{"format", "pgolf.scaling/1"}, {"seconds", request.seconds}, {"rows", Json::array()}};
  double one = 0;
  for (const int64_t processes : possible_processes(request.world_size)) {
    if (processes > request.processes) break;
    notice("bench: {} s of training in {} process{}", request.seconds, processes, processes == 1 ? "" : "es");
    Json row = measure(request, processes, sandbox);
    const auto rate = json_get<double>(row, "tokens_per_s", kFormat);
    if (processes == 1) one = rate;
    row["times"] = one > 0 ? rate / one : 0.0;
    row["efficiency"] = one > 0 ? rate / one / processes : 0.0;
    row["exchange_share"] =
        json_get<double>(row, "exchange_ms", kFormat) / json_get<double>(row, "ms_per_step", kFormat);
    out["rows"].push_back(std::move(row));
  }
  return out;
}

std::string scaling_text(const Json& scaling) {
  const Json& rows = scaling.at("rows");
  std::string out =
      fmt::format("{} on {} ({}), {} ranks, {} s of training each\n\n{:>9} {:>7} {:>11} {:>13} {:>9} {:>7} {:>11}\n",
                  rows[0].value("submission", ""), rows[0].value("device", ""), rows[0].value("compute", ""),
                  rows[0].value("ranks", 0), scaling.value("seconds", 0.0), "processes", "steps", "ms a step",
                  "M tokens/s", "exchange", "times", "efficiency");
  for (const Json& row : rows)
    out += fmt::format("{:>9} {:>7} {:>11.2f} {:>13.3f} {:>7.2f} % {:>7.3f} {:>9.1f} %\n", row.value("processes", 0),
                       row.value("steps", 0), row.value("ms_per_step", 0.0), row.value("tokens_per_s", 0.0) * 1e-6,
                       100 * row.value("exchange_share", 0.0), row.value("times", 0.0),
                       100 * row.value("efficiency", 0.0));
  return out +
         "exchange: part of a step in which the first device moves tensors or waits for another, and nothing else\n";
}

}  // namespace pgolf
