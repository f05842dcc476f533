package suite

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func TestInputsChanged(t *testing.T) {
	before := Inputs{"same": "1", "other": "1", "gone": "1"}
	now := Inputs{"same": "1", "other": "2", "new": "1"}
	if got := before.Changed(now); !slices.Equal(got, []string{"gone", "new", "other"}) {
		t.Errorf("changed: %v", got)
	}
	if got := before.Changed(before); len(got) > 0 {
		t.Errorf("nothing has changed, but: %v", got)
	}
}

// TestInputsOfSettings checks that each setting and each part of a description makes other inputs.
func TestInputsOfSettings(t *testing.T) {
	e, o := fake().Experiments[0], quick
	base := Inputs{"f": "1"}.Of(e, o)
	for name, change := range map[string]func(*Experiment, *Options){
		"seed":     func(_ *Experiment, o *Options) { o.Seed++ },
		"profile":  func(_ *Experiment, o *Options) { o.Profile = Full },
		"backend":  func(_ *Experiment, o *Options) { o.BackendName = "xla:cpu" },
		"streams":  func(e *Experiment, _ *Options) { e.Stream = "other" },
		"title":    func(e *Experiment, _ *Options) { e.Title += "." },
		"question": func(e *Experiment, _ *Options) { e.Question += "?" },
		"sources":  func(e *Experiment, _ *Options) { e.Sources = append(slices.Clone(e.Sources), "9") },
	} {
		e, o := e, o
		change(&e, &o)
		if got := base.Changed(Inputs{"f": "1"}.Of(e, o)); !slices.Equal(got, []string{name}) {
			t.Errorf("%s: changed %v", name, got)
		}
	}
}

// keep stores a result with the given metadata in dir. A bad one has a failing check.
func keep(t *testing.T, dir string, meta Meta, bad bool) {
	t.Helper()
	s, err := OpenStore(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	r, report := version(1)
	if bad {
		r.Checks[0].Want = 2
	}
	if err := s.Put(r, report, meta); err != nil {
		t.Fatal(err)
	}
}

// TestKeptResults stores a result with its inputs, and checks when it may be used again.
func TestKeptResults(t *testing.T) {
	c, dir, in := fake(), t.TempDir(), Inputs{"f": "1"}
	kept := func() *Kept {
		t.Helper()
		k, err := ReadKept(dir, "E01-moment")
		if err != nil {
			t.Fatal(err)
		}
		return k
	}
	if _, err := ReadKept(dir, "E01-moment"); err == nil {
		t.Error("a result that was never stored is kept")
	}
	keep(t, dir, Meta{Inputs: in}, false)
	if k := kept(); !c.Holds(k, Inputs{"f": "1"}) || c.Holds(k, Inputs{"f": "2"}) || c.Holds(k, nil) ||
		c.Holds(k, Inputs{}) || c.Holds(nil, in) || (Catalogue{}).Holds(k, in) {
		t.Error("a result holds for the same inputs, and for no others")
	}
	keep(t, dir, Meta{Inputs: in}, true)
	if c.Holds(kept(), in) {
		t.Error("a result with a failing check holds")
	}
	keep(t, dir, Meta{}, false)
	if c.Holds(kept(), in) || c.Holds(kept(), nil) {
		t.Error("a result without inputs holds")
	}

}

// TestDamagedResultsAreNotKept damages each file of a result.
func TestDamagedResultsAreNotKept(t *testing.T) {
	c, dir, in := fake(), t.TempDir(), Inputs{"f": "1"}
	for _, name := range []string{"run.json", "run.meta.json", "t.csv", "f.svg"} {
		for what, damage := range map[string]func(path string, text []byte) error{
			"gone":    func(path string, _ []byte) error { return os.Remove(path) },
			"cut":     func(path string, text []byte) error { return os.WriteFile(path, text[:len(text)/2], 0o600) },
			"changed": func(path string, text []byte) error { return os.WriteFile(path, edited(text), 0o600) },
		} {
			keep(t, dir, Meta{Inputs: in}, false)
			path := filepath.Join(dir, "E01-moment", name)
			if err := damage(path, read(t, dir, "E01-moment", name)); err != nil {
				t.Fatal(err)
			}
			if k, err := ReadKept(dir, "E01-moment"); err == nil && c.Holds(k, in) {
				t.Errorf("%s is %s, and the result is kept", name, what)
			}
			if err := os.RemoveAll(filepath.Join(dir, "E01-moment")); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// edited is a text that still reads, with other content.
func edited(text []byte) []byte { return []byte(strings.Replace(string(text)+" ", "1", "3", 1)) }
