#!/bin/sh
# Fuzzes one parser: fuzz/run.sh TARGET [EXECUTIONS]    (docs/fuzzing.md)
#
# Builds build-fuzz/fuzz_TARGET if need be, starts from fuzz/corpus/TARGET and what earlier runs discovered, and collects
# what it discovers in build-fuzz/corpus/TARGET (fuzz/keep.sh keeps it); a finding is written to build-fuzz/findings/TARGET-*
# and ends the run.
set -eu
cd "$(dirname "$0")/.."
target=${1:?usage: fuzz/run.sh TARGET [EXECUTIONS]; targets: $(ls fuzz/corpus | tr '\n' ' ')}
executions=${2:-10000000}
[ -d "fuzz/corpus/$target" ] || { echo "run.sh: no target '$target'; there are: $(ls fuzz/corpus | tr '\n' ' ')" >&2; exit 2; }
if [ ! -f build-fuzz/build.ninja ]; then
  CC=${CC:-clang} CXX=${CXX:-clang++} cmake -S . -B build-fuzz -G Ninja -DPGOLF_FUZZ=ON -DPGOLF_CUDA=OFF
fi
ninja -C build-fuzz "fuzz_$target"
case $target in
  submission | ruleset | pinned | bundle) longest=6000 ;;
  shard) longest=64 ;;
  *) longest=1200 ;;
esac
dictionary=
[ -f "fuzz/dict/$target.dict" ] && dictionary="-dict=fuzz/dict/$target.dict"
if [ ! -d "build-fuzz/corpus/$target" ]; then
  mkdir -p "build-fuzz/corpus/$target"
  if [ -f "fuzz/discovered/$target.tar.gz" ]; then
    tar -C "build-fuzz/corpus/$target" -xzf "fuzz/discovered/$target.tar.gz"
  fi
fi
mkdir -p build-fuzz/findings
exec "build-fuzz/fuzz_$target" -runs="$executions" -max_len="$longest" -timeout=10 -rss_limit_mb=1500 \
  -malloc_limit_mb=600 -print_final_stats=1 -artifact_prefix="build-fuzz/findings/$target-" $dictionary \
  "build-fuzz/corpus/$target" "fuzz/corpus/$target"
