package backend_test

import (
	"slices"
	"strings"
	"testing"

	"scorelab/lib/backend"
)

func TestDoctor(t *testing.T) {
	findings := backend.Doctor(backend.Auto)
	var names []string
	for _, f := range findings {
		names = append(names, f.What)
		if f.Found == "" || strings.Contains(f.Found+f.Fix, "\n") {
			t.Errorf("%s: want one line, got %q, %q", f.What, f.Found, f.Fix)
		}
		if !f.OK && f.Fix == "" {
			t.Errorf("%s is not well, and nothing says what to do", f.What)
		}
	}
	for _, want := range []string{"go", "processors", "backends compiled in", "python environment"} {
		if !slices.Contains(names, want) {
			t.Errorf("nothing about %s in %v", want, names)
		}
	}
	// For Go alone nothing is missing, and there is a finding about its speed. With XLA there is none.
	for _, f := range backend.Doctor(backend.Go) {
		if !f.OK || strings.Contains(f.What, "XLA") || strings.Contains(f.What, "python") {
			t.Errorf("for the Go backend alone: %+v", f)
		}
	}
	xla := slices.IndexFunc(findings, func(f backend.Finding) bool { return f.What == backend.XLACPU && f.OK })
	if last := findings[len(findings)-1]; xla >= 0 && strings.Contains(last.Found, "off") {
		t.Errorf("beside XLA: %+v", last)
	}
}

func TestVersions(t *testing.T) {
	if v := backend.Versions(); !strings.HasPrefix(v["go"], "go1.") || !strings.Contains(v["platform"], "/") {
		t.Errorf("%v", v)
	}
}
