package suite

import (
	"errors"
	"path/filepath"
	"testing"

	"scorelab/internal/atomicdir"
)

// Of two accepts or merges into one folder, the second is refused while the first is running, and changes nothing. Once
// the new folder is in place, the second replaces it as a whole.
func TestTwoReplacements(t *testing.T) {
	three := Options{Seed: 3, Profile: Quick, BackendName: "go"}
	root := t.TempDir()
	one, two, first := filepath.Join(root, "one"), filepath.Join(root, "two"), filepath.Join(root, "first")
	runAll(t, fake(), one, quick)
	runAll(t, fake(), two, three)
	runAll(t, fake(), first, quick)
	replacements := map[string]func(from, to string, w atomicdir.Writer) error{
		"accept": func(from, to string, w atomicdir.Writer) error {
			_, err := fake().accept(from, to, "", w)
			return err
		},
		"merge": func(from, to string, w atomicdir.Writer) error {
			_, err := fake().merge(to, []string{from}, "", w)
			return err
		},
	}
	for name, replace := range replacements {
		for exchange, swap := range map[string]func(a, b string) error{"exchanged": nil, "renamed": noSwap} {
			parent := t.TempDir()
			out := filepath.Join(parent, "out")
			if err := replace(first, out, atomicdir.Writer{}); err != nil {
				t.Fatal(err)
			}
			write(t, "mine", out, "E01-moment", "notes.md")
			seed, seen := int64(1), map[string]bool{}
			err := replace(one, out, atomicdir.Writer{Swap: swap, Step: func(step string) error {
				seen[step] = true
				for other, again := range replacements {
					err := again(two, out, atomicdir.Writer{Swap: swap})
					if step == "remove old" {
						seed = 3
						if err != nil {
							t.Errorf("%s, %s at %q: %v", name, other, step, err)
						}
						continue
					}
					if locked := (*atomicdir.LockedError)(nil); !errors.As(err, &locked) {
						t.Errorf("%s, %s, %s at %q: %v", exchange, name, other, step, err)
					}
				}
				return nil
			}})
			if err != nil || !seen["exchange"] || !seen["remove old"] || seen["second rename"] != (swap != nil) {
				t.Errorf("%s, %s: %v after %v", exchange, name, err, seen)
			}
			results, strays, err := fake().Load(out)
			if err != nil || len(results) != 2 || strays != nil || results[0].Seed != seed || results[1].Seed != seed {
				t.Errorf("%s, %s: %+v, %v, %v", exchange, name, results, strays, err)
			}
			if got := read(t, out, "E01-moment", "notes.md"); string(got) != "mine" {
				t.Errorf("%s, %s: the notes are %q", exchange, name, got)
			}
			if left := append(hidden(t, parent), hidden(t, out)...); left != nil {
				t.Errorf("%s, %s: %q is left", exchange, name, left)
			}
		}
	}
}

// A merge of some experiments keeps the results of the others, as accept does, if their settings are the same.
func TestMergeOfSomeExperiments(t *testing.T) {
	root := t.TempDir()
	whole, out := filepath.Join(root, "whole"), filepath.Join(root, "out")
	dirs := shards(t, fake(), root, 2, quick)
	runAll(t, fake(), whole, quick)
	runAll(t, fake(), out, quick)
	write(t, "{", out, "E01-moment", runName) // the replaced result need not be readable
	for _, c := range []struct {
		pattern string
		dirs    []string
	}{{"^E01", dirs[:1]}, {"^E02", dirs[1:]}, {"^E01", dirs}} {
		done, err := fake().Merge(out, c.dirs, c.pattern)
		if err != nil || *done != (Merged{len(c.dirs), 2, 12, 0, 1}) {
			t.Errorf("%s: %+v, %v", c.pattern, done, err)
		}
		if d, err := fake().Diff(whole, out, ""); err != nil || !d.Identical() || d.Files != 8 {
			t.Errorf("%s: %+v, %v", c.pattern, d, err)
		}
	}
	fresh := filepath.Join(root, "fresh")
	if done, err := fake().Merge(fresh, dirs, "^E01"); err != nil || done.Experiments != 1 || done.Kept != 0 {
		t.Errorf("into no folder: %+v, %v", done, err)
	}
	before := read(t, out, "E02-mass", runName)
	for _, c := range []struct {
		name   string
		change func()
		want   string
	}{
		{"other settings", func() {
			edit(t, out, "E02-mass", func(r *Result) { r.Seed = 9 })
		}, "out/E02-mass with -seed 9"},
		{"damaged", func() { write(t, "{", out, "E02-mass", runName) }, "E02-mass/run.json cannot be used"},
	} {
		c.change()
		changed := read(t, out, "E02-mass", runName)
		_, err := fake().Merge(out, dirs, "^E01")
		oneLine(t, c.name, err, c.want)
		if got := read(t, out, "E02-mass", runName); string(got) != string(changed) {
			t.Errorf("%s: the result is now %q", c.name, got)
		}
		write(t, string(before), out, "E02-mass", runName)
	}
}
