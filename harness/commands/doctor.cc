#include "harness/doctor/doctor.h"

#include "base/error.h"
#include "base/file.h"
#include "harness/cli/cli.h"
#include "harness/commands/registry.h"

namespace pgolf {
namespace {

struct DoctorOptions {
  std::string engine, expected_head;
  bool head = false;
};

// "12:<SHA-256>", or a file that begins with it.
ChainHead kept_head(const std::string& named) {
  constexpr int64_t kMostBytes = 64 << 10;
  std::error_code missing;
  const std::string text = std::filesystem::is_regular_file(named, missing) ? read_text(named, kMostBytes) : named;
  const auto head = chain_head_from(text.substr(0, text.find_first_of(" \n")));
  if (!head)
    fail(ErrorKind::usage, "--expect-head {}: expected SEALS:SHA256, as `pgolf doctor --head` prints it", named);
  return *head;
}

int print_head(const Globals& globals) {
  const auto store = look_at_record(globals);
  if (!store) fail_no_record(globals.workspace());
  store->check_integrity();
  const ChainHead head = store->head();
  print_result(globals, {{"format", "pgolf.head/1"}, {"seals", head.seals}, {"sha256", head.sha256}},
               chain_head_text(head) + "\n");
  return 0;
}

int doctor(const Globals& globals, const DoctorOptions& options) {
  DoctorRequest request{.home = globals.home,
                        .submissions = globals.submissions,
                        .rules = globals.rules,
                        .engine = options.engine,
                        .accept_edited_ruleset = globals.accept_edited_ruleset,
                        .expected_head = std::nullopt};
  if (!options.expected_head.empty()) request.expected_head = kept_head(options.expected_head);
  if (options.head) return print_head(globals);
  const auto checkups = examine(request);
  print_result(globals, checkups_to_json(checkups), checkups_to_text(checkups));
  return is_ready(checkups) ? 0 : static_cast<int>(ErrorKind::machine);
}

}  // namespace

void add_doctor(Cli& cli) {
  const auto options = std::make_shared<DoctorOptions>();
  CLI::App* verb =
      cli.verb("doctor", "What this machine has of what pgolf needs and can use; exits 0 if a run can start",
               "pgolf doctor --json");
  verb->add_option("--engine", options->engine, "the pgolf-engine program [PGOLF_ENGINE]; default: beside pgolf");
  auto* head =
      verb->add_flag("--head", options->head, "print the head of the record's chain of seals, to be kept elsewhere");
  verb->add_option("--expect-head", options->expected_head,
                   "a head that was kept, or a file with it: the record must hold it")
      ->type_name("HEAD")
      ->excludes(head);
  verb->callback([&cli, options] { cli.action = [&cli, options] { return doctor(cli.globals, *options); }; });
}

}  // namespace pgolf
