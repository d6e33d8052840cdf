#include <fmt/ranges.h>

#include "base/error.h"
#include "base/file.h"
#include "harness/cli/cli.h"
#include "harness/commands/registry.h"
#include "resolve/resolve.h"
#include "resolve/submission.h"

namespace pgolf {
namespace {

namespace fs = std::filesystem;

struct NewRequest {
  std::string name, from;
  fs::path directory = ".";
};

constexpr char kVariant[] = R"(# A variant of {1}: what is not set here is as there. Format: docs/submission.md.
format = "pgolf.submission/1"
extends = "{1}"

[submission]
id = "{0}"
title = "{1} with a change"

# `pgolf techniques` lists what can be switched, `pgolf resolve {0}` every field and where its value comes from.
[config.model]
)";

constexpr char kOfItsOwn[] = R"(# What is not set here is a default of pgolf. Format: docs/submission.md.
format = "pgolf.submission/1"

[submission]
id = "{0}"
title = "{0}"

# `pgolf techniques` lists what can be switched, `pgolf resolve {0}` every field and where its value comes from.
[config.model]
xsa_last_n = 4

[profiles.demo]
summary = "4 layers of width 128, for two laptop cores"

[profiles.demo.model]
num_layers = 4
model_dim = 128
num_heads = 4
num_kv_heads = 2
mlp_hidden = 256

[profiles.demo.train]
seq_len = 256
batch_tokens = 4096
iterations = 100
max_wallclock_seconds = 0.0
warmup_steps = 2
log_every = 10

[profiles.demo.schedule]
warmdown_iters = 40

[profiles.demo.eval]
seq_len = 256
)";

// As `extends` names it: a folder of `root` by its name, another directory by its path from the new one.
std::string base_name(const fs::path& base, const fs::path& root, const fs::path& directory) {
  std::error_code ignored;
  const fs::path real = fs::weakly_canonical(base, ignored);
  if (real.parent_path() == fs::weakly_canonical(root, ignored)) return real.filename().string();
  return fs::proximate(real, fs::weakly_canonical(directory, ignored)).string();
}

std::string toml_of(const NewRequest& request, const fs::path& root, const fs::path& directory) {
  if (request.from.empty()) return fmt::format(kOfItsOwn, request.name);
  const fs::path base = find_submission(root, request.from);
  const Config config = resolve(load_submission(base, root), {}).pinned.config;
  // A first change that every base allows.
  return fmt::format(kVariant, request.name, base_name(base, root, directory)) +
         fmt::format("logit_softcap = {:.1f}  # {} has {:.1f}\n", config.model.logit_softcap + 1, request.from,
                     config.model.logit_softcap);
}

int make_submission(const Globals& globals, const NewRequest& request) {
  if (pull_request_number(request.name))
    fail(ErrorKind::usage, "{}: names of pull requests are taken; choose another, like mine-xsa", request.name);
  if (request.name.empty() || request.name.size() > 40 ||
      request.name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-_") != std::string::npos ||
      request.name.front() == '-')
    fail(ErrorKind::usage, "{}: expected a name of at most 40 lower-case letters, digits and '-'", request.name);
  const fs::path directory = (request.directory / request.name).lexically_normal(),
                 file = directory / "submission.toml";
  std::error_code error;
  if (fs::exists(directory, error))
    fail(ErrorKind::usage, "{}: is there already; choose another name or --dir", directory.string());
  const std::string text = toml_of(request, globals.submissions, directory);
  fs::create_directories(directory, error);
  if (error) fail(ErrorKind::machine, "{}: cannot be created: {}", directory.string(), error.message());
  write_file_atomic(file, text);
  const Submission made = load_submission(directory, globals.submissions);
  const Pinned pinned = resolve(made, {}).pinned;
  std::vector<std::string> profiles = {kRecordProfile};
  for (const Profile& profile : made.profiles) profiles.push_back(profile.name);
  print_result(globals,
               {{"format", "pgolf.new/1"},
                {"submission", made.id},
                {"directory", directory.string()},
                {"extends", made.extends.empty() ? Json() : Json(made.extends)},
                {"profiles", profiles},
                {"num_params", pinned.num_params}},
               fmt::format("{}\n\nchange it, then\n  pgolf resolve {}\n  pgolf reproduce {} --profile demo\n",
                           file.string(), directory.string(), directory.string()));
  return 0;
}

}  // namespace

void add_new(Cli& cli) {
  const auto r = std::make_shared<NewRequest>();
  CLI::App* verb = cli.verb("new", "Begin a submission of your own: a small directory that resolves at once",
                            "pgolf new mine --from 2143");
  verb->add_option("name", r->name, "identifier and folder: lower-case letters, digits and '-'")->required();
  verb->add_option("--from", r->from, "the submission that it is a variant of; default: none")->type_name("SUBMISSION");
  verb->add_option("--dir", r->directory, "where its folder is made")->capture_default_str();
  verb->callback([&cli, r] { cli.action = [&cli, r] { return make_submission(cli.globals, *r); }; });
}

}  // namespace pgolf
