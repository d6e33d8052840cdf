// The bytes and times of a run that its limits count: one value for every list, page and document.
//
// They are what the judge observed. Of a run without that verdict they follow from the record.
#pragma once

#include <cstdint>
#include <optional>

#include "db/rows.h"
#include "judge/verdict.h"

namespace pgolf {

struct CountedBytes {
  int64_t model = 0, code = 0;
  int64_t total() const { return model + code; }
};
// Nothing without an artifact. The readings may count different files as code.
std::optional<CountedBytes> counted_bytes(const RunRecord& record, Reading reading);

// The part of a process that counts: the training loop, the calibration, the scoring passes. Nothing for other phases,
// or where it was not measured.
std::optional<double> counted_ms(const RunRecord& record, const PhaseRow& phase);

}  // namespace pgolf
