#!/usr/bin/env bash
# Kills a process of each phase of a run on several GPUs: the run must end within seconds, with one line that names it, and
# leave no process. What it shows: docs/dist.md.
#
#   tools/ranks_kill.sh --gpus N --data DIR [--bin DIR] [--out DIR] PR
#
#   --bin DIR   where pgolf and pgolf-engine lie (default: build/)
#   --out DIR   an empty directory for records and logs (default: ./ranks-kill)
set -uo pipefail
root=$(cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/.." && pwd)
gpus=2 bin=$root/build out=ranks-kill data= pr=
usage() { sed -n '2,/^set /{/^set /d;s/^# \{0,1\}//;p}' "$0"; exit 2; }
while (($#)); do
  case $1 in
    --gpus) gpus=$2; shift 2 ;;
    --data) data=$2; shift 2 ;;
    --bin) bin=$2; shift 2 ;;
    --out) out=$2; shift 2 ;;
    -*) usage ;;
    *) pr=$1; shift ;;
  esac
done
[[ -n $data && -n $pr ]] || usage
mkdir -p "$out"
out=$(cd "$out" && pwd)
failures=0

# A line of a phase's events that shows that it is at work.
declare -A at_work=([train]='"event":"phase_start".*"name":"train"' [pack]='"event":' [eval]='"event":"stream"')

# The youngest process of a phase: the last of its ranks, or its only one.
victim() { pgrep -n -f "pgolf-engine $1 .*$2"; }

strike() {  # PHASE
  local phase=$1 home=$out/$1 pid start events
  "$bin/pgolf" --home "$home" reproduce "$pr" --profile record --steps 8 --gpus "$gpus" --data "$data" \
    --set train.max_wallclock_seconds=0 >"$out/$phase.txt" 2>"$out/$phase.err" &
  local run=$!
  for ((i = 0; i < 3000; ++i)); do
    events=$(find "$home" -name "$phase.events.jsonl" 2>/dev/null | head -1)
    [[ -n $events ]] && grep -q "${at_work[$phase]}" "$events" && break
    kill -0 "$run" 2>/dev/null || break
    sleep 0.1
  done
  pid=$(victim "$phase" "$home")
  if [[ -z $pid ]]; then
    echo "$phase: FAILED, no process of it was met"
    failures=$((failures + 1))
    wait "$run"
    return
  fi
  start=$(date +%s%N)
  kill -9 "$pid"
  wait "$run"
  local code=$? took=$((($(date +%s%N) - start) / 1000000)) left
  left=$(pgrep -fc "pgolf-engine .*$home")
  echo "$phase: killed $pid, exit code $code after $took ms, $left processes left: $(tail -1 "$out/$phase.err")"
  ((code != 0 && took < 10000 && left == 0)) || { echo "$phase: FAILED"; failures=$((failures + 1)); }
}

for phase in train pack eval; do strike "$phase"; done
exit $((failures > 0))
