#include "harness/resolve/submission.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <cctype>

#include "base/error.h"
#include "base/file.h"
#include "base/sha256.h"
#include "engine/config/fields.h"
#include "engine/config/pinned.h"
#include "harness/resolve/code_stub.h"
#include "harness/resolve/toml.h"

namespace pgolf {
namespace {

constexpr int64_t kMaxAmount = int64_t{1} << 50;  // of bytes, steps, milliseconds: sums of them cannot overflow

bool is_hex(std::string_view text, size_t digits) {
  return text.size() == digits && text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

// As messages name a file: relative to the current directory where that is shorter.
std::string shown_path(const std::filesystem::path& path) {
  std::error_code ignored;
  const std::string relative = std::filesystem::proximate(path, ignored).string();
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
  out.pr = in.integer("pr");
  if (out.pr <= 0) in.refuse("pr", "must be positive");
  out.title = in.string("title");
  out.author = in.string("author");
  out.date = in.string("date");
  out.track = in.string("track");
  out.hardware = in.string("hardware");
  out.seeds = in.integers("seeds");
  if (out.seeds.empty()) in.refuse("seeds", "names no seed");
  if (*std::min_element(out.seeds.begin(), out.seeds.end()) < 0) in.refuse("seeds", "a seed must not be negative");
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
  if (!bytes && out.code.file.empty())
    in.refuse("bytes", "missing: what the submission counts for its code, or `file`, which pgolf counts");
  out.code.bytes = bytes.value_or(0);  // 0: of the file, which load_submission counts
  out.code.counted = bytes ? in.string("counted") : in.maybe_string("counted").value_or("bytes of " + out.code.file);
  out.code.shipped_bytes = amount(in, "shipped_bytes");
  out.code.others = in.maybe_strings("others");
  in.finish();
}

// Counts the named file, and names what else of code lies beside it.
void count_code(Submission& out) {
  namespace fs = std::filesystem;
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

Submission load_submission(const std::filesystem::path& directory) {
  const std::string file = shown_path(directory / "submission.toml");
  Submission out = parse_submission(read_text(file, kMostTomlBytes), file);
  out.directory = directory;
  count_code(out);
  return out;
}

Submission parse_submission(std::string_view text, const std::string& file) {
  Submission out;
  out.file = file;
  out.sha256 = sha256_hex(text);
  const toml::table document = parse_toml(text, file);
  TomlReader in(document, out.file);
  if (const std::string format = in.string("format"); format != kSubmissionFormat)
    in.refuse("format",
              fmt::format("'{}' is not '{}'; this version of pgolf reads only that", format, kSubmissionFormat));
  read_identity(in.table("submission"), out);
  read_upstream(in.table("upstream"), out);
  if (auto data = in.maybe_table("upstream_data")) read_upstream_data(std::move(*data), out);
  read_code(in.table("code"), out);
  read_headline(in.table("headline"), out);
  read_techniques(in.table("techniques"), out);
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

std::vector<std::string> list_submissions(const std::filesystem::path& root) {
  std::vector<std::pair<int64_t, std::string>> found;
  std::error_code ignored;
  for (const auto& entry : std::filesystem::directory_iterator(root, ignored)) {
    const std::string name = entry.path().filename().string();
    if (!std::filesystem::exists(entry.path() / "submission.toml", ignored)) continue;
    const bool numbered = name.starts_with("pr-") && name.size() > 3 && name.size() < 15 &&
                          name.find_first_not_of("0123456789", 3) == std::string::npos;
    found.emplace_back(numbered ? std::stoll(name.substr(3)) : INT64_MAX, name);
  }
  std::sort(found.begin(), found.end());
  std::vector<std::string> out;
  for (auto& [number, name] : found) out.push_back(std::move(name));
  return out;
}

std::optional<int64_t> pull_request_number(std::string_view name) {
  std::string_view number = name;
  if (const auto pull = number.rfind("/pull/"); pull != std::string_view::npos) {
    number.remove_prefix(pull + 6);
    number = number.substr(0, number.find_first_of("/?#"));
  }
  for (const std::string_view prefix : {"pr-", "PR-", "#"})
    if (number.starts_with(prefix)) number.remove_prefix(prefix.size());
  const bool digits = !number.empty() && number.find_first_not_of("0123456789") == std::string_view::npos;
  return digits && number.size() < 16 ? std::optional(std::stoll(std::string(number))) : std::nullopt;
}

std::filesystem::path find_submission(const std::filesystem::path& root, std::string_view name) {
  std::error_code ignored;
  if (const auto number = pull_request_number(name)) {
    const auto directory = root / fmt::format("pr-{}", *number);
    if (std::filesystem::exists(directory / "submission.toml", ignored)) return directory;
  } else if (std::filesystem::is_directory(name, ignored)) {
    return std::filesystem::path(name).lexically_normal();
  } else if (std::filesystem::path(name).filename() == "submission.toml" && std::filesystem::exists(name, ignored)) {
    return std::filesystem::path(name).parent_path();
  }
  fail(ErrorKind::not_found, "submission '{}' not found; {} has: {}", name, root.string(),
       fmt::join(list_submissions(root), ", "));
}

}  // namespace pgolf
