#include "engine/config/techniques.h"

#include <fmt/format.h>

#include "base/error.h"
#include "base/notice.h"
#include "harness/cli/cli.h"
#include "harness/commands/registry.h"
#include "resolve/resolve.h"
#include "resolve/submission.h"

namespace pgolf {
namespace {

struct Column {
  std::string id;
  Config config;
};

// What a cell says: nothing where the technique is off, its value where that tells more than "yes".
std::string cell(const Config& config, const Technique& technique) {
  if (!uses(config, technique)) return "";
  const Json value = technique_value(config, technique);
  if (value.is_boolean()) return "yes";
  if (value.is_string()) return value.get<std::string>();
  return value.dump();
}

std::string as_markdown(const std::vector<Column>& columns) {
  std::string text = "| technique | field |", rule = "|---|---|";
  for (const Column& column : columns) text += " " + column.id + " |", rule += "---|";
  text += " contract | code | kernel | test | source |\n" + rule + "---|---|---|---|---|\n";
  for (const Technique& t : techniques()) {
    text += fmt::format("| {} | `{}` |", t.name, t.key);
    for (const Column& column : columns) text += " " + cell(column.config, t) + " |";
    for (const std::string& file : {t.files.contract, t.files.code, t.files.kernel, t.files.test})
      text += file.empty() ? " |" : fmt::format(" `{}` |", file);
    text += " " + t.source + " |\n";
  }
  return text;
}

Json as_json(const std::vector<Column>& columns) {
  Json rows = Json::array();
  for (const Technique& technique : techniques()) {
    const TechniqueFiles& files = technique.files;
    Json row{{"technique", technique.name}, {"kind", technique_kind_name(technique.kind)},
             {"field", technique.key},      {"contract", files.contract},
             {"code", files.code},          {"kernel", files.kernel.empty() ? Json() : Json(files.kernel)},
             {"test", files.test},          {"source", technique.source}};
    for (const Column& column : columns)
      row["submissions"][column.id] =
          uses(column.config, technique) ? technique_value(column.config, technique) : Json(nullptr);
    rows.push_back(row);
  }
  return {{"format", "pgolf.techniques/1"}, {"techniques", rows}};
}

}  // namespace

void add_techniques(Cli& cli) {
  const auto profile = std::make_shared<std::string>(kRecordProfile);
  CLI::App* verb = cli.verb("techniques", "Table of techniques by submission, from the pinned configurations",
                            "pgolf techniques > techniques.md");
  verb->add_option("--profile", *profile, "of every submission")->capture_default_str();
  verb->callback([&cli, profile] {
    cli.action = [&cli, profile] {
      std::vector<Column> columns;
      int exit_code = 0;
      for (const std::string& id : list_submissions(cli.globals.submissions)) try {
          const Submission submission = load_submission(cli.globals.submissions / id, cli.globals.submissions);
          ResolveRequest request;
          request.profile = *profile;
          columns.push_back({id, resolve(submission, request).pinned.config});
        } catch (const Error& e) {
          notice("{} is left out: {}", id, e.what());
          exit_code = static_cast<int>(e.kind());
        }
      print_result(cli.globals, as_json(columns), as_markdown(columns));
      return exit_code;
    };
  });
}

}  // namespace pgolf
