#!/usr/bin/env bash
# One submission on 1, 2, ... GPUs: the same checkpoint, ledger and val_bpb, and how a step scales. What it shows: docs/dist.md.
#
#   tools/ranks_check.sh --gpus N --sp1024 DIR --caps8k DIR --caps12k DIR [--bin DIR] [--out DIR] [--steps N] [--sustained N] [PR...]
#
#   --gpus N       compare 1, 2, 4, ... up to N processes
#   --sp1024 DIR   prepared data of PR 334, 754, 849; --caps8k of PR 2097; --caps12k of PR 2143
#   --bin DIR      where pgolf and pgolf-engine lie (default: build/)
#   --out DIR      where runs and the table go (default: ./ranks-check)
#   --steps N      of each training (default 4)
#   --sustained N  steps of the training whose step is timed (default 60; 0: none)
set -uo pipefail
root=$(cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/.." && pwd)
gpus=2 bin=$root/build out=ranks-check steps=4 sustained=60 submissions=()
declare -A data=()
usage() { sed -n '2,/^set /{/^set /d;s/^# \{0,1\}//;p}' "$0"; exit 2; }
while (($#)); do
  case $1 in
    --gpus) gpus=$2; shift 2 ;;
    --sp1024) data[334]=$2 data[754]=$2 data[849]=$2; shift 2 ;;
    --caps8k) data[2097]=$2; shift 2 ;;
    --caps12k) data[2143]=$2; shift 2 ;;
    --bin) bin=$2; shift 2 ;;
    --out) out=$2; shift 2 ;;
    --steps) steps=$2; shift 2 ;;
    --sustained) sustained=$2; shift 2 ;;
    -*) usage ;;
    *) submissions+=("$1"); shift ;;
  esac
done
((${#submissions[@]})) || submissions=("${!data[@]}")
((${#submissions[@]})) || usage
mkdir -p "$out"
failures=0
engine=$bin/pgolf-engine

# The record's shapes without its clock: rates that follow the clock would differ from run to run.
pinned() {  # PR steps
  local extra=()
  case $1 in
    754 | 849) extra=(--set ttt.chunk_tokens=16384 --set ttt.epochs=1) ;;
    2143 | 2097) extra=(--set ttt.doc_batch=4 --set ttt.prefix_docs=8 --set ttt.chunk_tokens=4096) ;;
  esac
  "$bin/pgolf" --json resolve "$1" --profile record --set train.iterations="$2" --set train.max_wallclock_seconds=0 \
    --set train.warmup_steps=1 "${extra[@]}"
}

phase() {  # PHASE RUN PR PROCESSES [options]
  local name=$1 run=$2 pr=$3 processes=$4 share=()
  shift 4
  [[ $name == pack ]] || share=(--processes "$processes")
  "$engine" "$name" --pinned "$run/pinned.json" --run "$run" --data "${data[$pr]}" --device cuda:0 --progress off "${share[@]}" "$@"
}

facts() {  # RUN: what must be equal
  sha256sum "$1/checkpoint.safetensors" "$1/ledger.jsonl" | cut -c1-16 | tr '\n' ' '
  grep -h '"validation"' "$1/eval.events.jsonl" | grep -o '"val_bpb":[0-9.]*' | tr '\n' ' '
}

compare() {  # PR
  local pr=$1 first='' processes run seconds=$SECONDS
  for ((processes = 1; processes <= gpus; processes *= 2)); do
    [[ $pr == 334 && $processes -gt 1 ]] && break  # it has one rank
    run=$out/$pr-$processes
    rm -rf "$run" && mkdir -p "$run" && pinned "$pr" "$steps" >"$run/pinned.json" && phase train "$run" "$pr" "$processes" &&
      { [[ -f $out/$pr.artifact ]] || { phase pack "$run" "$pr" 1 --checkpoint "$run/checkpoint.safetensors" &&
        cp "$run/artifact.bin" "$out/$pr.artifact"; }; } &&
      phase eval "$run" "$pr" "$processes" --artifact "$out/$pr.artifact" || { echo "$pr P=$processes: failed"; return 1; }
    echo "$pr P=$processes $(facts "$run")"
    [[ -n $first ]] || first=$(facts "$run")
    [[ $(facts "$run") == "$first" ]] || { echo "$pr P=$processes: differs"; return 1; }
  done
  echo "$pr: equal, $((SECONDS - seconds)) s"
}

timed() {  # PR: milliseconds of a step for every number of processes
  local pr=$1 processes run one='' ms
  for ((processes = 1; processes <= gpus; processes *= 2)); do
    run=$out/$pr-$processes-sustained
    rm -rf "$run" && mkdir -p "$run" && pinned "$pr" "$sustained" >"$run/pinned.json" && phase train "$run" "$pr" "$processes" || return 1
    ms=$(sed -n 's/.*"phase_end".*"name":"train","elapsed_ms":\([0-9.]*\).*/\1/p' "$run/train.events.jsonl" |
      awk -v n="$sustained" '{printf "%.1f", $1 / n}')
    one=${one:-$ms}
    echo "$pr P=$processes: $ms ms a step, $(awk -v a="$one" -v b="$ms" 'BEGIN {printf "%.2f", a / b}') times one"
  done
}

stopped() {  # PR SIGNAL: a process gets it in the middle of training
  local pr=$1 run=$out/$pr-$2 victim start
  rm -rf "$run" && mkdir -p "$run" && pinned "$pr" 1000 >"$run/pinned.json"
  (phase train "$run" "$pr" 2; echo "$2: exit $?") &
  until grep -q '"phase_start".*"train"' "$run/train.events.jsonl" 2>/dev/null; do sleep 0.2; kill -0 $! || return 1; done
  sleep 5
  victim=$(pgrep -f -- "--run $run " | tail -n 1)
  start=$SECONDS
  kill "-$2" "$victim"
  wait
  echo "$2: over after $((SECONDS - start)) s"
  pgrep -f -- "--run $run " && return 1
  return 0
}

for pr in "${submissions[@]}"; do compare "$pr" || failures=$((failures + 1)); done
if ((sustained > 0)); then
  for pr in "${submissions[@]}"; do [[ $pr == 334 ]] || timed "$pr" || failures=$((failures + 1)); done
  for signal in KILL STOP; do stopped 754 $signal || failures=$((failures + 1)); done
fi
((failures == 0)) || { echo "$failures of the steps above failed"; exit 1; }
