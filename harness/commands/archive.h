// The verbs below `pgolf archive` that have a file of their own, and what they share.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "archive/rulings.h"
#include "harness/cli/cli.h"
#include "reports/archive_pages.h"

namespace pgolf {

void add_archive_report(Cli& cli, CLI::App* archive);
void add_archive_board(Cli& cli, CLI::App* archive);
void add_archive_corrections(Cli& cli, CLI::App* archive);
void add_archive_rulings(Cli& cli, CLI::App* archive);  // rulings, agreement

// The rulings of the directory of rules; a line on standard error where they are not those that pgolf ships.
std::vector<Ruling> rulings_of(const Globals& globals);

// A record in whose archive something is. Errors: not_found.
Store filled_archive(std::optional<Store> store);

// Every pull request of the archive, judged; rulings of later days than `date` do not count, "" for all.
std::vector<ArchivedPullView> archived_views(const Globals& globals, const Ruleset& ruleset, const std::string& date);

}  // namespace pgolf
