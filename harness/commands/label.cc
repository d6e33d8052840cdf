#include <fmt/ranges.h>

#include <algorithm>

#include "base/error.h"
#include "base/message.h"
#include "harness/cli/cli.h"
#include "harness/commands/registry.h"

namespace pgolf {
namespace {

constexpr size_t kMostTags = 32, kLongestTag = 40, kLongestNote = 500;

void check_tag(const std::string& tag) {
  if (tag.empty() || tag.size() > kLongestTag ||
      tag.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-_.") != std::string::npos)
    fail(ErrorKind::usage, "tag '{}': expected at most {} lower-case letters, digits, '-', '_' and '.'", tag,
         kLongestTag);
}

// Changes what is noted on the runs that are named.
template <class Change>
int label(const Globals& globals, const std::vector<std::string>& names, Change&& change) {
  auto store = open_existing_record(globals);
  if (!store) fail_no_record(globals.workspace());
  std::vector<std::string> runs;
  for (const std::string& name : names) runs.push_back(store->find_run(name));
  Json document = {{"format", "pgolf.labels/1"}, {"runs", Json::array()}};
  std::string text;
  for (const std::string& run : runs) {
    RunLabels labels = store->labels(run);
    change(labels);
    if (labels.tags.size() > kMostTags) fail(ErrorKind::usage, "run {}: more than {} tags", run, kMostTags);
    store->put_labels(run, labels);
    document["runs"].push_back(
        {{"run_id", run}, {"tags", labels.tags}, {"note", labels.note}, {"hidden", labels.hidden}});
    text += fmt::format("{}: tags {}{}{}\n", run,
                        labels.tags.empty() ? "-" : fmt::format("{}", fmt::join(labels.tags, " ")),
                        labels.note.empty() ? "" : ", note: " + labels.note, labels.hidden ? ", hidden" : "");
  }
  print_result(globals, document, text);
  return 0;
}

void change_tags(RunLabels& labels, const std::vector<std::string>& add, const std::vector<std::string>& remove) {
  for (const std::string& tag : add) {
    check_tag(tag);
    if (std::find(labels.tags.begin(), labels.tags.end(), tag) == labels.tags.end()) labels.tags.push_back(tag);
  }
  for (const std::string& tag : remove) std::erase(labels.tags, tag);
  std::sort(labels.tags.begin(), labels.tags.end());
}

}  // namespace

void add_tag(Cli& cli) {
  const auto run = std::make_shared<std::string>();
  const auto add = std::make_shared<std::vector<std::string>>(), remove = std::make_shared<std::vector<std::string>>();
  CLI::App* verb = cli.verb("tag", "Put words on a run, to find it again with `pgolf ls WORD`",
                            "pgolf tag last baseline paper --remove draft");
  verb->add_option("run", *run, "a run's identifier, a unique part of it, or 'last'")->required();
  verb->add_option("tags", *add, "words to add");
  verb->add_option("--remove", *remove, "a word to take off; may be repeated")->allow_extra_args(false);
  verb->callback([&cli, run, add, remove] {
    cli.action = [&cli, run, add, remove] {
      return label(cli.globals, {*run}, [&](RunLabels& labels) { change_tags(labels, *add, *remove); });
    };
  });
}

void add_note(Cli& cli) {
  const auto run = std::make_shared<std::string>(), text = std::make_shared<std::string>();
  CLI::App* verb = cli.verb("note", "Write a line about a run, for people; \"\" takes it off",
                            "pgolf note last 'with the new tokenizer'");
  verb->add_option("run", *run, "a run's identifier, a unique part of it, or 'last'")->required();
  verb->add_option("text", *text, "at most 500 letters")->required();
  verb->callback([&cli, run, text] {
    cli.action = [&cli, run, text] {
      if (text->size() > kLongestNote) fail(ErrorKind::usage, "the note has more than {} letters", kLongestNote);
      return label(cli.globals, {*run}, [&](RunLabels& labels) { labels.note = as_message(*text); });
    };
  });
}

void add_hide(Cli& cli) {
  const auto runs = std::make_shared<std::vector<std::string>>();
  const auto show = std::make_shared<bool>(false);
  CLI::App* verb =
      cli.verb("hide", "Leave runs out of `pgolf ls`; they stay on record and count as ever", "pgolf hide last");
  verb->add_option("runs", *runs, "runs by identifier, a unique part of it, or 'last'")->required();
  verb->add_flag("--undo", *show, "list them again");
  verb->callback([&cli, runs, show] {
    cli.action = [&cli, runs, show] {
      return label(cli.globals, *runs, [&](RunLabels& labels) { labels.hidden = !*show; });
    };
  });
}

}  // namespace pgolf
