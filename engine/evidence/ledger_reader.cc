#include <charconv>
#include <istream>

#include "base/error.h"
#include "base/file.h"
#include "base/json_guard.h"
#include "engine/evidence/ledger_format.h"

namespace pgolf {
namespace {

using namespace ledger_format;

// Far above what the writer makes; they guard memory and time against a hostile file.
constexpr size_t kMaxLine = 1 << 20;
constexpr int64_t kMaxFile = 256 << 20;

struct Reader {
  std::string origin;  // "<path>:<line>"
  LedgerSummary summary;

  [[noreturn]] void damaged(std::string_view what) const { fail(ErrorKind::submission, "{}: {}", origin, what); }

  // Takes the hash off, verifies it against the chain, and parses the rest.
  Json verified(std::string_view line) {
    const bool shaped = line.size() > kTailSize && line.substr(line.size() - kTailSize, kHashKey.size()) == kHashKey &&
                        line.ends_with("\"}");
    if (!shaped) damaged("not a ledger line; the file was edited or is not a ledger");
    const auto body = line.substr(0, line.size() - kTailSize);
    const auto hash = line.substr(line.size() - kHexSize - 2, kHexSize);
    const std::string expected = chain(summary.head, body);
    if (hash != expected) damaged("hash chain broken: this line or one before it was edited, removed or moved");
    summary.head = expected;
    return parse_json(std::string(body) + "}", origin);
  }

  int64_t integer(const Json& json, const char* key, int64_t low, int64_t high) const {
    const auto value = json_integer(json, key, origin);
    if (value < low || value > high)
      damaged(fmt::format("{} = {} is outside {}..{}", key, json.at(key).dump(), low, high));
    return value;
  }

  std::string name(const Json& json, const char* key) const {
    auto value = json_get<std::string>(json, key, origin);
    if (!valid_name(value)) damaged(fmt::format("{} is not a name", key));
    return value;
  }

  TargetRanges targets(const Json& json) const {
    const auto text = json_get<std::string>(json, "targets", origin);
    TargetRanges out;
    const char *at = text.data(), *end = at + text.size();
    while (at < end) {
      int64_t begin = 0, count = 0;
      auto parsed = std::from_chars(at, end, begin);
      bool ok = parsed.ec == std::errc() && parsed.ptr < end && *parsed.ptr == '+';
      if (ok) parsed = std::from_chars(parsed.ptr + 1, end, count);
      ok = ok && parsed.ec == std::errc() && begin >= 0 && count > 0 && begin <= summary.header.targets &&
           count <= summary.header.targets - begin &&
           (parsed.ptr == end || (*parsed.ptr == ',' && parsed.ptr + 1 < end));
      if (!ok) damaged(fmt::format("targets '{:.40}' are not ranges within 0..{}", text, summary.header.targets));
      out.push_back({begin, begin + count});
      at = parsed.ptr == end ? end : parsed.ptr + 1;
    }
    if (out.empty()) damaged("no targets");
    return out;
  }

  void header(const Json& json) {
    const auto format = json_get<std::string>(json, "format", origin);
    if (!format.starts_with(kName)) damaged("not a ledger");
    if (format != kVersion)
      damaged(fmt::format("ledger format {}; this program reads {}; use a newer pgolf", format, kVersion));
    summary.header.headline = name(json, "headline");
    summary.header.targets = integer(json, "targets", 0, int64_t{1} << 40);
    summary.header.world_size = integer(json, "world_size", 1, 1 << 20);
  }

  // The record on this line; false for END.
  bool record(const Json& json, LedgerRecord& out) {
    const auto op = json_get<std::string>(json, "op", origin);
    out = {};
    out.line = summary.lines;
    if (op == "END") {
      if (integer(json, "lines", 1, INT64_MAX) != summary.lines)
        damaged("the END line counts other lines than there are");
      summary.complete = true;
      return false;
    }
    if (op == "SYNC") return true;
    if (op == "SCORE")
      out.op = LedgerOp::score;
    else if (op == "UPDATE")
      out.op = LedgerOp::update;
    else if (op == "RESET")
      out.op = LedgerOp::reset;
    else
      damaged(fmt::format("unknown op '{}'", op));
    out.rank = static_cast<int>(integer(json, "rank", 0, summary.header.world_size - 1));
    out.name = name(json, out.op == LedgerOp::score ? "pass" : "scope");
    if (json.contains("reads")) out.reads = json_get<Scopes>(json, "reads", origin);
    for (const auto& scope : out.reads)
      if (!valid_name(scope)) damaged("reads has an entry that is not a scope");
    if (out.op != LedgerOp::reset) out.targets = targets(json);
    return true;
  }
};

// The next line without its end; `whole` tells whether it had one.
bool next_line(std::istream& in, const std::string& path, std::string& line, bool& whole) {
  line.clear();
  for (int c; (c = in.rdbuf()->sbumpc()) != std::char_traits<char>::eof();) {
    if (c == '\n') return whole = true;
    line.push_back(static_cast<char>(c));
    if (line.size() > kMaxLine)
      fail(ErrorKind::submission, "{}: a line is longer than {} bytes; not a ledger", path, kMaxLine);
  }
  whole = false;
  return !line.empty();
}

}  // namespace

LedgerSummary read_ledger(const std::filesystem::path& path, const OnLedgerRecord& on_record) {
  InputFile in(path, kMaxFile);
  return read_ledger(in, path.string(), on_record);
}

LedgerSummary read_ledger(std::istream& in, const std::string& name, const OnLedgerRecord& on_record) {
  Reader reader;
  std::string line;
  LedgerRecord record;
  for (bool whole = false; next_line(in, name, line, whole);) {
    reader.origin = fmt::format("{}:{}", name, reader.summary.lines + 1);
    if (reader.summary.complete) reader.damaged("something follows the END line");
    if (!whole) {
      reader.summary.torn = true;
      break;
    }
    const Json json = reader.verified(line);
    if (++reader.summary.lines == 1)
      reader.header(json);
    else if (reader.record(json, record))
      on_record(reader.summary.header, record);
  }
  if (reader.summary.lines == 0) fail(ErrorKind::submission, "{}: empty; the evaluation wrote no ledger", name);
  return reader.summary;
}

}  // namespace pgolf
