package backend_test

import (
	"slices"
	"strings"
	"testing"

	"scorelab/lib/backend"
)

func TestDoctor(t *testing.T) {
	findings := backend.Doctor()
	var names []string
	for _, f := range findings {
		names = append(names, f.What)
		if f.Found == "" || strings.Contains(f.Found+f.Mend, "\n") {
			t.Errorf("%s: want one line, got %q, %q", f.What, f.Found, f.Mend)
		}
		if !f.OK && f.Mend == "" {
			t.Errorf("%s is not well, and nothing says what to do", f.What)
		}
	}
	for _, want := range []string{"go", "processors", "backends compiled in", "python environment"} {
		if !slices.Contains(names, want) {
			t.Errorf("nothing about %s in %v", want, names)
		}
	}
}

func TestVersions(t *testing.T) {
	if v := backend.Versions(); !strings.HasPrefix(v["go"], "go1.") || !strings.Contains(v["platform"], "/") {
		t.Errorf("%v", v)
	}
}
