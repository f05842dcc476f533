package checkpoint

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"scorelab/internal/atomicdir"
)

// Foreign files in the folder of a checkpoint stay. A checkpoint that is too old to keep stays with them. If the same
// step is saved again, they move to the new folder.
func TestForeignFilesStay(t *testing.T) {
	dir := t.TempDir()
	f, notices := open(t, dir, 1)
	save(t, f, 1)
	for _, name := range []string{"step-00000001/notes.md", ".tmp-mydata/x"} {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte("mine"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	save(t, f, 1, 2, 3, 4)
	if got, want := list(t, dir), []string{".tmp-mydata", "step-00000001", "step-00000004"}; !slices.Equal(got, want) {
		t.Errorf("there are %q, want %q", got, want)
	}
	const notice = "step-00000001 holds notes.md, which this program did not write: move that elsewhere"
	if len(*notices) != 1 || !strings.Contains((*notices)[0], notice) {
		t.Errorf("notices: %q", *notices)
	}
	f.Close()
	open(t, dir, 1)
	for _, name := range []string{"step-00000001/notes.md", ".tmp-mydata/x"} {
		if text, err := os.ReadFile(filepath.Join(dir, name)); err != nil || string(text) != "mine" {
			t.Errorf("%s: %q, %v", name, text, err)
		}
	}
	if c, err := Read(filepath.Join(dir, "step-00000001")); err != nil {
		t.Error(err)
	} else {
		whole(t, c, 1)
	}
}

// A folder of checkpoints behind a link is written at the link's target. A lock that is a link is refused.
func TestLinks(t *testing.T) {
	root := t.TempDir()
	real, link := filepath.Join(root, "real"), filepath.Join(root, "link")
	if err := os.Mkdir(real, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("real", link); err != nil {
		t.Fatal(err)
	}
	f, _ := open(t, link, 2)
	save(t, f, 1, 2)
	if err := os.Rename(path(real, 2), filepath.Join(root, "moved")); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("../moved", path(real, 2)); err != nil {
		t.Fatal(err)
	}
	save(t, f, 2)
	for _, name := range []string{link, path(real, 2)} {
		if info, err := os.Lstat(name); err != nil || info.Mode().Type() != os.ModeSymlink {
			t.Errorf("%s is no link any more: %v", name, err)
		}
	}
	c, err := Newest(real, nil)
	if err != nil {
		t.Fatal(err)
	}
	whole(t, c, 2)
	f.Close()
	precious := filepath.Join(root, "precious")
	if err := os.WriteFile(precious, []byte("mine"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(precious, filepath.Join(real, ".lock")); err != nil {
		t.Fatal(err)
	}
	_, err = Open(link, 2, nil)
	oneLine(t, err, "is a symbolic link")
	if text, _ := os.ReadFile(precious); string(text) != "mine" {
		t.Errorf("the target of the link holds %q", text)
	}
}

// A checkpoint.json with a duplicate or missing key is damaged, even if its hash matches.
func TestHeadIsStrict(t *testing.T) {
	for _, c := range []struct{ old, new, want string }{
		{`"step": 9,`, `"step": 8, "step": 9,`, `the key "step" twice`},
		{`"step": 9,`, `"Step": 9,`, `the unknown field "Step" (it is "step")`},
		{`"step": 9,`, ``, `no field "step"`},
		{`"step": 9,`, `"step": null,`, `step is null`},
		{`"step": 9,`, `"step": 9, "more": 1,`, `unknown field "more"`},
		{`"name": "a"`, `"name": "b", "name": "a"`, `config has the key "name" twice`},
		{"}\n", "}\n{}", "something follows the value"},
	} {
		dir := t.TempDir()
		files, err := state(9).encode()
		if err != nil {
			t.Fatal(err)
		}
		text := string(files[headName])
		at := strings.LastIndex(text, c.old)
		if at < 0 {
			t.Fatalf("no %q in %s", c.old, text)
		}
		files[headName] = []byte(text[:at] + c.new + text[at+len(c.old):])
		sums := strings.ReplaceAll(string(files[sumsName]), hashOf([]byte(text)), hashOf(files[headName]))
		files[sumsName] = []byte(sums)
		if err := (atomicdir.Writer{}).Replace(path(dir, 9), files, nil); err != nil {
			t.Fatal(err)
		}
		_, err = Read(path(dir, 9))
		if damaged := (*DamagedError)(nil); !errors.As(err, &damaged) {
			t.Errorf("%q: %v", c.new, err)
		}
		// encoding/json reports it in other words when the schema is read first
		if c.want != "something follows the value" {
			oneLine(t, err, "checkpoint.json cannot be used: ", c.want)
		}
	}
}
