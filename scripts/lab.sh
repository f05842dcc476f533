#!/usr/bin/env bash
# Fills .venv with JupyterLab, GoNB and the kernel Go (scorelab). The Makefile runs it after setup.sh, when its inputs changed.
set -euo pipefail
cd "$(dirname "$0")/.."

die() {
	echo "lab: $*" >&2
	exit 1
}

GOPLS=v0.23.0 # the last for Go 1.26; it stands apart from go.mod, whose golang.org/x/tools it would move

command -v python3 >/dev/null || die "no python3; Debian or Ubuntu: sudo apt-get install -y python3 python3-venv"
python3 -c 'import sys; sys.exit(sys.version_info < (3, 11))' || die "found $(python3 --version), JupyterLab here needs Python 3.11 or later"
[[ -x .venv/bin/python ]] || python3 -m venv .venv || die "no venv; Debian or Ubuntu: sudo apt-get install -y python3-venv"

echo "lab: JupyterLab"
.venv/bin/python -m pip install --quiet --disable-pip-version-check --no-input --only-binary :all: --no-deps \
	--require-hashes -r requirements-lab.txt || die "pip could not install requirements-lab.txt"
install -D -m 644 scripts/notebooks/overrides.json .venv/share/jupyter/lab/settings/overrides.json # it asks no other host for news

echo "lab: GoNB"
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
.venv/bin/python scripts/notebooks/gonb/patch.py "$(go list -m -f '{{.Dir}}' github.com/janpfeifer/gonb)" "$tmp/gonb"
cp go.mod go.sum "$tmp"
go mod edit -replace "github.com/janpfeifer/gonb=$tmp/gonb" "$tmp/go.mod"
go build -modfile "$tmp/go.mod" -o .venv/bin/ github.com/janpfeifer/gonb || die "cannot build GoNB"
go build -o .venv/bin/ golang.org/x/tools/cmd/goimports || die "cannot build goimports"

# For completions: 30 MB, without debug tables.
if ! go version -m .venv/gopls/gopls 2>/dev/null | grep -q "golang.org/x/tools/gopls[[:space:]]$GOPLS"; then
	echo "lab: gopls, some minutes"
	GOBIN=$PWD/.venv/gopls GOFLAGS= go install -ldflags '-s -w' "golang.org/x/tools/gopls@$GOPLS" ||
		die "cannot install gopls $GOPLS"
fi
install -m 755 scripts/notebooks/gopls.sh .venv/bin/gopls

go run ./cmd/scorelab kernel install --data .venv/share/jupyter
# What cells link is compiled once, here.
go build ./lib/notebook ./lib/view
touch "$STAMP"
