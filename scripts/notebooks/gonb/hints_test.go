package goexec

import (
	"strings"
	"testing"
)

// TestHints: a message that has a hint gets it once, below all lines, and other text stays as it is.
func TestHints(t *testing.T) {
	for text, want := range map[string]string{
		"./main.go:3:1: expected declaration, found x":                 "%% above them",
		"./main.go:3:1: undefined: x\n./main.go:4:1: undefined: été\n": "declare it outside",
		// not a name of a cell
		"./main.go:3:1: undefined: metrics.Nothing": "",
		"./main.go:3:2: declared and not used: x":   "_ = x",
		"example.org/x: cannot find module providing package example.org/x: module lookup disabled by " +
			"GOPROXY=off": "go get",
		"assignment mismatch: 1 variable but f returns 2 values": "nb.Must",
		"assignment mismatch: 2 variables but f returns 1 value": "",
		"exit status 1\n": "",
	} {
		got := withHints(text)
		if want == "" && got != text {
			t.Errorf("%q became %q", text, got)
		}
		if want == "" {
			continue
		}
		if hint, ok := strings.CutPrefix(got, strings.TrimSpace(text)+"\nhint: "); !ok || !strings.Contains(
			hint, want) {
			t.Errorf("%q became %q", text, got)
		}
	}
}
