package suite

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"scorelab/internal/atomicdir"
)

// shards runs a suite in n parts, each into a separate folder below root.
func shards(t testing.TB, c Catalogue, root string, n int, o Options) (dirs []string) {
	t.Helper()
	for i := range n {
		part := Shard{i + 1, n}
		dir := filepath.Join(root, fmt.Sprintf("shard-%d", i+1))
		dirs = append(dirs, dir)
		store, err := OpenStore(dir)
		if err != nil {
			t.Fatal(err)
		}
		defer store.Close()
		for _, e := range c.Part(part, c.Experiments) {
			result, report, err := c.Do(t.Context(), e, o)
			if err != nil {
				t.Fatal(err)
			}
			if err := store.Put(result, report, Meta{Shard: part.String()}); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := store.Summarize(c); err != nil {
			t.Fatal(err)
		}
	}
	return dirs
}

// For every number of shards each experiment belongs to one shard, and the sizes of shards differ by one at most.
func TestShardsPartition(t *testing.T) {
	c := Catalogue{}
	for i := range 7 {
		c.Experiments = append(c.Experiments, Experiment{ID: fmt.Sprint("E", i)})
	}
	if whole := c.Part(Shard{}, c.Experiments); len(whole) != 7 {
		t.Errorf("the whole has %d of 7", len(whole))
	}
	for n := 1; n < 10; n++ {
		seen := map[string]bool{}
		for i := range n {
			part := c.Part(Shard{i + 1, n}, c.Experiments)
			if len(part) < 7/n || len(part) > (7+n-1)/n {
				t.Errorf("shard %d/%d has %d of 7 experiments", i+1, n, len(part))
			}
			for _, e := range part {
				if seen[e.ID] {
					t.Errorf("%s is in two shards of %d", e.ID, n)
				}
				seen[e.ID] = true
			}
			// The choice of experiments does not move any to another shard.
			if few := c.Part(Shard{i + 1, n}, c.Experiments[3:5]); len(few) > len(part) {
				t.Errorf("shard %d/%d has %v of two experiments", i+1, n, few)
			}
		}
		if len(seen) != 7 {
			t.Errorf("%d shards have %d of 7 experiments", n, len(seen))
		}
	}
}

func TestMergeIsTheWholeRun(t *testing.T) {
	whole := t.TempDir()
	runAll(t, fake(), whole, quick)
	for n := 1; n < 5; n++ {
		root := t.TempDir()
		dirs, out := shards(t, fake(), root, n, quick), filepath.Join(root, "out")
		for i, j := 0, len(dirs)-1; i < j; i, j = i+1, j-1 { // their order does not matter
			dirs[i], dirs[j] = dirs[j], dirs[i]
		}
		for range 2 { // the second time over the first merge
			done, err := fake().Merge(out, dirs, "")
			if err != nil || *done != (Merged{n, 2, 12, 0, 0}) {
				t.Fatalf("%d shards: %+v, %v", n, done, err)
			}
			d, err := fake().Diff(whole, out, "")
			if err != nil || !d.Identical() || d.Files != 8 || len(d.Differences) > 0 {
				t.Errorf("%d shards: %+v, %v", n, d, err)
			}
		}
		if meta := read(t, out, "E02-mass", metaName); n == 2 && !bytes.Contains(meta, []byte(`"shard": "2/2"`)) {
			t.Errorf("the description of the run is lost: %s", meta)
		}
		for _, dir := range append(dirs, out, root) {
			if left := hidden(t, dir); left != nil {
				t.Errorf("merge leaves %q in %s", left, dir)
			}
		}
	}
}

// Shards may overlap where they agree, so running an experiment twice does no harm.
func TestMergeOfEqualOverlap(t *testing.T) {
	root := t.TempDir()
	whole, out := filepath.Join(root, "whole"), filepath.Join(root, "out")
	runAll(t, fake(), whole, quick)
	if _, err := fake().Merge(out, append(shards(t, fake(), root, 2, quick), whole), ""); err != nil {
		t.Fatal(err)
	}
	edit(t, whole, "E02-mass", func(r *Result) { r.Checks[0].Tol = 0 })
	if done, err := fake().Merge(out, []string{whole}, ""); err != nil || done.Failed != 1 {
		t.Errorf("a failing check: %+v, %v", done, err)
	}
}

// badMerges are shards that do not belong together.
var badMerges = []struct {
	name   string
	change func(t *testing.T, root string, dirs []string) (out string, shards []string)
	want   string
}{
	{"missing shard", func(t *testing.T, root string, dirs []string) (string, []string) { return "out", dirs[:1] },
		"no shard has E02-mass: run `scorelab run -shard 2/2 -seed 1 -profile quick -backend go -out DIR` and " +
			"merge again"},
	{"missing in a shard", func(t *testing.T, root string, dirs []string) (string, []string) {
		os.RemoveAll(filepath.Join(dirs[0], "E01-moment"))
		return "out", dirs
	}, "no shard has E01-moment: run `scorelab run -shard 1/2 -seed 1"},
	{"missing, not from shards", func(t *testing.T, root string, dirs []string) (string, []string) {
		os.Remove(filepath.Join(dirs[0], "E01-moment", metaName))
		return "out", dirs[:1]
	}, "no shard has E02-mass: `scorelab run -run '^(E02-mass)$' -seed 1 -profile quick -backend go -out DIR` " +
		"makes a folder"},
	{"no results", func(t *testing.T, root string, dirs []string) (string, []string) {
		os.RemoveAll(filepath.Join(dirs[0], "E01-moment"))
		return "out", dirs[:1]
	}, "no shard has E01-moment, E02-mass: `scorelab run -run '^(E01-moment|E02-mass)$' -out DIR`"},
	{"two seeds", func(t *testing.T, root string, dirs []string) (string, []string) {
		edit(t, dirs[1], "E02-mass", func(r *Result) { r.Seed = 9 })
		return "out", dirs
	}, "shard-1/E01-moment was run with -seed 1 -profile quick -backend go, but "},
	{"two profiles", func(t *testing.T, root string, dirs []string) (string, []string) {
		edit(t, dirs[1], "E02-mass", func(r *Result) { r.Profile = Full })
		return "out", dirs
	}, "shard-2/E02-mass with -seed 1 -profile full -backend go: run all with the same"},
	{"two backends", func(t *testing.T, root string, dirs []string) (string, []string) {
		edit(t, dirs[1], "E02-mass", func(r *Result) { r.Backend = "xla:cpu" })
		return "out", dirs
	}, "-backend xla:cpu: run all with the same"},
	{"two seeds of one experiment", func(t *testing.T, root string, dirs []string) (string, []string) {
		other := filepath.Join(root, "other")
		runAll(t, fake(), other, Options{Seed: 2, Profile: Quick, BackendName: "go"})
		return "out", append(dirs, other)
	}, "shard-1/E01-moment was run with -seed 1 -profile quick -backend go, but "},
	{"two answers", func(t *testing.T, root string, dirs []string) (string, []string) {
		other := filepath.Join(root, "other")
		runAll(t, fake(), other, quick)
		edit(t, other, "E02-mass", func(r *Result) { r.Checks[1].Got.Center = 1 })
		return "out", append(dirs, other)
	}, "other have E02-mass/run.json with other bytes: remove the result that is wrong"},
	{"two figures", func(t *testing.T, root string, dirs []string) (string, []string) {
		other := filepath.Join(root, "other")
		runAll(t, fake(), other, quick)
		os.WriteFile(filepath.Join(other, "E01-moment", "more.png"), picture(9), 0o644)
		edit(t, other, "E01-moment", func(r *Result) { r.Figures[1].SHA256 = hash(picture(9)) })
		return "out", append(dirs, other)
	}, "other have E01-moment/more.png with other bytes"},
	{"stray", func(t *testing.T, root string, dirs []string) (string, []string) {
		os.Mkdir(filepath.Join(dirs[0], "E99"), 0o755)
		return "out", dirs
	}, "E99 is of no experiment in the table: remove it"},
	{"broken", func(t *testing.T, root string, dirs []string) (string, []string) {
		replaceText(t, "{", "{{", dirs[0], "E01-moment", runName)
		return "out", dirs
	}, "cannot be used, line 1"},
	{"no folder", func(t *testing.T, root string, dirs []string) (string, []string) {
		return "out", append(dirs, filepath.Join(root, "none"))
	},
		"none: no such file or directory: `scorelab run -shard I/N -out"},
	{"shard twice", func(t *testing.T, root string, dirs []string) (string, []string) {
		return "out", append(dirs, dirs[0]+"/.")
	}, "are the same folder"},
	{"into a shard", func(t *testing.T, root string, dirs []string) (string, []string) { return "shard-1", dirs },
		"are the same folder"},
	{"into the folder of the shards", func(t *testing.T, root string, dirs []string) (string, []string) {
		return ".", dirs
	},
		"shard-1 lies in "},
	{"into a folder with a README", func(t *testing.T, root string, dirs []string) (string, []string) {
		os.Mkdir(filepath.Join(root, "mine"), 0o755)
		os.WriteFile(filepath.Join(root, "mine", "README.md"), []byte("# My work\n"), 0o644)
		return "mine", dirs
	}, "mine/README.md is not of this program"},
	{"cut table", func(t *testing.T, root string, dirs []string) (string, []string) {
		os.Truncate(filepath.Join(dirs[0], "E01-moment", "moment.csv"), 20)
		return "out", dirs
	}, "names moment.csv, whose 20 bytes are not those that were stored"},
	{"no hashes", func(t *testing.T, root string, dirs []string) (string, []string) {
		edit(t, dirs[0], "E01-moment", forget)
		return "out", dirs
	}, "shard-1/E01-moment/run.json holds no hashes of its tables and figures"},
	{"into a foreign folder", func(t *testing.T, root string, dirs []string) (string, []string) {
		os.Mkdir(filepath.Join(root, "mine"), 0o755)
		os.WriteFile(filepath.Join(root, "mine", "notes.txt"), nil, 0o644)
		return "mine", dirs
	}, "which is no result, and writing there would remove it"},
}

func TestMergeRefuses(t *testing.T) {
	for _, c := range badMerges {
		root := t.TempDir()
		out, dirs := c.change(t, root, shards(t, fake(), root, 2, quick))
		_, err := fake().Merge(filepath.Join(root, out), dirs, "")
		if err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: %v, want ... %s", c.name, err, c.want)
		}
		if _, err := os.Stat(filepath.Join(root, "out")); err == nil {
			t.Errorf("%s: there are merged results", c.name)
		}
	}
}

// A merge that cannot write, or meets a run, changes nothing.
func TestMergeIsAtomic(t *testing.T) {
	root := t.TempDir()
	dirs, out := shards(t, fake(), root, 2, quick), filepath.Join(root, "out")
	runAll(t, fake(), out, Options{Seed: 5, Profile: Quick, BackendName: "go"})
	before := read(t, out, "E01-moment", runName)
	for _, step := range []string{"write E02-mass/run.json", "rename", "exchange"} {
		full := atomicdir.Writer{Step: func(name string) error {
			if name == step {
				return syscall.ENOSPC
			}
			return nil
		}}
		_, err := fake().merge(out, dirs, "", full)
		if err == nil || !strings.Contains(err.Error(), "no space left on device; what was there is untouched") {
			t.Errorf("full disk at %q: %v", step, err)
		}
		if !bytes.Equal(before, read(t, out, "E01-moment", runName)) {
			t.Errorf("full disk at %q: the former results changed", step)
		}
	}
	store, err := OpenStore(dirs[1])
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	if _, err := fake().Merge(out, dirs, ""); err == nil || !strings.Contains(err.Error(), "is writing into "+dirs[1]) {
		t.Errorf("a shard under way: %v", err)
	}
}
