// What was found wrong in a publication or in what pgolf said of it, and put right: a log that is only added to.
//
// `corrections.jsonl` of the home, format `pgolf.correction/1`: a JSON object a line, each with the SHA-256 of the line
// before it, so that a line that was changed, taken out or cut short is noticed (docs/archive.md).
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace pgolf {

inline constexpr char kCorrectionsFile[] = "corrections.jsonl";

struct Correction {
  int64_t number = 0;  // from 1
  std::string date;    // UTC, when it was entered
  int64_t pull = 0;
  std::string field, was, is;  // field: val_bpb, title, author, track, or what else it is about
  std::string reason, source;
  std::string text() const;  // one line
};

// All of them; none if there is no file. Errors: database, with the line's number, for a log that is damaged or newer.
std::vector<Correction> read_corrections(const std::filesystem::path& file);
std::vector<Correction> parse_corrections(std::string_view text, const std::string& file);

// Adds one, whose number and date are set; it is on the disk when this returns. One writer at a time. Errors: as
// reading; usage for an empty field, reason or source.
Correction add_correction(const std::filesystem::path& file, Correction correction);

}  // namespace pgolf
