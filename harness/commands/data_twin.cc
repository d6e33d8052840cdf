#include <fmt/format.h>

#include "base/json.h"
#include "base/units.h"
#include "engine/data/twin.h"
#include "harness/cli/cli.h"
#include "harness/commands/data.h"
#include "harness/process/interrupts.h"
#include "harness/run/data_sources.h"

namespace pgolf {
namespace {

int draw(const Globals& globals, TwinOptions options) {
  Interrupts::install();
  options.poll = [] {
    if (Interrupts::count() > 0) throw Interrupted{"interrupted while drawing a twin; nothing was left behind"};
  };
  const TwinSet twin = draw_twin(options);
  note_sources(options.data, {options.docs});
  const auto folder = options.data / kTwinFolder;
  print_result(
      globals,
      {{"format", "pgolf.twin-drawn/1"},
       {"directory", folder.string()},
       {"manifest_sha256", twin.of},
       {"documents", twin.documents},
       {"tokens", twin.tokens},
       {"text_bytes", twin.text_bytes},
       {"shards", twin.shards.size()},
       {"source_documents", twin.source_documents},
       {"fresh_documents", twin.fresh_documents},
       {"near_documents", twin.near_documents}},
      fmt::format("{}\n  twin        {} documents, {} tokens, {} bytes of text\n  drawn from  {} documents "
                  "that neither training nor validation has, of {}; {} left out as near to one of those\n",
                  folder.string(), with_commas(twin.documents), with_commas(twin.tokens), with_commas(twin.text_bytes),
                  with_commas(twin.fresh_documents), with_commas(twin.source_documents), twin.near_documents));
  return 0;
}

}  // namespace

void add_data_twin(Cli& cli, CLI::App* data) {
  const auto options = std::make_shared<TwinOptions>();
  CLI::App* verb = data->add_subcommand(
      "twin", "Draw a second validation set of the same size from text that neither training nor validation has");
  verb->footer("Example: pgolf data twin data/mine --docs all-docs.jsonl");
  verb->fallthrough();
  verb->add_option("data", options->data, "a data directory; its runs are scored on both from then on")->required();
  verb->add_option("--docs", options->docs, "JSON lines of the same source, each {\"text\": ...}")->required();
  verb->callback([&cli, options] { cli.action = [&cli, options] { return draw(cli.globals, *options); }; });
}

}  // namespace pgolf
