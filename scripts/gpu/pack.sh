#!/usr/bin/env bash
# Packs what run.sh needs on a machine with an NVIDIA card: build/gpu.tar.gz, with a folder gpu in it. BUILD is the command
# that builds; the packet must be smaller than MOST MiB.
set -euo pipefail
export LC_ALL=C
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

die() {
	echo "gpu-pack: $*" >&2
	exit 1
}

read -ra build <<<"${BUILD:-go build}"
packet=${PACKET:-build/gpu.tar.gz}
folder=${packet%.tar.gz}
[[ $(go env GOOS GOARCH CGO_ENABLED | xargs) == "linux amd64 1" ]] || die "the plugin is for Linux x86-64, and needs cgo: build there"
mkdir -p "$folder/results"
"${build[@]}" -ldflags='-s -w' -o "$folder/" ./cmd/scorelab ./scripts/gpu/probe
cp scripts/gpu/run.sh scripts/gpu/plugin.py scripts/gpu/speed.py "$folder"
rm -rf "$folder/results"
mkdir "$folder/results"
while read -r id; do
	[[ -f results/$id/run.json ]] || die "no results/$id, which run.sh compares with: make experiments, make accept"
	cp -r "results/$id" "$folder/results"
done < <("$folder/run.sh" --list)
tar -C "$(dirname "$folder")" -czf "$packet" "$(basename "$folder")"
size=$(($(stat -c %s "$packet") / 1048576 + 1))
((size < ${MOST:=64})) || die "$packet has $size MiB, not less than $MOST"
echo "gpu-pack: $packet, $size MiB; there: tar xzf gpu.tar.gz && gpu/run.sh"
