#!/usr/bin/env bash
# Runs each fuzz target of the packages given for FUZZTIME: go test takes only one at a time. It makes inputs smaller for
# a minute unless told otherwise, and reports as a failure that the time was over meanwhile.
set -euo pipefail
cd "$(dirname "$0")/.."

list=$(go test -list '^Fuzz' "${@:-./...}")
targets=()
while read -r word package _; do
	case $word in
	Fuzz*) targets+=("$word") ;;
	ok)
		for target in ${targets[@]+"${targets[@]}"}; do
			echo "fuzz: $package $target ${FUZZTIME:=3s}"
			out=$(go test -run '^$' -fuzz "^$target\$" -fuzztime "$FUZZTIME" -fuzzminimizetime 20x "$package" 2>&1 </dev/null) || {
				echo "$out" >&2
				exit 1
			}
		done
		targets=()
		;;
	esac
done <<<"$list"
