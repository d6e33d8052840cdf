// The twin of a validation set: a second text of the same source and size that neither training nor validation has. An
// artifact that was not trained on validation text scores both alike.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "engine/evidence/events.h"

namespace pgolf {

// Passes over the validation text and over its twin: the artifact as packed, without adaptation.
inline constexpr char kTwinValPass[] = "twin_val", kTwinPass[] = "twin";
inline constexpr char kTwinRole[] = "twin";  // of its files in data events

// Bits per byte of a text, and the standard error of that as an estimate for texts of its source.
struct TextScore {
  int64_t documents = 0;
  double bpb = 0, error = 0;
};

// A ratio of sums over documents, R = sum(nll) / sum(bytes); its error by linearisation, from the residuals
// nll - R bytes of the documents (Cochran, Sampling Techniques, 6.4). Nothing for sums that no documents can have.
std::optional<TextScore> text_score(const DocumentsEvent& sums);

struct TwinGap {
  TextScore val, twin;
  int64_t line = 0;  // in the log, of the twin's sums
  double gap() const { return twin.bpb - val.bpb; }
  double error() const;
};

// Of an evaluation that scored both, each once. Nothing if it did not; `problem` says so where what it says is damaged.
std::optional<TwinGap> twin_gap_of(const EventsFile& log, std::string* problem = nullptr);

}  // namespace pgolf
