#include "archive/publication.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "archive/log_claim.h"
#include "archive/read_file.h"
#include "base/message.h"
#include "base/sha256.h"
#include "base/units.h"
#include "base/utf8.h"
#include "judge/claims/claims.h"
#include "judge/claims/printed_values.h"

namespace pgolf {
namespace {

constexpr double kMostBits = 2;  // a byte; more is a loss
constexpr char kScript[] = "train_gpt.py", kCard[] = "submission.json", kTenMinutes[] = "10min_16mb",
               kNonRecord[] = "non_record_16mb";

bool is_code(const PublishedFile& file) { return file.blob.kind == "code" || file.blob.kind == "script"; }

bool is_script(const PublishedFile& file) {  // directly in the folder
  return is_code(file) && file.name.ends_with(".py") && file.name.find('/') == std::string::npos;
}

// The track of a folder, as its place says: that of the records, unless they are others. A folder elsewhere in a pull
// request is of another project or a tool, and has none unless its card says so; one by itself is meant as a record.
std::string track_of(const PublicationPlace& place) {
  if (place.path.find("non_record") != std::string::npos) return kNonRecord;
  return !place.pull || place.path.starts_with("records/") ? kTenMinutes : "";
}

class PublicationBuilder {
 public:
  explicit PublicationBuilder(const PublicationPlace& place) {
    Submission& s = out_.submission;
    s.pr = place.pull;
    const std::string name = shown_name(place.path.substr(place.path.rfind('/') + 1));
    s.id = place.pull ? fmt::format("pr-{}{}{}", place.pull, name.empty() ? "" : "/", name) : name;
    s.file = s.id;
    s.track = track_of(place);
    s.upstream = {"", place.head, shown_name(place.path), ""};
  }

  Publication build(const std::vector<PublishedFile>& files) {
    for (const PublishedFile& file : files) {
      if (!file.blob.bytes)
        out_.findings.push_back(fmt::format("{} is not in the repository", shown_name(file.name)));
      else if (*file.blob.bytes > kMostFileBytes && file.blob.kind != "code")
        out_.findings.push_back(fmt::format("{} has {} bytes and is not read: more than {}", shown_name(file.name),
                                            with_commas(*file.blob.bytes), with_commas(kMostFileBytes)));
      if (file.blob.kind == "log") take_log(file);
      if (file.blob.kind == "script") take_hints(file);
      if (file.blob.kind == "text") take_mentions(file);
    }
    take_code(files);
    for (const PublishedFile& file : files)
      if (file.blob.kind == "card" && file.name == kCard) take_card(file.blob.values);
    finish();
    return std::move(out_);
  }

 private:
  // A log without a pair, a size or a time is none of a training.
  void take_log(const PublishedFile& file) {
    const std::string source = shown_name(file.name);
    std::vector<Claim> claims = claims_of_log(source, file.blob.values, out_.findings);
    std::erase_if(claims, [](const Claim& c) { return c.evals.empty() && !c.total_bytes && !c.train_ms; });
    if (claims.empty()) return;
    PublishedLog log{source, unpack_lines(file.blob.lines), {}};
    for (const ArchiveValue& v : file.blob.values) log.facts.note(v.key, v.text);
    if (out_.submission.hardware.empty()) out_.submission.hardware = log.facts.machine();
    std::move(claims.begin(), claims.end(), std::back_inserter(out_.submission.claims));
    out_.logs.push_back(std::move(log));
  }

  void take_hints(const PublishedFile& file) {
    for (const ArchiveValue& v : file.blob.values) {
      const auto colon = v.text.find(':');
      if (v.key == "function" && colon != std::string::npos)
        if (auto sketch = sketch_from(std::string_view(v.text).substr(colon + 1)))
          out_.functions.push_back({shown_name(file.name), shown_name(v.label), v.line,
                                    integer_of(v.text.substr(0, colon)).value_or(0), std::move(*sketch)});
      if (v.key == "hint") out_.hints.push_back({shown_name(file.name), v.label, as_message(v.text), v.line});
    }
  }

  void take_mentions(const PublishedFile& file) {
    for (const ArchiveValue& v : file.blob.values)
      if (const auto pull = v.key == "mention" ? integer_of(v.text) : std::nullopt)
        out_.mentions.emplace(*pull, fmt::format("{}:{}", shown_name(file.name), v.line));
  }

  void take_code(const std::vector<PublishedFile>& files) {
    CountedCode& code = out_.submission.code;
    const PublishedFile* script = nullptr;
    for (const PublishedFile& file : files) {
      if (is_script(file) && (!script || file.name == kScript)) script = &file;
    }
    code.others.emplace();
    for (const PublishedFile& file : files)
      if (is_code(file) && &file != script) code.others->push_back(shown_name(file.name));
    if (!script) return out_.findings.push_back("no script lies in the folder");
    code.file = shown_name(script->name);
    code.file_bytes = script->blob.bytes;
    if (script->blob.kind == "script") out_.code = unpack_code(script->blob.lines);
    for (const ArchiveValue& v : script->blob.values)
      if (v.key == "unwrapped_bytes") code.unwrapped_bytes = integer_of(v.text), code.wrapper = v.label;
    code.bytes = code.file_bytes.value_or(0), code.counted = "the script";
    for (const Claim& claim : out_.submission.claims)
      if (claim.code_bytes) code.bytes = *claim.code_bytes, code.counted = "as the log prints it";
  }

  void take_card(const std::vector<ArchiveValue>& values) {
    Submission& s = out_.submission;
    Claim claim;
    claim.source = kCard;
    std::map<std::string, Claim> of_seeds;
    for (const ArchiveValue& v : values) {
      take_of_seed(of_seeds, v);
      if (v.key == "broken")
        out_.findings.push_back(fmt::format("submission.json:{} is broken: {}", v.line, as_message(v.text)));
      if (v.key == "title" && s.title.empty()) s.title = as_message(v.text);
      if (v.key == "author" && s.author.empty()) s.author = as_message(v.text);
      if (v.key == "date" && s.date.empty()) s.date = as_message(v.text);
      if (v.key == "track") s.track = v.text.find("non") == std::string::npos ? kTenMinutes : kNonRecord;
      if (v.key == "hardware" && s.hardware.empty()) s.hardware = as_message(v.text);
      if (v.key == "seed") card_seeds_.push_back(integer_of(v.text).value_or(-1));
      if (v.key == "val_bpb" && s.headline.val_bpb.empty()) take_headline(v);
      if (v.key == "val_loss" && is_printed_number(v.text) && s.headline.val_loss.empty()) s.headline.val_loss = v.text;
      if (v.key == "total_bytes") claim.total_bytes = larger(claim.total_bytes, integer_of(v.text));
    }
    s.headline.source = claim.source;
    if (!s.headline.val_bpb.empty()) {
      ClaimedEval eval;
      eval.name = eval.method = nearest_pass(s.headline.val_bpb);
      eval.val_bpb = s.headline.val_bpb, eval.val_loss = s.headline.val_loss;
      s.headline.eval = eval.name;
      claim.evals.push_back(eval);
    }
    if (claim.total_bytes || !claim.evals.empty()) s.claims.push_back(std::move(claim));
    take_seeds(of_seeds);
  }

  // What the card says of single seeds: "seed_results.42.val_bpb", "seeds.42", "seeds.0" of a list.
  static void take_of_seed(std::map<std::string, Claim>& by_path, const ArchiveValue& v) {
    const bool named = v.label == "seeds" || v.label == "seed_results";  // the name of a seed's values
    const auto dot = v.label.find('.');
    const std::string_view head = std::string_view(v.label).substr(0, dot);
    if (!named && (dot == std::string::npos || (head != "seeds" && head != "seed_results"))) return;
    Claim& claim = by_path[named ? v.label + "." + v.text : v.label.substr(0, v.label.find('.', dot + 1))];
    const bool bare = v.label.find('.', dot + 1) == std::string::npos && v.text.find('.') != std::string::npos;
    if (bare && is_printed_number(v.text) && std::stod(v.text) < kMostBits) claim.evals = {bits_alone(v.text)};
    if (const auto seed = v.key == "seed" ? integer_of(v.text) : std::nullopt) claim.seed = seed;
    if (v.key == "seed_total_bytes") claim.total_bytes = larger(claim.total_bytes, integer_of(v.text));
    if ((v.key != "seed_val_bpb" && v.key != "seed_val_loss") || !is_printed_number(v.text)) return;
    if (claim.evals.empty()) claim.evals.emplace_back();
    (v.key == "seed_val_bpb" ? claim.evals[0].val_bpb : claim.evals[0].val_loss) = v.text;
  }

  static ClaimedEval bits_alone(const std::string& val_bpb) {
    ClaimedEval out;
    out.val_bpb = val_bpb;
    return out;
  }

  // A seed that is listed twice is claimed once; one that is listed alone, too: it has to have its log.
  void take_seeds(const std::map<std::string, Claim>& by_path) {
    Submission& s = out_.submission;
    std::map<int64_t, Claim> by_seed;
    for (const auto& [path, claim] : by_path) {
      if (!claim.seed) continue;
      Claim& known = by_seed.try_emplace(*claim.seed, claim).first->second;
      if (known.evals.empty()) known.evals = claim.evals;
      if (!known.total_bytes) known.total_bytes = claim.total_bytes;
    }
    for (auto& [seed, claim] : by_seed) {
      claim.source = kCard;
      for (ClaimedEval& eval : claim.evals) eval.name = eval.method = nearest_pass(eval.val_bpb, seed);
      s.claims.push_back(std::move(claim));
    }
  }

  void take_headline(const ArchiveValue& v) {
    if (is_printed_number(v.text))
      out_.submission.headline.val_bpb = v.text;
    else
      out_.findings.push_back(fmt::format("submission.json:{} claims no number: {} is {}", v.line, v.label,
                                          v.text.empty() ? "empty" : as_message(v.text)));
  }

  static std::optional<int64_t> larger(std::optional<int64_t> a, std::optional<int64_t> b) {
    return !a || (b && *b > *a) ? b : a;
  }

  // The pass of the logs, or of a seed's, of which a value, or the mean over seeds, is nearest to the one that is
  // claimed; validation within training is none.
  std::string nearest_pass(const std::string& val_bpb, std::optional<int64_t> seed = std::nullopt) const {
    struct Values {
      double nearest = HUGE_VAL;
      std::map<std::string, double> by_run;  // of a seed the last
    };
    const double wanted = std::strtod(val_bpb.c_str(), nullptr);
    std::map<std::string, Values> passes;
    for (const Claim& claim : out_.submission.claims)
      for (const ClaimedEval& eval : claim.evals) {
        if (!is_log(claim.source) || (seed && claim.seed != seed) || eval.val_bpb.empty()) continue;
        if (eval.name == rules::kLivePass) continue;
        const double value = std::strtod(eval.val_bpb.c_str(), nullptr);
        Values& pass = passes[eval.name];
        pass.nearest = std::min(pass.nearest, std::abs(value - wanted));
        pass.by_run[claim.seed ? std::to_string(*claim.seed) : claim.source] = value;
      }
    std::string best = "claimed";
    double least = HUGE_VAL;
    for (const auto& [name, values] : passes) {
      double sum = 0;
      for (const auto& [run, value] : values.by_run) sum += value;
      const double mean = sum / static_cast<double>(values.by_run.size());
      if (const double away = std::min(values.nearest, std::abs(mean - wanted)); away < least)
        least = away, best = name;
    }
    return best;
  }

  void finish() {
    Submission& s = out_.submission;
    std::set<int64_t> seeds;
    for (const Claim& claim : s.claims)
      if (claim.seed) seeds.insert(*claim.seed);
    for (const int64_t seed : card_seeds_)
      if (seed >= 0) seeds.insert(seed);
    s.seeds.assign(seeds.begin(), seeds.end());
    if (out_.logs.empty()) out_.findings.push_back("no log of a training lies in the folder");
    if (s.headline.eval.empty() && !s.claims.empty() && !s.claims[0].evals.empty()) {
      const ClaimedEval& last = s.claims[0].evals.back();
      s.headline = {s.claims[0].source, last.name, last.val_loss, last.val_bpb};
    }
    s.sha256 = sha256_hex(s.id);
  }

  Publication out_;
  std::vector<int64_t> card_seeds_;
};

}  // namespace

Publication publication_of(const PublicationPlace& place, const std::vector<PublishedFile>& files) {
  return PublicationBuilder(place).build(files);
}

std::string shown_name(const std::string& bytes) {
  std::string out = as_message(bytes);
  for (size_t bad; (bad = first_invalid_utf8(out)) != std::string::npos;) out[bad] = '?';
  return out;
}

}  // namespace pgolf
