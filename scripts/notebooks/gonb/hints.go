// Package goexec is compiled into GoNB's package of that name (see scripts/lab.sh): what the Go compiler says of a
// cell is followed by what a notebook's reader can do about it.
package goexec

import (
	"regexp"
	"strings"
)

// hints are what to do about messages of the compiler and of GoNB's parser.
var hints = []struct {
	message *regexp.Regexp
	hint    string
}{
	{regexp.MustCompile(`expected declaration, found`),
		"a cell that runs statements needs a line %% above them; without it, a cell holds only declarations " +
			"(func, type, var, const, import)"},
	{regexp.MustCompile(`undefined: [\p{L}_][\p{L}\p{N}_]*(?m:$)`),
		"a name from below a %% lives only in its own cell: declare it outside, `var x = ...` or `func x() ...` " +
			"above the %%; after a restart of the kernel, first run again the cells that declare"},
	{regexp.MustCompile(`declared and not used: `),
		"Go wants every variable used: show it, nb.Say(\"%v\", x), or drop it with _ = x"},
	{regexp.MustCompile(
		`no required module provides package|lookup disabled by GOPROXY=off|cannot find module providing`),
		"cells import the packages of this checkout and of the modules in its go.mod, and fetch no others: " +
			"`go get PACKAGE` in the checkout adds one"},
	{regexp.MustCompile(`assignment mismatch: 1 variable but .* returns 2 values`),
		"the second value is an error: x := nb.Must(f()) ends the cell with it"},
}

// withHints is a compiler's text, with a line for each kind of message that has a hint.
func withHints(text string) string {
	for _, h := range hints {
		if h.message.MatchString(text) {
			text = strings.TrimRight(text, "\n") + "\nhint: " + h.hint
		}
	}
	return text
}
