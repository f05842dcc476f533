package suite

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"scorelab/internal/atomicdir"
)

// foreign puts foreign files and an empty folder into a folder of results. It returns a check that they are unchanged.
func foreign(t *testing.T, dir string) (untouched func()) {
	t.Helper()
	id := "E01-moment"
	if !atomicdir.Exists(filepath.Join(dir, id)) {
		id = "E02-mass" // of another shard
	}
	names := []string{".tmp-mydata/x.bin", id + "/notes.md", id + "/mine/data.csv", id + "/mine.csv"}
	for _, name := range names {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte("mine: "+name), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	empty := filepath.Join(dir, id, "empty", "deep")
	if err := os.MkdirAll(empty, 0o755); err != nil {
		t.Fatal(err)
	}
	return func() {
		t.Helper()
		if !atomicdir.Exists(empty) {
			t.Errorf("the empty folder %s is gone", empty)
		}
		for _, name := range names {
			if got, err := os.ReadFile(filepath.Join(dir, name)); string(got) != "mine: "+name {
				t.Errorf("%s: %q, %v", name, got, err)
			}
		}
	}
}

// Foreign files survive runs, merges and accepts, in the folders that these write and read.
func TestForeignFilesStay(t *testing.T) {
	root := t.TempDir()
	dirs, out, baseline := shards(t, fake(), root, 2, quick), filepath.Join(root, "out"), filepath.Join(root, "results")
	runAll(t, fake(), out, quick)
	runAll(t, fake(), baseline, quick)
	for _, dir := range append(dirs, out, baseline) {
		defer foreign(t, dir)()
	}
	runAll(t, fake(), out, Options{Seed: 3, Profile: Quick, BackendName: "go"})
	for range 2 {
		if _, err := fake().Merge(out, dirs, ""); err != nil {
			t.Fatal(err)
		}
		if _, err := fake().Accept(out, baseline, ""); err != nil {
			t.Fatal(err)
		}
	}
	gate, err := fake().Compare(baseline, out, "")
	if err != nil || len(gate.Failures) > 0 {
		t.Errorf("%+v, %v", gate, err)
	}
}

// The pages that other commands write beside the results are not in the way of a merge or accept, and stay.
func TestPagesBesideResultsStay(t *testing.T) {
	root := t.TempDir()
	out, baseline := filepath.Join(root, "out"), filepath.Join(root, "results")
	runAll(t, fake(), out, quick)
	runAll(t, fake(), baseline, quick)
	for _, name := range besideFiles {
		write(t, "mine: "+name, baseline, name)
	}
	if _, err := fake().Accept(out, baseline, ""); err != nil {
		t.Fatal(err)
	}
	for _, name := range besideFiles {
		if got, err := os.ReadFile(filepath.Join(baseline, name)); string(got) != "mine: "+name {
			t.Errorf("%s: %q, %v", name, got, err)
		}
	}
}

const otherRun = `{"run": "of another program"}`

// foreignFiles have the path of files that a result would write.
var foreignFiles = []struct {
	name, file, text, want string
	damaged                bool // whether the result beside it is damaged
}{
	{"a folder with a run.json", "mlproject/run.json", otherRun, "holds mlproject, which is no result", false},
	{"a damaged run.json of no experiment", "mlproject/run.json", "{", "holds mlproject, which is no result",
		false},
	{"a run.json in the place of a result", "E01-moment/run.json", otherRun,
		"E01-moment/run.json is not of this program", false},
	{"a folder without a file", "mine/empty/", "", "holds mine, which is no result", false},
	{"a table beside a damaged result", "E01-moment/mine.csv", "1",
		"nothing says whether mine.csv belongs to the result", true},
	{"a picture beside a damaged result", "E01-moment/mine.png", "1",
		"nothing says whether mine.png belongs to the result", true},
}

// A merge or accept that would remove a foreign file names it, and writes nothing.
func TestForeignFilesAreNamed(t *testing.T) {
	for _, c := range foreignFiles {
		t.Run(c.name, func(t *testing.T) {
			root := t.TempDir()
			dirs, out := shards(t, fake(), root, 2, quick), filepath.Join(root, "out")
			whole := filepath.Join(root, "whole")
			runAll(t, fake(), out, quick)
			runAll(t, fake(), whole, quick)
			path := filepath.Join(out, filepath.FromSlash(c.file))
			if err := os.MkdirAll(filepath.Join(path, ".."), 0o755); err != nil {
				t.Fatal(err)
			}
			if strings.HasSuffix(c.file, "/") {
				os.Mkdir(path, 0o755)
			} else {
				write(t, c.text, path)
			}
			if c.damaged {
				write(t, "{", out, "E01-moment", runName)
			}
			for name, into := range map[string]func() error{
				"merge":  func() error { _, err := fake().Merge(out, dirs, ""); return err },
				"accept": func() error { _, err := fake().Accept(whole, out, ""); return err },
			} {
				oneLine(t, name, into(), c.want)
				if _, err := os.Stat(path); err != nil {
					t.Errorf("%s: %v", name, err)
				}
			}
			if c.text == otherRun {
				if got := read(t, path); string(got) != otherRun {
					t.Errorf("the file is now %q", got)
				}
			}
		})
	}
	// A result of an experiment that is no longer in the table is still a result, and is removed.
	root := t.TempDir()
	dirs, out := shards(t, fake(), root, 2, quick), filepath.Join(root, "out")
	older := fake()
	older.Experiments = append(older.Experiments, Experiment{ID: "E09-gone", Title: "t", Question: "q", Run: runMass})
	older.Experiments = older.Experiments[2:]
	runAll(t, older, out, quick)
	if _, err := fake().Merge(out, dirs, ""); err != nil || atomicdir.Exists(filepath.Join(out, "E09-gone")) {
		t.Errorf("a result of a former table: %v", err)
	}
}

// A run refuses to write over a run.json of another program, before and when it stores the result.
func TestRunBesideForeignRun(t *testing.T) {
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "E01-moment"), 0o755); err != nil {
		t.Fatal(err)
	}
	write(t, `{"mine": 1}`, dir, "E01-moment", runName)
	store, err := OpenStore(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	oneLine(t, "before", store.Check(fake().Experiments), "E01-moment/run.json is not of this program")
	if err := store.Check(fake().Experiments[1:]); err != nil {
		t.Errorf("another experiment: %v", err)
	}
	r, report := version(1)
	oneLine(t, "storing", store.Put(r, report, Meta{}), "E01-moment/run.json is not of this program")
	if got := read(t, dir, "E01-moment", runName); string(got) != `{"mine": 1}` {
		t.Errorf("the file is now %q", got)
	}
}

// A result that cannot be read is replaced. Files that its run.json names are removed. If it names none, tables and
// pictures stay, and a warning names them.
func TestDamagedResultIsReplaced(t *testing.T) {
	for damage, stays := range map[string]bool{
		"{": true, "[]": true, `{"schema": 0, "figures": [{"name": "old.png"}]}`: false,
	} {
		dir := t.TempDir()
		runAll(t, fake(), dir, quick)
		write(t, damage, dir, "E01-moment", runName)
		write(t, "x", dir, "E01-moment", "old.png")
		write(t, "mine", dir, "E01-moment", "notes.md")
		store, err := OpenStore(dir)
		if err != nil {
			t.Fatal(err)
		}
		var told []string
		store.Warn = func(sentence string) { told = append(told, sentence) }
		result, report, err := fake().Do(t.Context(), fake().Experiments[0], quick)
		if err != nil {
			t.Fatal(err)
		}
		for range 2 { // the second time there is no warning
			if err := store.Put(result, report, Meta{}); err != nil {
				t.Fatal(err)
			}
		}
		store.Close()
		if _, err := os.Stat(filepath.Join(dir, "E01-moment", "old.png")); (err == nil) != stays {
			t.Errorf("%s: the picture: %v", damage, err)
		}
		all := strings.Join(told, "\n")
		if strings.Contains(all, "whether old.png belonged to the former result") != stays || len(told) > 1 ||
			strings.Contains(all, "moment.png") || strings.Contains(all, "notes") {
			t.Errorf("%s: warnings %q", damage, told)
		}
		if got := read(t, dir, "E01-moment", "notes.md"); string(got) != "mine" {
			t.Errorf("%s: the notes are %q", damage, got)
		}
		if results, _, err := fake().Load(dir); err != nil || len(results) != 2 {
			t.Errorf("%s: %v, %v", damage, results, err)
		}
	}
}

// A run in a foreign folder does not overwrite its README.
func TestSummariesOfOthers(t *testing.T) {
	for name, text := range map[string]string{readmeName: "# My project\n", ledgerPage: "# My books\n",
		ledgerName: `{"accounts": []}`} {
		dir := t.TempDir()
		write(t, text, dir, name)
		_, err := OpenStore(dir)
		oneLine(t, name, err, name+" is not of this program")
		if got := read(t, dir, name); string(got) != text {
			t.Errorf("%s is now %q", name, got)
		}
		if left := hidden(t, dir); left != nil {
			t.Errorf("a refusal leaves %q", left)
		}
	}
}

// A lock that is a link is refused, and its target stays unchanged.
func TestLockThatIsALink(t *testing.T) {
	dir, target := t.TempDir(), filepath.Join(t.TempDir(), "precious")
	write(t, "precious", target)
	link(t, target, filepath.Join(dir, atomicdir.LockName))
	for name, open := range map[string]func() error{
		"run": func() error { _, err := OpenStore(dir); return err },
		"merge": func() error {
			_, err := fake().Merge(filepath.Join(t.TempDir(), "out"), []string{dir}, "")
			return err
		},
	} {
		oneLine(t, name, open(), atomicdir.LockName+" is a symbolic link")
		if got := read(t, target); string(got) != "precious" {
			t.Errorf("%s: the target is now %q", name, got)
		}
	}
}

// Merge and accept follow a link to the folder that they replace. A run follows a link to the folder of an experiment.
func TestLinksAreFollowed(t *testing.T) {
	root, disk := t.TempDir(), t.TempDir()
	dirs, out, baseline := shards(t, fake(), root, 2, quick), filepath.Join(root, "out"), filepath.Join(root, "results")
	for _, path := range []string{out, baseline} {
		real := filepath.Join(disk, filepath.Base(path))
		runAll(t, fake(), real, Options{Seed: 3, Profile: Quick, BackendName: "go"})
		link(t, real, path)
	}
	if _, err := fake().Merge(out, dirs, ""); err != nil {
		t.Fatal(err)
	}
	if _, err := fake().Accept(out, baseline, ""); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{out, baseline} {
		real := filepath.Join(disk, filepath.Base(path))
		if to, err := os.Readlink(path); err != nil || to != real {
			t.Errorf("%s leads to %q, %v", path, to, err)
		}
		if got := read(t, real, "E01-moment", runName); !bytes.Contains(got, []byte(`"seed": 1`)) {
			t.Errorf("%s holds the former results", real)
		}
	}
	moved := filepath.Join(disk, "E01")
	if err := os.Rename(filepath.Join(out, "E01-moment"), moved); err != nil {
		t.Fatal(err)
	}
	link(t, moved, filepath.Join(out, "E01-moment"))
	runAll(t, fake(), out, Options{Seed: 4, Profile: Quick, BackendName: "go"})
	results, _, err := fake().Load(out)
	there := bytes.Contains(read(t, moved, runName), []byte(`"seed": 4`))
	if err != nil || len(results) != 2 || results[0].Seed != 4 || !there {
		t.Errorf("%+v, %v", results, err)
	}
	link(t, filepath.Join(root, "nowhere"), filepath.Join(root, "dangling"))
	_, err = fake().Merge(filepath.Join(root, "dangling"), dirs, "")
	oneLine(t, "a link to nothing", err, "which is not there")
}

// The working directory is never replaced, since the shell would be left in a removed folder.
func TestIntoTheWorkingFolder(t *testing.T) {
	root := t.TempDir()
	dirs := shards(t, fake(), root, 2, quick)
	here := filepath.Join(root, "here")
	runAll(t, fake(), here, quick)
	t.Chdir(here)
	for name, into := range map[string]func() error{
		"merge":  func() error { _, err := fake().Merge(".", dirs, ""); return err },
		"accept": func() error { _, err := fake().Accept(here, ".", ""); return err },
	} {
		oneLine(t, name, into(), "replaced as a whole")
		if _, err := os.Stat(filepath.Join(here, "E01-moment", runName)); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// oneLine checks that an error is one line with the wanted text.
func oneLine(t testing.TB, name string, err error, want string) {
	t.Helper()
	if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "\n") {
		t.Errorf("%s: %v, want ... %s", name, err, want)
	}
}

func write(t testing.TB, text string, path ...string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(path...), []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

func link(t testing.TB, to, path string) {
	t.Helper()
	if err := os.Symlink(to, path); err != nil {
		t.Fatal(err)
	}
}
