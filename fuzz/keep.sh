#!/bin/sh
# Keeps what fuzzing has discovered: fuzz/keep.sh TARGET
#
# Reduces build-fuzz/corpus/TARGET to the inputs that reach something which fuzz/corpus/TARGET does not, and packs them as
# fuzz/discovered/TARGET.tar.gz. Names are hashes of contents and times are zero, so the same inputs give the same archive.
set -eu
cd "$(dirname "$0")/.."
target=${1:?usage: fuzz/keep.sh TARGET}
[ -d "build-fuzz/corpus/$target" ] || { echo "keep.sh: nothing to keep; run fuzz/run.sh $target first" >&2; exit 2; }
reduced=build-fuzz/reduced/$target
rm -rf "$reduced"
mkdir -p "$reduced" fuzz/discovered
"build-fuzz/fuzz_$target" -merge=1 "$reduced" "fuzz/corpus/$target" "build-fuzz/corpus/$target"
for seed in "fuzz/corpus/$target"/*; do rm -f "$reduced/$(sha1sum "$seed" | cut -d' ' -f1)"; done
tar -C "$reduced" --sort=name --mtime=@0 --owner=0 --group=0 --mode=0644 -c . | gzip -9n >"fuzz/discovered/$target.tar.gz"
