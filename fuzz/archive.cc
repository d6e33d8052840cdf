#include "archive/card.h"
#include "archive/mentions.h"
#include "archive/publication.h"
#include "archive/read_file.h"
#include "archive/script_code.h"
#include "base/utf8.h"
#include "fuzz/refusal.h"
#include "fuzz/targets.h"
#include "harness/weights/stored_zip.h"
#include "harness/weights/torch_pickle.h"

namespace pgolf::fuzz {

namespace {

constexpr size_t kMostValues = 4100, kMostText = 700;

void hold_bounded(const std::vector<ArchiveValue>& values) {
  hold(values.size() <= kMostValues, "more values than the bound");
  for (const ArchiveValue& v : values) hold(v.line >= 1 && v.text.size() <= kMostText, "a value without line or bound");
}

}  // namespace

void card(std::string_view bytes) {
  parse_or_refuse([&] { hold_bounded(read_file("", FileKind::card, bytes).values); });
}

void loglines(std::string_view bytes) {
  parse_or_refuse([&] {
    const ArchiveBlob read = read_file("", FileKind::log, bytes);
    hold_bounded(read.values);
    hold(pack_lines(unpack_lines(read.lines)) == read.lines, "measured lines that read back as others");
  });
}

void wrapper(std::string_view bytes) {
  parse_or_refuse([&] {
    const ArchiveBlob read = read_file("", FileKind::script, bytes);
    hold(pack_code(unpack_code(read.lines)) == read.lines, "code that reads back as other code");
  });
}

void names(std::string_view bytes) {
  const std::string name(bytes), shown = shown_name(name);
  hold(first_invalid_utf8(shown) == std::string::npos && shown.find('\n') == std::string::npos, "a name of two lines");
  folders_of({{name, {}}, {"records/" + name, {}}});
  file_kind_of(name);
  for (const PrintedValue& v : mentions(bytes)) hold(!v.text.empty() && v.line >= 1, "a mention of nothing");
}

// A pickle, or behind '!' a zip archive.
void weights(std::string_view bytes) {
  parse_or_refuse([&] {
    const bool zip = bytes.starts_with(kSealed);
    const ByteView view = std::as_bytes(std::span(bytes.data(), bytes.size())).subspan(zip ? 1 : 0);
    if (zip)
      for (const auto& [name, file] : read_stored_zip(view, "f"))
        hold(file.size() <= view.size(), "a file out of itself");
    else
      TorchPickle(view, "f");
  });
}

}  // namespace pgolf::fuzz
