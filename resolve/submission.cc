#include "resolve/submission.h"

#include <algorithm>
#include <cctype>

#include "base/error.h"
#include "base/file.h"
#include "base/sha256.h"
#include "engine/config/fields.h"
#include "engine/config/pinned.h"
#include "resolve/code_stub.h"
#include "resolve/extends.h"
#include "resolve/required_keys.h"
#include "resolve/toml.h"

namespace pgolf {
namespace fs = std::filesystem;
namespace {

constexpr int kDeepest = 4;             // of what extends what
constexpr int64_t kDefaultSeed = 1337;  // of a submission of one's own that names none; the challenge's own default
constexpr int64_t kMaxAmount = int64_t{1} << 50;  // of bytes, steps, milliseconds: sums of them cannot overflow

bool is_hex(std::string_view text, size_t digits) {
  return text.size() == digits && text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

// As messages name a file: relative to the current directory where that is shorter.
std::string shown_path(const fs::path& path) {
  std::error_code ignored;
  const std::string relative = fs::proximate(path, ignored).string();
  return relative.empty() || relative.starts_with("..") ? path.string() : relative;
}

// "pr-334", "demo": lower-case letters, digits, '-' and '_'; safe as a file name and in any report.
bool is_name(std::string_view text) {
  return !text.empty() && text.size() <= 64 && std::isalnum(static_cast<unsigned char>(text[0])) &&
         text.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-_") == std::string_view::npos;
}

std::string hex(TomlReader& in, std::string_view key, size_t digits) {
  std::string value = in.string(key);
  if (!is_hex(value, digits)) in.refuse(key, fmt::format("expected {} lower-case hex digits", digits));
  return value;
}

std::optional<int64_t> amount(TomlReader& in, std::string_view key) {
  const auto value = in.maybe_integer(key);
  if (value && (*value < 0 || *value > kMaxAmount)) in.refuse(key, fmt::format("must be 0..{}", kMaxAmount));
  return value;
}

std::string printed(TomlReader& in, std::string_view key) {
  const auto value = in.maybe_string(key);
  if (value && !is_printed_number(*value)) in.refuse(key, "expected a printed number in quotes, like \"1.2207\"");
  return value.value_or("");
}

void read_identity(TomlReader in, Submission& out) {
  out.id = in.string("id");
  if (!is_name(out.id)) in.refuse("id", "expected lower-case letters, digits and '-'");
  if (const auto pr = in.maybe_integer("pr")) {
    if (*pr <= 0) in.refuse("pr", "must be positive");
    out.pr = *pr;
  }
  out.title = in.string("title");
  for (const auto& [key, text] :
       {std::pair("author", &out.author), {"date", &out.date}, {"track", &out.track}, {"hardware", &out.hardware}})
    *text = in.maybe_string(key).value_or("");
  if (const auto seeds = in.maybe_integers("seeds")) {
    if (seeds->empty()) in.refuse("seeds", "names no seed");
    if (*std::min_element(seeds->begin(), seeds->end()) < 0) in.refuse("seeds", "a seed must not be negative");
    out.seeds = *seeds;
  }
  in.finish();
}

void read_upstream(TomlReader in, Submission& out) {
  out.upstream.repository = in.string("repository");
  out.upstream.commit = hex(in, "commit", 40);
  out.upstream.path = in.string("path");
  out.upstream.script_sha256 = hex(in, "script_sha256", 64);
  in.finish();
}

std::optional<int64_t> extent(TomlReader& in, std::string_view key) {
  const auto value = in.integer_or_unknown(key);
  if (value && (*value < 1 || *value > kMaxAmount)) in.refuse(key, fmt::format("must be 1..{}", kMaxAmount));
  return value;
}

void read_upstream_data(TomlReader in, Submission& out) {
  out.upstream_data = {in.string("dataset"), extent(in, "train_shards"), extent(in, "shard_tokens"),
                       extent(in, "train_tokens"), in.string("evidence")};
  in.finish();
}

// A file directly in the submission's directory.
void check_file_name(TomlReader& in, std::string_view key, const std::string& name) {
  if (name.empty() || name.find('/') != std::string::npos || name.starts_with("."))
    in.refuse(key, "expected the name of a file of the submission, like \"train.log\"");
}

void read_code(TomlReader in, Submission& out) {
  out.code.file = in.maybe_string("file").value_or("");
  if (!out.code.file.empty()) check_file_name(in, "file", out.code.file);
  const auto bytes = amount(in, "bytes");
  out.code.bytes = bytes.value_or(0);  // 0: of the file, which load_submission counts
  out.code.counted = bytes ? in.string("counted") : in.maybe_string("counted").value_or("bytes of " + out.code.file);
  out.code.shipped_bytes = amount(in, "shipped_bytes");
  out.code.others = in.maybe_strings("others");
  in.finish();
}

// Counts the named file, and names what else of code lies beside it.
void count_code(Submission& out) {
  if (out.code.file.empty()) return;
  const fs::path file = out.directory / out.code.file;
  std::error_code problem;
  const auto size = fs::file_size(file, problem);
  if (problem) fail(ErrorKind::usage, "{}: [code] file {}: {}", out.file, file.string(), problem.message());
  out.code.file_bytes = static_cast<int64_t>(size);
  if (out.code.bytes == 0) out.code.bytes = *out.code.file_bytes;
  if (size <= kMaxStubBytes)
    if (const auto inner = unwrap_code(read_text(file)))
      out.code.unwrapped_bytes = std::ssize(inner->text), out.code.wrapper = inner->how;
  if (out.code.others) return;
  out.code.others.emplace();
  for (const auto& entry : fs::directory_iterator(out.directory, problem)) {
    const std::string name = entry.path().filename().string();
    const std::string kind = entry.path().extension().string();
    const bool code =
        kind == ".py" || kind == ".c" || kind == ".cc" || kind == ".cpp" || kind == ".cu" || kind == ".so";
    if (code && name != out.code.file) out.code.others->push_back(name);
  }
  std::sort(out.code.others->begin(), out.code.others->end());
}

void read_headline(TomlReader in, Submission& out) {
  out.headline = {in.string("source"), in.string("eval"), printed(in, "val_loss"), printed(in, "val_bpb")};
  in.finish();
}

Claim read_claim(TomlReader in) {
  Claim claim;
  claim.source = in.string("source");
  check_file_name(in, "source", claim.source);
  claim.seed = amount(in, "seed");
  claim.steps = amount(in, "steps");
  claim.train_ms = amount(in, "train_ms");
  claim.calibration_ms = amount(in, "calibration_ms");
  claim.model_bytes = amount(in, "model_bytes");
  claim.code_bytes = amount(in, "code_bytes");
  claim.total_bytes = amount(in, "total_bytes");
  claim.val_targets = amount(in, "val_targets");
  claim.num_params = amount(in, "num_params");
  claim.world_size = amount(in, "world_size");
  for (TomlReader& eval : in.tables("evals")) {
    ClaimedEval e;
    e.name = eval.string("name");
    e.weights = eval.maybe_string("weights").value_or("");
    e.method = eval.maybe_string("method").value_or("");
    e.val_loss = printed(eval, "val_loss");
    e.val_bpb = printed(eval, "val_bpb");
    e.eval_ms = amount(eval, "eval_ms");
    e.targets = amount(eval, "targets");
    eval.finish();
    claim.evals.push_back(std::move(e));
  }
  in.finish();
  return claim;
}

// [config.model] num_layers = 4  ->  "model.num_layers". Every value is tried on a default configuration, so that a
// mistake is told where it stands, whichever profile is asked for.
std::vector<Setting> read_settings(std::vector<std::pair<std::string, TomlReader>> sections) {
  std::vector<Setting> out;
  Config scratch;
  for (auto& [section, table] : sections)
    for (const auto& [name, node] : table.members()) {
      Setting s{section + "." + name, toml_to_json(*node, table.file()), toml_origin(*node, table.file())};
      set_config_field(scratch, s.key, s.value, s.origin);
      out.push_back(std::move(s));
    }
  return out;
}

Profile read_profile(const std::string& name, TomlReader in) {
  if (!is_name(name))
    fail(ErrorKind::usage, "{}: profile '{}': expected lower-case letters, digits and '-'", in.origin(), name);
  if (name == kRecordProfile)
    fail(ErrorKind::usage, "{}: profile 'record' is the submission as it ran and takes no overrides", in.origin());
  Profile profile{name, in.string("summary"), {}};
  std::vector<std::pair<std::string, TomlReader>> sections;
  for (const auto& [key, node] : in.members()) {
    if (key == "summary") continue;
    if (!node->is_table()) in.refuse(key, "expected a table of the configuration, or 'summary'");
    sections.emplace_back(key, TomlReader(*node->as_table(), in.file(), "profiles." + name + "." + key));
  }
  profile.settings = read_settings(std::move(sections));
  return profile;
}

void read_techniques(TomlReader in, Submission& out) {
  for (const auto& [group, node] : in.members()) out.techniques.emplace_back(group, in.strings(group));
}

}  // namespace

bool is_printed_number(std::string_view text) {
  const auto dot = text.find('.');
  return dot != std::string_view::npos && dot > 0 && dot + 1 < text.size() && text.size() <= 24 &&
         text.find_first_not_of("0123456789.") == std::string_view::npos &&
         text.find('.', dot + 1) == std::string_view::npos;
}

bool is_log(std::string_view source) {
  return source.ends_with(".log") || source.ends_with(".txt") || source.ends_with(".out");
}

const Profile* Submission::profile(std::string_view name) const {
  const auto it = std::find_if(profiles.begin(), profiles.end(), [&](const Profile& p) { return p.name == name; });
  return it == profiles.end() ? nullptr : &*it;
}

Submission load_submission(const fs::path& directory, const fs::path& root) {
  std::vector<Submission> chain;  // the submission, what it extends, what that extends
  std::vector<fs::path> seen;
  for (fs::path next = directory; chain.empty() || !next.empty();) {
    std::error_code ignored;
    const fs::path real = fs::weakly_canonical(next, ignored);
    const std::string file = shown_path(next / "submission.toml");
    if (std::find(seen.begin(), seen.end(), real) != seen.end())
      fail(ErrorKind::usage, "{}: extends itself, through {}", chain.front().file, file);
    if (std::ssize(seen) > kDeepest)
      fail(ErrorKind::usage, "{}: extends {}, {} deep; at most {} deep", chain.front().file, file, seen.size(),
           kDeepest);
    seen.push_back(real);
    Submission one = parse_submission(read_text(file, kMostTomlBytes), file);
    one.directory = next;
    count_code(one);
    next = one.extends.empty() ? fs::path() : base_directory(one, root);
    chain.push_back(std::move(one));
  }
  Submission out = std::move(chain.back());
  if (out.seeds.empty()) out.seeds = {kDefaultSeed};
  for (auto variant = chain.rbegin() + 1; variant != chain.rend(); ++variant) out = extended(std::move(*variant), out);
  return out;
}

Submission parse_submission(std::string_view text, const std::string& file) {
  Submission out;
  out.file = file;
  out.sha256 = sha256_hex(text);
  const toml::table document = parse_toml(text, file);
  TomlReader in(document, out.file);
  check_required_keys(document, file);
  if (const std::string format = in.string("format"); format != kSubmissionFormat)
    in.refuse("format",
              fmt::format("'{}' is not '{}'; this version of pgolf reads only that", format, kSubmissionFormat));
  out.extends = in.maybe_string("extends").value_or("");
  read_identity(in.table("submission"), out);
  if (auto upstream = in.maybe_table("upstream")) read_upstream(std::move(*upstream), out);
  if (auto data = in.maybe_table("upstream_data")) read_upstream_data(std::move(*data), out);
  if (auto code = in.maybe_table("code")) read_code(std::move(*code), out);
  if (auto headline = in.maybe_table("headline")) read_headline(std::move(*headline), out);
  if (auto techniques = in.maybe_table("techniques")) read_techniques(std::move(*techniques), out);
  for (TomlReader& claim : in.tables("claims")) out.claims.push_back(read_claim(std::move(claim)));
  for (TomlReader& d : in.tables("differences")) {
    out.differences.push_back({d.string("claimed"), d.string("as_run"), d.string("evidence")});
    d.finish();
  }
  if (auto config = in.maybe_table("config")) out.config = read_settings(config->named_tables());
  if (auto profiles = in.maybe_table("profiles"))
    for (auto& [name, table] : profiles->named_tables()) out.profiles.push_back(read_profile(name, std::move(table)));
  in.finish();
  return out;
}

}  // namespace pgolf
