#include <memory>
#include <sstream>

#include "engine/evidence/events.h"
#include "engine/evidence/ledger_check.h"
#include "engine/evidence/ledger_format.h"
#include "fuzz/refusal.h"
#include "fuzz/targets.h"
#include "harness/process/event_tail.h"

namespace pgolf::fuzz {
namespace {

// Every line but the torn last one gets the hash that it would have had.
std::string chained(std::string_view lines) {
  std::string out, head;
  for (size_t at = 0; at < lines.size();) {
    const size_t end = lines.find('\n', at);
    if (end == std::string_view::npos) return out.append(lines.substr(at));
    std::string_view body = lines.substr(at, end - at);
    if (body.ends_with('}')) body.remove_suffix(1);
    head = ledger_format::chain(head, body);
    out.append(body).append(ledger_format::kHashKey).append(head).append("\"}\n");
    at = end + 1;
  }
  return out;
}

}  // namespace

void ledger(std::string_view bytes) {
  parse_or_refuse([&] {
    const std::string text = bytes.starts_with(kSealed) ? chained(bytes.substr(1)) : std::string(bytes);
    std::istringstream in(text);
    std::unique_ptr<LedgerChecker> checker;
    read_ledger(in, "ledger.jsonl", [&](const LedgerHeader& header, const LedgerRecord& record) {
      if (!checker) checker = std::make_unique<LedgerChecker>(header);
      checker->add(record);
    });
    if (!checker) return;
    const LedgerCheck check = checker->finish();
    hold(check.scored + check.missing == check.header.targets, "targets that are neither scored nor missing");
    hold(check.unscored >= 0 && check.concurrent >= 0 && check.discarded >= 0 && check.leaked >= 0, "a negative count");
    hold(check.unscored + check.concurrent + check.discarded <= check.updated, "more findings than updates");
  });
}

void events(std::string_view bytes) {
  EventTail tail("events.jsonl");
  const size_t middle = bytes.size() / 2;  // as a poll may cut a line
  tail.take(bytes.substr(0, middle), 0, 1);
  tail.take(bytes.substr(middle), 1, 2);
  parse_or_refuse([&] {
    const EventsFile read = parse_events(bytes, "events.jsonl");
    hold(read.events.size() <= bytes.size(), "more events than bytes");
  });
}

}  // namespace pgolf::fuzz
