// Package scorelab holds the source of the suite, as it was when a program was built. With it the program knows what a
// stored result depends on (internal/source).
package scorelab

import "embed"

// Source holds the files that decide what an experiment computes, besides the modules in go.sum: the Go files of the
// library and of the suite, and the data and pages that are compiled into them. Test files are among them, since
// patterns cannot leave them out.
//
//go:embed go.mod lib/*/*.go lib/*/*/*.go internal/*/*.go experiments/*.go experiments/*/*.go
//go:embed lib/data/*/*.gz lib/notebook/*.html lib/notebook/*.js
var Source embed.FS
