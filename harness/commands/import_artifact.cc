#include "base/error.h"
#include "base/file.h"
#include "base/names.h"
#include "base/sha256.h"
#include "harness/cli/options.h"
#include "harness/cli/run_request.h"
#include "harness/cli/run_submission.h"
#include "harness/commands/registry.h"
#include "harness/run/run_weights.h"
#include "harness/weights/published_weights.h"

namespace pgolf {
namespace {

constexpr int64_t kMostBytes = 64 << 20;

int import_artifact(const Globals& globals, RunRequest request, const std::filesystem::path& file) {
  complete_options(request);
  const Submission submission = load_submission(find_submission(globals.submissions, request.submission));
  const Bytes bytes = read_bytes(file, kMostBytes);
  Resolved resolved = resolve(submission, request.resolve);
  PublishedWeights weights{read_published_weights(bytes, param_table(resolved.pinned.config.model), file.string()),
                           fmt::format("{}, SHA-256 {}", file.filename().string(), sha256_hex(bytes))};
  Store store = open_record(globals);
  request.options.command = rerun_command(request, resolved.pinned);
  const DataManifest data = obtain_data(request.data, resolved.pinned.config, globals.workspace());
  request.resolve.data = pinned_data(data);
  resolved = resolve(submission, request.resolve);
  Runner runner(store, globals.workspace(), request.options);
  const std::string run = runner.take_weights(submission, resolved.pinned, data, weights);
  print_result(globals,
               {{"format", "pgolf.imported-artifact/1"},
                {"run_id", run},
                {"submission", submission.id},
                {"weights", weights.origin},
                {"tensors", weights.tensors.size()}},
               fmt::format("run {}: {} tensors of {}; `pgolf eval {}` scores them\n", run, weights.tensors.size(),
                           file.filename().string(), run));
  return 0;
}

}  // namespace

void add_import_artifact(Cli& cli) {
  const auto request = std::make_shared<RunRequest>();
  const auto file = std::make_shared<std::filesystem::path>();
  CLI::App* verb = cli.verb("import-artifact", "Take weights that a submission published, to be scored by `pgolf eval`",
                            "pgolf import-artifact final_model.int6.ptz --submission 2143 --data prepared");
  verb->add_option("file", *file, "the published file: shuffled, Brotli, of a torch.save (PR 2143)")->required();
  verb->add_option("--submission", request->submission, "whose weights they are: 2143, pr-2143 or a directory")
      ->required();
  verb->add_option("--profile", request->resolve.profile, "record, or a profile of its submission.toml")
      ->capture_default_str();
  verb->add_option("--set", request->resolve.sets, "change one field of the configuration: key=value");
  add_data_options(verb, request->data);
  add_run_options(verb, *request);
  verb->callback([&cli, request, file] {
    cli.action = [&cli, request, file] { return import_artifact(cli.globals, *request, *file); };
  });
}

}  // namespace pgolf
