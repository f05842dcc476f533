package atomicdir

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
)

// put writes files below dir.
func put(t *testing.T, dir string, files map[string]string) {
	t.Helper()
	for name, text := range files {
		path := filepath.Join(dir, name)
		err := os.MkdirAll(filepath.Dir(path), 0o755)
		if err == nil {
			err = os.WriteFile(path, []byte(text), 0o644)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}

// tree returns the files below dir: names with slashes and texts. A link has the text "-> target".
func tree(t *testing.T, dir string) map[string]string {
	t.Helper()
	found := map[string]string{}
	names, err := Foreign(dir, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		path := filepath.Join(dir, name)
		if strings.HasSuffix(name, "/") {
			found[name] = "empty"
			continue
		}
		if to, err := os.Readlink(path); err == nil {
			found[name] = "-> " + to
			continue
		}
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		found[name] = string(text)
	}
	return found
}

func wantTree(t *testing.T, what, dir string, want map[string]string) {
	t.Helper()
	got := tree(t, dir)
	for name, text := range want {
		if got[name] != text {
			t.Errorf("%s: %s holds %q, want %q", what, name, got[name], text)
		}
	}
	if len(got) != len(want) {
		t.Errorf("%s: %d files, want %d: %v", what, len(got), len(want), got)
	}
}

// temporary lists the temporary folders in dir, of this program or not.
func temporary(t *testing.T, dir string) (names []string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range entries {
		if strings.HasPrefix(entry.Name(), TmpPrefix) {
			names = append(names, entry.Name())
		}
	}
	return names
}

func oneLine(t *testing.T, what string, err error, want string) {
	t.Helper()
	if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "\n") {
		t.Errorf("%s: got %v, want one line with %q", what, err, want)
	}
}

func noSwap(string, string) error { return errors.ErrUnsupported }

// Foreign files in a folder survive its replacement, whether or not the system exchanges folders.
func TestReplaceKeepsForeignFiles(t *testing.T) {
	for _, swap := range []func(a, b string) error{nil, noSwap} {
		root := t.TempDir()
		dir := filepath.Join(root, "e")
		w := Writer{Swap: swap}
		if err := w.Replace(dir, map[string][]byte{"run.json": []byte("1"), "old.csv": []byte("1")}, nil); err != nil {
			t.Fatal(err)
		}
		put(t, dir, map[string]string{"notes.md": "mine", "sub/deep/data": "mine, too", ".tmp-mydata/x": "and this"})
		if err := os.Symlink("/nowhere", filepath.Join(dir, "link")); err != nil {
			t.Fatal(err)
		}
		if err := os.MkdirAll(filepath.Join(dir, "empty", "deep"), 0o755); err != nil {
			t.Fatal(err)
		}
		ours := func(name string) bool { return name == "run.json" || name == "old.csv" }
		if err := w.Replace(dir, map[string][]byte{"run.json": []byte("2"), "sub/new.csv": []byte("2")}, ours); err !=
			nil {
			t.Fatal(err)
		}
		wantTree(t, "after", dir, map[string]string{"run.json": "2", "sub/new.csv": "2", "notes.md": "mine",
			"sub/deep/data": "mine, too", ".tmp-mydata/x": "and this", "link": "-> /nowhere",
			"empty/deep/": "empty"})
		if left := temporary(t, root); left != nil {
			t.Errorf("%q is left", left)
		}
		put(t, dir, map[string]string{"in/the/way": "mine"})
		err := w.Replace(dir, map[string][]byte{"in": nil}, ours)
		oneLine(t, "a foreign folder in the place of a file", err, "keeping "+dir+"/in/the/way")
		if got := tree(t, dir)["in/the/way"]; got != "mine" {
			t.Errorf("a replacement that fails leaves %q", got)
		}
	}
}

// A replacement that is killed at any step leaves the old folder or the new one, with the foreign files. The next run
// clears the rest.
func TestReplaceKilled(t *testing.T) {
	type killed struct{}
	for _, swap := range []func(a, b string) error{nil, noSwap} {
		for at, done := 0, false; !done; at++ {
			root := t.TempDir()
			dir := filepath.Join(root, "e")
			put(t, dir, map[string]string{"run.json": "1", "old.csv": "1", "notes.md": "mine", "sub/data": "mine"})
			step, last := -1, ""
			w := Writer{Swap: swap, Step: func(name string) error {
				if step++; step == at {
					last = name
					panic(killed{}) // like a kill, without cleanup
				}
				return nil
			}}
			func() {
				defer func() {
					if r := recover(); r != nil && r != any(killed{}) {
						panic(r)
					}
				}()
				ours := func(name string) bool { return name == "run.json" || name == "old.csv" }
				if err := w.Replace(dir, map[string][]byte{"run.json": []byte("2"), "new.csv": []byte("2")},
					ours); err != nil {
					t.Error(err)
				}
				done = true
			}()
			if _, err := Sweep(root, ""); err != nil {
				t.Errorf("killed at %q: %v", last, err)
			}
			want := map[string]string{"e/run.json": "1", "e/old.csv": "1", "e/notes.md": "mine", "e/sub/data": "mine"}
			if tree(t, dir)["run.json"] == "2" {
				want = map[string]string{"e/run.json": "2", "e/new.csv": "2", "e/notes.md": "mine",
					"e/sub/data": "mine"}
			} else if done || last == "remove old" {
				t.Errorf("killed at %q: the old folder is in place", last)
			}
			wantTree(t, "killed at "+last, root, want)
			if left := temporary(t, root); left != nil {
				t.Errorf("killed at %q: %q is left", last, left)
			}
			if done && at < 5 {
				t.Errorf("only %d steps", at)
			}
		}
	}
}

// A folder with foreign files is not removed.
func TestRemoveRefusesForeignFiles(t *testing.T) {
	root := t.TempDir()
	dir := filepath.Join(root, "step")
	put(t, dir, map[string]string{"a": "1", "x/b": "2", "x/c": "3", "d": "4", "e": "5"})
	ours := func(name string) bool { return name == "a" }
	err := Writer{}.Remove(dir, ours)
	if foreign := (*ForeignError)(nil); !errors.As(err, &foreign) || len(foreign.Names) != 4 {
		t.Errorf("%v", err)
	}
	oneLine(t, "foreign files", err, "holds d, e, x/b and 1 more, which this program did not write: move that "+
		"elsewhere")
	wantTree(t, "refused", dir, map[string]string{"a": "1", "x/b": "2", "x/c": "3", "d": "4", "e": "5"})
	link := filepath.Join(root, "link")
	if err := os.Symlink(dir, link); err != nil {
		t.Fatal(err)
	}
	if err := (Writer{}).Remove(link, ours); err != nil || !Exists(dir) {
		t.Errorf("a link: %v, its target is there: %v", err, Exists(dir))
	}
	empty := filepath.Join(root, "with an empty folder")
	put(t, empty, map[string]string{"a": "1"})
	if err := os.Mkdir(filepath.Join(empty, "x"), 0o755); err != nil {
		t.Fatal(err)
	}
	oneLine(t, "an empty folder", Writer{}.Remove(empty, ours), "holds x/, which this program did not write")
	if err := (Writer{}).Remove(dir, func(string) bool { return true }); err != nil || Exists(dir) {
		t.Errorf("our own: %v", err)
	}
	if left := temporary(t, root); left != nil {
		t.Errorf("%q is left", left)
	}
}

// Sweep removes the temporary folders of this program, and no similar ones.
func TestSweepRemovesOurOwn(t *testing.T) {
	dir, elsewhere := t.TempDir(), t.TempDir()
	put(t, elsewhere, map[string]string{"precious": "mine"})
	put(t, dir, map[string]string{".tmp-mydata/x": "1", ".tmp-e-123/y": "2", ".tmp-old-e/z": "3", ".tmp-file": "4",
		".tmp-f-1/.scorelab": "something else", ".tmp-g-1/.scorelab": "scorelab: temporary, in place of \"../g\"\n"})
	if err := os.Symlink(elsewhere, filepath.Join(dir, ".tmp-e-456")); err != nil {
		t.Fatal(err)
	}
	before := tree(t, dir)
	var made []string
	for _, base := range []string{"e", "e", `odd "name" %d`} {
		tmp, err := newTemp(filepath.Join(dir, base))
		if err != nil {
			t.Fatal(err)
		}
		tmp.release() // like a kill
		put(t, tmp.path, map[string]string{"new/a": "half"})
		made = append(made, filepath.Base(tmp.path))
	}
	if err := os.Mkdir(filepath.Join(dir, ".tmp-h-77"), 0o755); err != nil { // killed before the marker was made
		t.Fatal(err)
	}
	put(t, filepath.Join(dir, made[1]), map[string]string{"notes.md": "foreign"})
	removed, err := Sweep(dir, "e")
	if err != nil || len(removed) != 2 || !slices.Contains(removed, made[0]) || !slices.Contains(removed, made[1]) {
		t.Errorf("those of e: %q, %v; want %q", removed, err, made[:2])
	}
	removed, err = Sweep(dir, "")
	if err != nil || !slices.Equal(removed, []string{".tmp-h-77", made[2]}) {
		t.Errorf("all: %q, %v", removed, err)
	}
	before[made[1]+"/notes.md"] = "foreign"
	wantTree(t, "after", dir, before)
	wantTree(t, "elsewhere", elsewhere, map[string]string{"precious": "mine"})
}

// Sweep leaves the folders of a live writer, whether it runs before, between or after the writer's steps.
func TestSweepLeavesLiveFolders(t *testing.T) {
	for _, swap := range []func(a, b string) error{nil, noSwap} {
		root := t.TempDir()
		dir := filepath.Join(root, "e")
		put(t, dir, map[string]string{"run.json": "1", "notes.md": "mine"})
		steps := 0
		w := Writer{Swap: swap, Step: func(name string) error {
			steps++
			if removed, err := Sweep(root, ""); err != nil || removed != nil {
				t.Errorf("%s: a sweep removes %q, %v", name, removed, err)
			}
			return nil
		}}
		if err := w.Replace(dir, map[string][]byte{"run.json": []byte("2")}, nil); err != nil || steps < 4 {
			t.Errorf("after %d steps: %v", steps, err)
		}
		wantTree(t, "after", root, map[string]string{"e/run.json": "2", "e/notes.md": "mine"})
		if left := temporary(t, root); left != nil {
			t.Errorf("%q is left", left)
		}
	}
}

// With any number of writers and sweepers at once, every replacement succeeds or meets a folder that just changed. No
// temporary folder is left.
func TestSweepBesideWriters(t *testing.T) {
	root := t.TempDir()
	var all sync.WaitGroup
	for i := range 4 {
		all.Go(func() {
			name := filepath.Join(root, strconv.Itoa(i))
			for range 20 {
				if err := (Writer{}).File(name, []byte("1")); err != nil {
					t.Error(err)
				}
				if _, err := Sweep(root, ""); err != nil {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
	wantTree(t, "after", root, map[string]string{"0": "1", "1": "1", "2": "1", "3": "1"})
	if left := temporary(t, root); left != nil {
		t.Errorf("%q is left", left)
	}
}

// Writing through a link changes its target, and the link stays.
func TestWriteThroughLinks(t *testing.T) {
	for _, swap := range []func(a, b string) error{nil, noSwap} {
		root := t.TempDir()
		real, link := filepath.Join(root, "disk", "real"), filepath.Join(root, "results")
		put(t, real, map[string]string{"run.json": "1", "README.md": "1"})
		for from, to := range map[string]string{link: "disk/real", filepath.Join(root, "dangling"): "not there"} {
			if err := os.Symlink(to, from); err != nil {
				t.Fatal(err)
			}
		}
		w := Writer{Swap: swap}
		files := map[string][]byte{"run.json": []byte("2")}
		if err := w.Replace(link+"/", files, func(string) bool { return true }); err != nil {
			t.Fatal(err)
		}
		wantTree(t, "folder", real, map[string]string{"run.json": "2"})
		if err := os.Symlink("run.json", filepath.Join(real, "newest")); err != nil {
			t.Fatal(err)
		}
		if err := w.File(filepath.Join(link, "newest"), []byte("3")); err != nil {
			t.Fatal(err)
		}
		wantTree(t, "file", root, map[string]string{"disk/real/run.json": "3", "disk/real/newest": "-> run.json",
			"results": "-> disk/real", "dangling": "-> not there"})
		_, _, openErr := Open(filepath.Join(root, "dangling"))
		oneLine(t, "open", openErr, "is a link to not there, which is not there: make that, or remove the link")
		for what, err := range map[string]error{
			"folder": w.Replace(filepath.Join(root, "dangling"), nil, nil),
			"file":   w.File(filepath.Join(root, "dangling"), nil),
		} {
			oneLine(t, what, err, "dangling is a link to not there, which is not there: make that, or remove the link")
		}
	}
}

// Replacing the working directory is refused, since it would leave the shell in a removed folder.
func TestReplaceRefusesWorkingDirectory(t *testing.T) {
	root := t.TempDir()
	put(t, root, map[string]string{"out/sub/x": "1"})
	t.Chdir(filepath.Join(root, "out", "sub"))
	for _, dir := range []string{".", "..", filepath.Join(root, "out")} {
		oneLine(t, dir, Writer{}.Replace(dir, nil, nil), "is the working directory or holds it")
	}
	if err := (Writer{}).Replace("new", nil, nil); err != nil {
		t.Error(err)
	}
	wantTree(t, "after", root, map[string]string{"out/sub/x": "1", "out/sub/new/": "empty"})
}

// A file is written neither over something that is no file, nor through a link in place of the temporary file.
func TestFileRefuses(t *testing.T) {
	root := t.TempDir()
	put(t, root, map[string]string{"precious": "mine", "folder/x": "1"})
	if err := os.Symlink("precious", filepath.Join(root, TmpPrefix+"ledger.json")); err != nil {
		t.Fatal(err)
	}
	if err := (Writer{}).File(filepath.Join(root, "ledger.json"), []byte("2")); err != nil {
		t.Fatal(err)
	}
	wantTree(t, "after", root, map[string]string{"precious": "mine", "folder/x": "1", "ledger.json": "2",
		".tmp-ledger.json": "-> precious"})
	oneLine(t, "a folder", Writer{}.File(filepath.Join(root, "folder"), nil), "folder is no plain file")
}
