#!/usr/bin/env bash
# Fills .venv-bench with the programs that `make bench` compares with. The Makefile runs it after setup.sh, when its inputs changed.
set -euo pipefail
cd "$(dirname "$0")/.."

die() {
	echo "bench: $*" >&2
	exit 1
}

[[ -x .venv/bin/python ]] || die "the comparison needs XLA, and so Python: do not set BACKEND=go"
[[ -x .venv-bench/bin/python ]] || .venv/bin/python -m venv .venv-bench || die "cannot make .venv-bench"
echo "bench: JAX, PyTorch, POT, scipy and numpy, some gigabytes"
.venv-bench/bin/python -m pip install --quiet --disable-pip-version-check --no-input --only-binary :all: --no-deps \
	--require-hashes -r requirements-bench.txt || die "pip could not install requirements-bench.txt"
touch "$STAMP"
