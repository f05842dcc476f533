package checkpoint

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/gomlx/gomlx/core/tensors"
)

// A path that is no folder, or a folder that cannot be written or read, gives a one-sentence error.
func TestOpenRefuses(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	for _, dir := range []string{file, filepath.Join(file, "below")} {
		_, err := Open(dir, 3, nil)
		oneLine(t, err, "cannot open "+dir)
	}
	_, err := Newest(filepath.Join(file, "below"), nil)
	oneLine(t, err, "cannot read ")
	readonly := t.TempDir()
	f, _ := open(t, readonly, 3)
	save(t, f, 1)
	f.Close()
	if err := os.Chmod(readonly, 0o555); err != nil {
		t.Fatal(err)
	}
	defer os.Chmod(readonly, 0o755)
	if os.Getuid() != 0 { // root may write everywhere
		_, err := Open(readonly, 3, nil)
		oneLine(t, err, "permission denied")
	}
	c, err := Newest(readonly, nil) // reading needs no right to write
	if err != nil {
		t.Fatal(err)
	}
	whole(t, c, 1)
}

// A full or read-only disk at any step of writing leaves the former checkpoints and no temporary files.
func TestSaveFailing(t *testing.T) {
	for _, cause := range []error{syscall.ENOSPC, syscall.EROFS} {
		for fail := 0; ; fail++ {
			dir := t.TempDir()
			f, notices := open(t, dir, 1)
			save(t, f, 1)
			at, step := "", -1
			f.Writer.Step = func(name string) error {
				if step++; step == fail {
					at = name
					return &os.PathError{Op: "write", Path: "x", Err: cause}
				}
				return nil
			}
			err := f.Save(state(2))
			if at == "" {
				if fail < 5 {
					t.Errorf("writing has only %d steps", fail)
				}
				break
			}
			if at == "remove" { // the new one is in place
				if err != nil || len(*notices) != 1 || !strings.Contains((*notices)[0], "cannot remove") {
					t.Errorf("at %q: %v, notices %q", at, err, *notices)
				}
				continue
			}
			oneLine(t, err, "cannot write "+path(dir, 2), cause.Error()+"; the checkpoints before it are untouched")
			if got := list(t, dir); !slices.Equal(got, []string{"step-00000001"}) {
				t.Errorf("at %q: there are %q", at, got)
			}
			c, err := f.Load(settings(), "go")
			if err != nil {
				t.Fatal(err)
			}
			whole(t, c, 1)
		}
	}
}

// A new run in the folder of an old one is refused, since it would mix with it.
func TestSaveRefusesToMix(t *testing.T) {
	dir := t.TempDir()
	f, _ := open(t, dir, 3)
	save(t, f, 7, 8)
	f.Close()
	f, _ = open(t, dir, 3)
	oneLine(t, f.Save(state(1)), "holds the checkpoint of step 8 of another run: resume from it, or save into "+
		"another folder")
	if _, err := f.Load(nil, "go"); err == nil {
		t.Error("another configuration")
	}
	oneLine(t, f.Save(state(9)), "of another run")
	if _, err := f.Load(settings(), "go"); err != nil {
		t.Fatal(err)
	}
	save(t, f, 9)
}

// An invalid checkpoint is refused before anything is written.
func TestSaveRejects(t *testing.T) {
	dir := t.TempDir()
	f, _ := open(t, dir, 3)
	for _, c := range []struct {
		want   string
		change func(*Checkpoint)
	}{
		{"step -1", func(c *Checkpoint) { c.Step = -1 }},
		{"0 groups", func(c *Checkpoint) { c.Groups = nil }},
		{`cannot be named "../w"`, func(c *Checkpoint) { c.Groups = map[string]Tensors{"../w": {}} }},
		{"cannot hold", func(c *Checkpoint) { c.Groups["weights"]["w"] = tensors.FromScalar(complex64(1)) }},
		{"no JSON", func(c *Checkpoint) { c.Config = func() {} }},
	} {
		bad := state(1)
		c.change(&bad)
		oneLine(t, f.Save(bad), c.want)
	}
	if got := list(t, dir); len(got) != 0 {
		t.Errorf("there are %q", got)
	}
	_, err := Open(dir, -1, nil)
	oneLine(t, err, "keeping -1 checkpoints")
}

// With two trainers in one folder, the error of the second names the first.
func TestLock(t *testing.T) {
	dir := t.TempDir()
	f, _ := open(t, dir, 3)
	_, err := Open(dir, 3, nil)
	oneLine(t, err, fmt.Sprintf("process %d is writing into %s", os.Getpid(), dir))
	f.Close()
	open(t, dir, 3)
}
