#include <algorithm>

#include "base/error.h"
#include "base/json.h"
#include "engine/data/verify.h"
#include "harness/commands/data.h"
#include "harness/process/interrupts.h"

namespace pgolf {
namespace {

Json bytes_to_json(const ByteAccount& b) {
  return {{"documents", b.documents},
          {"text_bytes", b.text_bytes},
          {"outer_bytes", b.outer_bytes},
          {"normalised_bytes", b.normalised_bytes},
          {"uncounted_bytes", b.uncounted_bytes},
          {"documents_changed", b.documents_changed},
          {"table_bytes", b.table_bytes},
          {"sidecar_bytes", b.sidecar_bytes}};
}

// What mends data that failed. Preparing again leaves out equal documents, not changed ones.
const char* remedy(const VerifyReport& report) {
  const bool changed_only =
      report.overlap.train_documents == 0 && is_beyond_chance(report.overlap.all_documents(), report.val_documents);
  const auto failed = std::count_if(report.checks.begin(), report.checks.end(),
                                    [](const DataCheck& check) { return check.status == CheckStatus::fail; });
  if (changed_only && failed == 1)
    return "validation text is in training, changed; preparing it again leaves that there: train on other documents";
  return report.manifest.origin == DataOrigin::adopted
             ? "not what its manifest says; adopt the folder of shards again, into another directory"
             : "not what its manifest says; prepare it again from its documents";
}

int verify(const Globals& globals, const std::string& directory) {
  Interrupts::install();
  const VerifyReport report = verify_data(directory, VerifyScope::everything, [] {
    if (Interrupts::count() > 0) throw Interrupted{"interrupted while verifying"};
  });
  Json checks = Json::array();
  std::string text;
  for (const DataCheck& check : report.checks) {
    const bool failed = check.status == CheckStatus::fail;
    checks.push_back({{"name", check.name},
                      {"status", check_status_name(check.status)},
                      {"passed", check.status == CheckStatus::pass},
                      {"detail", check.detail}});
    text +=
        fmt::format("{:<7} {:<22} {}\n", failed ? "FAIL" : check_status_name(check.status), check.name, check.detail);
  }
  const Json document = {{"format", "pgolf.verify/1"},
                         {"directory", directory},
                         {"manifest_sha256", report.manifest.sha256},
                         {"passed", report.passed()},
                         {"checks", checks},
                         {"train", {{"documents", report.train_documents}, {"tokens", report.train_tokens}}},
                         {"val", {{"documents", report.val_documents}, {"tokens", report.val_tokens}}},
                         {"train_val_duplicates", report.overlap.train_documents},
                         {"val_documents_near_training", report.overlap.near_documents.value_or(0)},
                         {"val_duplicates", report.val_duplicates},
                         {"bytes", bytes_to_json(report.bytes)}};
  print_result(globals, document, text);
  if (report.passed()) return 0;
  fail(ErrorKind::submission, "{}: {}", directory, remedy(report));
}

}  // namespace

void add_data_verify(Cli& cli, CLI::App* data) {
  const auto directory = std::make_shared<std::string>();
  CLI::App* verb =
      data->add_subcommand("verify", "Recount everything and prove that training and validation are disjoint");
  verb->footer("Example: pgolf data verify data/mine --json");
  verb->fallthrough();
  verb->add_option("directory", *directory, "made by data prepare or data adopt")->required();
  verb->callback([&cli, directory] { cli.action = [&cli, directory] { return verify(cli.globals, *directory); }; });
}

}  // namespace pgolf
