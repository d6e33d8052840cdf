#!/usr/bin/env bash
# Packs the programs that tools/gpu_check.sh needs, with their libraries, for a GPU machine that lacks this system's packages.
#
#   tools/gpu_bundle.sh FILE.tar.xz        here, after a build with CUDA (PGOLF_BUILD_DIR, default build/)
#   tar -xf FILE.tar.xz -C /opt/pgolf && tools/gpu_check.sh --bin /opt/pgolf        there; below /opt, where the sandbox shows them
#
# The C library, the driver and cuBLAS are taken from the machine that runs them.
set -euo pipefail
root=$(cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/.." && pwd)
build=${PGOLF_BUILD_DIR:-$root/build}
out=${1:?usage: tools/gpu_bundle.sh FILE.tar.xz}

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
mkdir "$folder/lib"
programs=(pgolf pgolf-engine honest_controls kill_campaign)
for room in core ops optim model quant train memory; do programs+=("engine_${room}_test"); done
for program in "${programs[@]}"; do
  [[ -x $build/$program ]] || { echo "gpu_bundle.sh: $build/$program is missing; build it first" >&2; exit 6; }
  if [[ $program == pgolf-engine ]]; then  # known to pgolf by its hash
    cp "$build/$program" "$folder/"
  else
    strip -o "$folder/$program" "$build/$program"
  fi
done
ldd "${programs[@]/#/$folder/}" | awk '$3 ~ /^\// {print $3}' | sort -u |
  grep -vE '/(libc|libm|libdl|librt|libpthread)\.so|/ld-linux' | while read -r library; do cp -L "$library" "$folder/lib/"; done
"$build/honest_controls" --seeds 0 --docs "$folder/demo.jsonl"  # the manual that it is cut from is not everywhere
tar -C "$folder" -c . | xz -9 >"$out"
du -h "$out" | cut -f1
