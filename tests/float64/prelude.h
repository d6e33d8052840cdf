// Included before everything else in the sources of the rooms that are built a second time, with float64 in the place
// of float32: pgolf_float64::Gpt computes what pgolf::Gpt does, and tells how exact float32 is (docs/engine.md). What
// holds no floats is shared with the first build: bases, configuration, files, data, threads.
#pragma once

#include <cblas.h>
#include <dlfcn.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <gtest/gtest.h>
#include <lapacke.h>

#include <algorithm>
#include <array>
#include <bit>
#include <chrono>
#include <cmath>
#include <cstring>
#include <deque>
#include <fstream>
#include <functional>
#include <limits>
#include <map>
#include <memory>
#include <mutex>
#include <numbers>
#include <numeric>
#include <optional>
#include <random>
#include <set>
#include <span>
#include <string>
#include <thread>
#include <typeindex>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/error.h"
#include "base/file.h"
#include "base/json.h"
#include "base/progress.h"
#include "base/sha256.h"
#include "build_config.h"
#include "engine/codec/float16.h"
#include "engine/codec/safetensors.h"
#include "engine/config/config.h"
#include "engine/config/param_table.h"
#include "engine/config/pinned.h"
#include "engine/core/parallel.h"
#include "engine/core/pcg64.h"
#include "engine/data/bytes.h"
#include "engine/data/shard.h"
#include "engine/data/shard_memory.h"
#include "engine/evidence/events.h"
#include "engine/evidence/ledger.h"
#include "engine/evidence/ledger_check.h"
#include "engine/evidence/schedule.h"
#include "engine/schedule/plan.h"
#include "tests/support/golden.h"
#include "tests/support/golden_config.h"
#include "tests/support/golden_values.h"
#include "tests/support/source_dir.h"
#include "tests/support/temp_directory.h"
#include "tests/support/tiny_config.h"

namespace pgolf_float64 {
using namespace pgolf;
inline constexpr bool kWithCuda = false;
}  // namespace pgolf_float64

#define pgolf pgolf_float64
#define float double
#define cblas_sgemm cblas_dgemm
#define LAPACKE_sgeqrf LAPACKE_dgeqrf
#define LAPACKE_sorgqr LAPACKE_dorgqr
