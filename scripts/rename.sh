#!/usr/bin/env bash
# Gives the module another path, in go.mod and in every import, also of notebooks. The same command undoes it.
set -euo pipefail
cd "$(dirname "$0")/.."

new=${1:-}
old=$(go list -m)
if [[ ! $new =~ ^[A-Za-z0-9._~-]+(/[A-Za-z0-9._~-]+)*$ ]]; then
	echo "rename: '$new' is no module path; for example: make rename MODULE=github.com/you/scorelab" >&2
	exit 2
fi

go mod edit -module "$new"
quoted=${old//./\\.}
# Imports stand between double quotes, alone or with a package behind the module.
grep -rlE --include='*.go' --include='*.ipynb' --exclude-dir='.?*' --exclude-dir=build "\"${quoted}[/\"\\\\]" . |
	while read -r file; do
		sed -E "s#\"$quoted([/\"\\\\])#\"$new\\1#g" "$file" >"$file.renamed"
		cat "$file.renamed" >"$file" # keeps the mode of the file
		rm "$file.renamed"
		[[ $file != *.go ]] || gofmt -w "$file" # imports are sorted by path
	done
echo "rename: $old is now $new"
