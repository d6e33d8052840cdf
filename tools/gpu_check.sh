#!/usr/bin/env bash
# Builds pgolf for this machine's GPU, tests the CUDA backend against the CPU definition, and measures it. Needs no network.
#
#   tools/gpu_check.sh [--bin DIR] [--out DIR] [--tests FILTER] [--no-tests] [--record] [--honest SEEDS] [--sanitize] [--baseline] [--bench pinned.json]...
#
#   --bin DIR      programs that were built elsewhere, instead of building here; DIR/lib, if there, holds their libraries
#   --out DIR      where logs and reports go (default: ./gpu-check)
#   --tests FILTER a GoogleTest filter (default: *Gpu*, but for those of --record)
#   --no-tests     measure only
#   --record       also run each submission at the shapes of its record, a few steps of it, through every phase (minutes)
#   --honest SEEDS also run the demo of each submission with that many seeds: no honest run is flagged (docs/faults.md)
#   --sanitize     also run the op tests under compute-sanitizer: memcheck, then racecheck
#   --bench FILE   a pinned.json (pgolf --json resolve 334 > pinned.json) whose model is measured; may be given several times
#   --baseline     also measure PyTorch's fused attention (tools/attention_baseline.py; needs PyTorch)
set -uo pipefail
root=$(cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/.." && pwd)
out=gpu-check bin='' filter='*Gpu*-*RecordShapes*' tests=1 record=0 honest=0 sanitize=0 baseline=0 pinned=()
# What the sanitizers run: every op at small shapes, and the kernels that only larger shapes reach.
sanitize_filter='*GpuAgrees*:*GpuShapes*/just_over:*GpuShapes*/packed_short:*GpuShapes*/gate_*:*GpuShapes*/xsa_*'
usage() { sed -n '2,/^set /{/^set /d;s/^# \{0,1\}//;p}' "$0"; exit 2; }
while (($#)); do
  case $1 in
    --bin) bin=$2; shift 2 ;;
    --out) out=$2; shift 2 ;;
    --tests) filter=$2; shift 2 ;;
    --no-tests) tests=0; shift ;;
    --record) record=1; shift ;;
    --honest) honest=$2; shift 2 ;;
    --sanitize) sanitize=1; shift ;;
    --baseline) baseline=1; shift ;;
    --bench) pinned+=("$2"); shift 2 ;;
    *) usage ;;
  esac
done
mkdir -p "$out"
say() { printf '== %s\n' "$*"; }
failures=0

test_programs=(engine_core_test engine_ops_test engine_optim_test engine_model_test engine_quant_test engine_train_test
               engine_memory_test)
if [[ -z $bin ]]; then
  bin=${PGOLF_BUILD_DIR:-$root/build}
  say "building in $bin"
  cmake -S "$root" -B "$bin" -G Ninja -DPGOLF_CUDA=ON >"$out/configure.log" 2>&1 &&
    ninja -C "$bin" pgolf pgolf-engine honest_controls "${test_programs[@]}" >"$out/build.log" 2>&1 ||
    { tail -n 30 "$out/configure.log" "$out/build.log" 2>/dev/null; say "the build failed; see $out"; exit 6; }
fi
bin=$(cd "$bin" && pwd)
if [[ -d $bin/lib ]]; then export LD_LIBRARY_PATH=$bin/lib${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}; fi
export PGOLF_SOURCE_DIR=${PGOLF_SOURCE_DIR:-$root}
export PGOLF_GOLDEN_DIR=${PGOLF_GOLDEN_DIR:-$root/tests/golden}

nvidia-smi --query-gpu=name,driver_version,memory.total,clocks.sm --format=csv,noheader 2>/dev/null || say "nvidia-smi is missing"

if ((tests)); then
  declare -A running=()
  for program in "${test_programs[@]}"; do  # side by side: most of a test is the CPU's definition
    [[ -x $bin/$program ]] || continue
    "$bin/$program" --gtest_filter="$filter" --gtest_brief=1 >"$out/$program.log" 2>&1 &
    running[$program]=$!
  done
  for program in "${!running[@]}"; do
    wait "${running[$program]}" || failures=$((failures + 1))
    say "$program $filter"
    grep -E '^\[  (FAILED|PASSED|SKIPPED)' "$out/$program.log" | tail -n 25
    grep -E 'relative|Failure|: Expected|actual:|what\(\)' "$out/$program.log" | head -n 25
  done
fi

if ((record)); then
  say "record shapes"
  "$bin/engine_memory_test" --gtest_filter='*RecordShapes*' >"$out/record.log" 2>&1 || failures=$((failures + 1))
  grep -E '^\[ +(OK|FAILED|PASSED|SKIPPED) ' "$out/record.log"
  grep -E 'Failure|: Expected|actual:|what\(\)' "$out/record.log" | head -n 25
fi

if ((honest)); then
  submissions=(334 754 849 2143 2097)
  command -v lrzip >/dev/null || { say "lrzip is missing: 2097, which packs with it, is left out"; unset 'submissions[4]'; }
  docs=() controls=()
  if [[ -f $bin/demo.jsonl ]]; then docs=(--docs "$bin/demo.jsonl"); fi
  # Side by side, since a demo is mostly the start of its phases.
  parts=$(($(nproc) / ${#submissions[@]})) && ((parts >= 1)) || parts=1
  each=$(((honest + parts - 1) / parts))
  for submission in "${submissions[@]}"; do
    for ((first = 1; first <= honest; first += each)); do
      seeds=$((honest - first + 1 < each ? honest - first + 1 : each)) log=$out/honest-$submission-$first
      "$bin/honest_controls" --submissions "$submission" --first "$first" --seeds "$seeds" "${docs[@]}" >"$log.log" 2>"$log.err" &
      controls+=("$! $log")
    done
  done
  for one in "${controls[@]}"; do
    wait "${one%% *}" || { failures=$((failures + 1)); tail -n 5 "${one#* }.err"; }
    cat "${one#* }.log"
  done
fi

if ((sanitize)); then
  for tool in memcheck racecheck; do
    say "compute-sanitizer --tool $tool"
    compute-sanitizer --tool "$tool" --error-exitcode 9 "$bin/engine_ops_test" --gtest_filter="$sanitize_filter" \
      --gtest_brief=1 >"$out/$tool.log" 2>&1 || failures=$((failures + 1))
    tail -n 3 "$out/$tool.log"
  done
fi

for file in "${pinned[@]}"; do
  name=$(basename "$file" .json)
  say "bench $name"
  "$bin/pgolf-engine" bench --pinned "$file" --device cuda:0 >"$out/bench-$name.txt" 2>&1 || failures=$((failures + 1))
  cat "$out/bench-$name.txt"
  say "bench $name --fast"
  "$bin/pgolf-engine" bench --pinned "$file" --device cuda:0 --fast --no-ops >"$out/bench-$name-fast.txt" 2>&1 ||
    failures=$((failures + 1))
  cat "$out/bench-$name-fast.txt"
done

if ((baseline)); then
  say "PyTorch's fused attention"
  python3 "$root/tools/attention_baseline.py" 2>&1 | tee "$out/attention_baseline.txt"
  ((PIPESTATUS[0] == 0)) || failures=$((failures + 1))
fi

if ((failures)); then say "$failures of the steps above failed; logs are in $out"; exit 1; fi
say "all passed; logs are in $out"
