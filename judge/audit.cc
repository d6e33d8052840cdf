#include "judge/audit.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <vector>

#include "base/units.h"
#include "engine/evidence/twin.h"

namespace pgolf {
namespace {

// One figure that both evaluations must give.
struct Figure {
  std::string what;  // "pass 'ttt' after 4,096 targets"
  std::string name;  // "nll"
  uint64_t bits = 0;
  std::string text;  // as it is told
  int64_t line = 0;
};

// Data may have had no twin when the run was made.
bool is_of_twin(const Event& event) {
  return std::visit(
      [](const auto& e) {
        if constexpr (requires { e.name; })
          return e.name == kTwinPass || e.name == kTwinValPass;
        else
          return false;
      },
      event);
}

class Figures {
 public:
  Figures(const EventsFile& log, bool sums) {
    for (const EventRecord& record : log.events) {
      if (is_of_twin(record.event)) continue;
      line_ = record.line;
      std::visit([&](const auto& event) { add(event, sums); }, record.event);
    }
    std::stable_sort(probes_.begin(), probes_.end(), [](const Figure& a, const Figure& b) { return a.what < b.what; });
    all_.insert(all_.end(), probes_.begin(), probes_.end());
  }
  const std::vector<Figure>& all() const { return all_; }

 private:
  template <class E>
  void add(const E&, bool) {}  // times, warnings, and what is data or follows from it
  void add(const StreamEvent& e, bool sums) {
    if (!sums) return;
    what_ = fmt::format("pass '{}' after {} targets", e.name, with_commas(e.targets));
    put({real("nll", e.nll), whole("bytes", e.bytes)});
  }
  void add(const NormalisationEvent& e, bool) {
    what_ = fmt::format("pass '{}', probe of target {}", e.name, e.target);
    put_probe({real("sum over the vocabulary", e.sum)});
  }
  void add(const CausalityEvent& e, bool) {
    what_ = fmt::format("pass '{}', probe of target {}", e.name, e.target);
    put_probe({whole("scores compared", e.compared), whole("scores changed", e.changed),
               real("difference", e.max_difference)});
  }
  void add(const TimeoutEvent& e, bool) {
    what_ = fmt::format("time limit of '{}'", e.name);
    put({whole("chunks", e.done)});
  }
  void add(const ValidationEvent& e, bool) {
    what_ = fmt::format("result of pass '{}'{}", e.name, e.headline ? ", the headline" : "");
    put({real("val_loss", e.val_loss), real("val_bpb", e.val_bpb), whole("targets", e.targets),
         whole("bytes", e.bytes)});
  }

  Figure real(const char* name, double value) const {
    return {what_, name, std::bit_cast<uint64_t>(value), fmt::format("{}", value), line_};
  }
  Figure whole(const char* name, int64_t value) const {
    return {what_, name, std::bit_cast<uint64_t>(value), with_commas(value), line_};
  }
  void put_probe(std::vector<Figure> figures) { probes_.insert(probes_.end(), figures.begin(), figures.end()); }
  void put(std::vector<Figure> figures) { all_.insert(all_.end(), figures.begin(), figures.end()); }

  std::vector<Figure> all_;
  std::vector<Figure> probes_;  // in the order of their targets: several processes write theirs one after the other
  std::string what_;
  int64_t line_ = 0;
};

int64_t processes_of(const EventsFile& log) {
  for (const EventRecord& record : log.events)
    if (const auto* e = std::get_if<ProcessesEvent>(&record.event)) return e->count;
  return 1;
}

}  // namespace

FirstDifference first_difference(const EventsFile& there, const EventsFile& here) {
  const bool sums = processes_of(there) == processes_of(here);
  const Figures theirs(there, sums), ours(here, sums);
  const auto [a, b] = std::mismatch(
      theirs.all().begin(), theirs.all().end(), ours.all().begin(), ours.all().end(),
      [](const Figure& x, const Figure& y) { return x.what == y.what && x.name == y.name && x.bits == y.bits; });
  const bool more_there = a != theirs.all().end(), more_here = b != ours.all().end();
  if (!more_there && !more_here) return {};
  if (!more_there) return {fmt::format("{}: not there, {} {} here", b->what, b->name, b->text), 0};
  if (!more_here) return {fmt::format("{}: {} {} there, nothing here", a->what, a->name, a->text), a->line};
  if (a->what != b->what || a->name != b->name)
    return {fmt::format("{}: {} there, {} here", a->name, a->what, b->what), a->line};
  return {fmt::format("{}: {} {} there, {} here", a->what, a->name, a->text, b->text), a->line};
}

std::string device_kind(std::string_view build) {
  if (build.ends_with(" fast")) return "";
  const size_t cuda = build.find("cuda:");
  if (cuda == std::string_view::npos) return "cpu";
  return build.ends_with(" float32") ? "cuda float32" : "cuda";
}

}  // namespace pgolf
