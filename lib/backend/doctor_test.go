package backend_test

import (
	"os"
	"path/filepath"
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

// For a card, the CPU's plugin and the Python environment do not matter, and the first thing that is missing has a fix.
func TestDoctorForCards(t *testing.T) {
	if !slices.Contains(backend.Compiled(), backend.XLACUDA) {
		t.Skip("XLA is not compiled in")
	}
	dir := t.TempDir()
	t.Setenv("PJRT_PLUGIN_LIBRARY_PATH", dir)
	for _, test := range []struct{ content, want string }{
		{"", "no PJRT plugin for cuda in PJRT_PLUGIN_LIBRARY_PATH="},
		{"not a library", "is no PJRT plugin, or is damaged"},
	} {
		if test.content != "" {
			name := filepath.Join(dir, "pjrt_c_api_cuda_plugin.so")
			if err := os.WriteFile(name, []byte(test.content), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		findings := backend.Doctor(backend.XLACUDA)
		last := findings[len(findings)-1]
		if last.OK || !strings.Contains(last.Found, test.want) || !strings.Contains(last.Fix, "make cuda") {
			t.Errorf("%q: %+v", test.content, last)
		}
		for _, f := range findings[:len(findings)-1] {
			if !f.OK || strings.Contains(f.What, "python") || f.What == backend.XLACPU {
				t.Errorf("%q: %+v", test.content, f)
			}
		}
	}
}

func TestVersions(t *testing.T) {
	if v := backend.Versions(); !strings.HasPrefix(v["go"], "go1.") || !strings.Contains(v["platform"], "/") {
		t.Errorf("%v", v)
	}
}
