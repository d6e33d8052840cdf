// What is built twice, as its float64 build has it.
#pragma once

#include "tests/support/golden_values.h"

namespace pgolf_float64 {

pgolf::GoldenValues model_golden(const pgolf::GoldenFile& file, uint64_t draw);
pgolf::GoldenValues init_golden(const pgolf::GoldenFile& file);
pgolf::GoldenValues lora_golden(const pgolf::GoldenFile& file, uint64_t draw);
pgolf::GoldenValues eval_golden(const pgolf::GoldenFile& file, const std::string& evaluation, uint64_t draw);

}  // namespace pgolf_float64
