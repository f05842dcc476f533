#!/usr/bin/env bash
# Checks what has to be there, fetches the Go modules and fills .venv. The Makefile runs it when its inputs changed.
set -euo pipefail
cd "$(dirname "$0")/.."

die() {
	echo "setup: $*" >&2
	exit 1
}

# done_with writes the stamp: 1 where XLA must work from now on.
done_with() {
	mkdir -p "$(dirname "$STAMP")"
	echo "$1" >"$STAMP"
	exit 0
}

# XLA=no: the Go backend alone, which needs neither Python nor a C compiler.
XLA=${XLA:-yes}
STAMP=${STAMP:-.venv/.setup}

command -v go >/dev/null || die "no go: install Go 1.26 or later from https://go.dev/dl/"
version=$(go version 2>&1) || die "needs Go 1.26 or later (https://go.dev/dl/): ${version##*$'\n'}"
release=${version##*go version go1.}
[[ ${release%%[!0-9]*} -ge 26 ]] || die "found ${version#go version }, needs Go 1.26 or later: https://go.dev/dl/"

packages=()
if [[ $XLA == yes ]]; then
	compiler=$(go env CC)
	command -v "${compiler%% *}" >/dev/null || packages+=(gcc libc6-dev)
	if ! command -v python3 >/dev/null; then
		packages+=(python3 python3-venv)
	elif ! python3 -c 'import sys; sys.exit(sys.version_info < (3, 11))'; then
		die "found $(python3 --version), needs Python 3.11 or later; or use BACKEND=go, which needs Go alone"
	elif ! python3 -c 'import venv, ensurepip' 2>/dev/null; then
		packages+=(python3-venv)
	fi
fi
((${#packages[@]} == 0)) ||
	die "missing tools; Debian or Ubuntu: sudo apt-get install -y ${packages[*]}; or use BACKEND=go, which needs Go alone"

echo "setup: Go modules"
go mod download || die "cannot fetch the Go modules from $(go env GOPROXY)"
[[ $XLA == yes ]] || done_with ""

[[ -x .venv/bin/python ]] || python3 -m venv .venv
if ! .venv/bin/python -c 'import platform as p, sys
sys.exit((p.system(), p.libc_ver()[0]) != ("Linux", "glibc") or p.machine() not in ("x86_64", "aarch64"))'; then
	echo "setup: there is no XLA plugin for $(uname -sm) with this C library; the slower Go backend serves"
	done_with ""
fi
echo "setup: XLA plugin"
.venv/bin/python -m pip install --quiet --disable-pip-version-check --no-input --only-binary :all: --no-deps \
	--require-hashes -r requirements.txt || die "pip could not install requirements.txt"

# go-xla knows a plugin by this form of name. The path is relative, so that the checkout can be moved.
plugin=$(cd .venv && echo lib/python3*/site-packages/xla_plugins/xla_cpu_pjrt/xla_cpu_pjrt.so)
[[ -f .venv/$plugin ]] || die "no plugin at .venv/$plugin: remove .venv and try again"
mkdir -p .venv/pjrt
ln -sfn "../$plugin" .venv/pjrt/pjrt_c_api_cpu_plugin.so
done_with 1
