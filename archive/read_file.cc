#include "archive/read_file.h"

#include <charconv>

#include "archive/card.h"
#include "archive/mentions.h"
#include "archive/python_functions.h"
#include "archive/script_code.h"
#include "archive/script_hints.h"
#include "base/error.h"
#include "judge/claims/printed_values.h"
#include "resolve/code_stub.h"

namespace pgolf {
namespace {

constexpr size_t kPacked = 12;  // bytes of a line

void add(ArchiveBlob& out, const std::vector<PrintedValue>& values) {
  for (const PrintedValue& value : values) out.values.push_back({value.key, value.label, value.text, value.line});
}

void read_script(ArchiveBlob& out, std::string_view script) {
  const auto inner = unwrap_code(script);
  const std::string_view text = inner ? inner->text : script;
  const std::vector<PrintedValue> hints = script_hints(text);
  add(out, hints);
  out.lines = pack_code(script_code(text));
  std::vector<int64_t> lines;
  for (const PrintedValue& hint : hints) lines.push_back(hint.line);
  for (const PythonFunction& f : functions_around(text, lines))
    out.values.push_back({"function", f.name, fmt::format("{}:{}", f.last, sketch_text(f.sketch)), f.first});
  if (!inner) return;
  const std::string how = inner->detour.empty() ? inner->how : inner->how + ", " + inner->detour;
  out.values.push_back({"unwrapped_bytes", how, std::to_string(inner->text.size()), 1});
}

}  // namespace

bool is_read(FileKind kind) { return kind != FileKind::code && kind != FileKind::other; }

ArchiveBlob read_file(const std::string& oid, FileKind kind, std::string_view bytes) {
  ArchiveBlob out{oid, file_kind_name(kind), static_cast<int64_t>(bytes.size()), "", {}};
  if (kind == FileKind::log) {
    const std::string text = plain_text(bytes);
    const LogText log(text);
    out.lines = pack_lines(measured_lines(log));
    add(out, printed_values(log));
  } else if (kind == FileKind::card) {
    add(out, card_values(bytes));
  } else if (kind == FileKind::script) {
    read_script(out, bytes);
  } else if (kind == FileKind::text) {
    add(out, mentions(bytes));
  }
  return out;
}

std::string pack_lines(const std::vector<MeasuredLine>& lines) {
  std::string out;
  out.reserve(kPacked * lines.size());
  for (const MeasuredLine& line : lines) {
    for (int shift = 0; shift < 32; shift += 8) out += static_cast<char>(line.line >> shift & 0xff);
    for (size_t i = 0; i < 16; i += 2) {
      unsigned byte = 0;
      std::from_chars(line.fingerprint.data() + i, line.fingerprint.data() + i + 2, byte, 16);
      out += static_cast<char>(byte);
    }
  }
  return out;
}

std::vector<MeasuredLine> unpack_lines(std::string_view packed) {
  if (packed.size() % kPacked != 0)
    fail(ErrorKind::database, "archive: {} bytes are no measured lines; `pgolf archive add` reads them again",
         packed.size());
  std::vector<MeasuredLine> out;
  for (; !packed.empty(); packed.remove_prefix(kPacked)) {
    MeasuredLine line;
    for (size_t i = 0; i < 4; ++i) line.line |= int64_t{static_cast<unsigned char>(packed[i])} << (8 * i);
    for (size_t i = 4; i < kPacked; ++i)
      line.fingerprint += fmt::format("{:02x}", static_cast<unsigned char>(packed[i]));
    out.push_back(std::move(line));
  }
  return out;
}

}  // namespace pgolf
