package checkpoint

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/gomlx/gomlx/core/tensors"

	"scorelab/internal/atomicdir"
)

// settings is a configuration with all kinds of values.
func settings() map[string]any {
	return map[string]any{"rate": 1e-3, "layers": []int{2, 3}, "name": "a", "adam": map[string]any{"clip": 1,
		"beta": 0.9}}
}

// state is a checkpoint whose tensors all contain its step.
func state(step int) Checkpoint {
	x := func(n int) *tensors.Tensor { return tensors.FromScalarAndDimensions(float32(step), n) }
	return Checkpoint{Step: step, Backend: "go", Config: settings(), Groups: map[string]Tensors{
		"weights": {"w": x(3), "b": x(1)}, "optimizer": {"m/w": x(3)},
	}}
}

// whole fails the test unless c is the state after a step.
func whole(t testing.TB, c *Checkpoint, step int) {
	t.Helper()
	want := state(step)
	if c.Step != step || len(c.Groups) != len(want.Groups) || c.Backend != "go" {
		t.Fatalf("step %d with %d groups of %s, want step %d", c.Step, len(c.Groups), c.Backend, step)
	}
	for name, group := range want.Groups {
		same(t, c.Groups[name], group)
	}
}

// open opens a folder of checkpoints. Notices go to the list.
func open(t testing.TB, dir string, keep int) (*Folder, *[]string) {
	t.Helper()
	var notices []string
	f, err := Open(dir, keep, func(line string) { notices = append(notices, line) })
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return f, &notices
}

func save(t testing.TB, f *Folder, steps ...int) {
	t.Helper()
	for _, step := range steps {
		if err := f.Save(state(step)); err != nil {
			t.Fatal(err)
		}
	}
}

// list returns the names in a folder, except for the lock.
func list(t testing.TB, dir string) (names []string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if e.Name() != atomicdir.LockName {
			names = append(names, e.Name())
		}
	}
	return names
}

func oneLine(t testing.TB, err error, parts ...string) {
	t.Helper()
	for _, part := range parts {
		if err == nil || !strings.Contains(err.Error(), part) || strings.Contains(err.Error(), "\n") {
			t.Errorf("got %v, want one line with %q", err, part)
			return
		}
	}
}

func TestSaveAndLoad(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "new", "run")
	f, notices := open(t, dir, 2)
	if _, err := f.Load(settings(), "go"); !errors.Is(err, ErrNone) {
		t.Fatalf("an empty folder: %v", err)
	}
	save(t, f, 0, 5, 20, 100000000)
	if got, want := list(t, dir), []string{"step-00000020", "step-100000000"}; !slices.Equal(got, want) {
		t.Errorf("there are %q, want %q", got, want)
	}
	c, err := f.Load(settings(), "go")
	if err != nil {
		t.Fatal(err)
	}
	whole(t, c, 100000000)
	if len(*notices) != 0 {
		t.Errorf("notices: %q", *notices)
	}
	if c, err = Newest(dir, nil); err != nil { // reading needs no lock
		t.Fatal(err)
	}
	whole(t, c, 100000000)
	save(t, f, 100000000)
	if _, err := f.Load(settings(), "xla:cpu"); err != nil || len(*notices) != 1 || !strings.Contains((*notices)[0],
		"was made by go and continues with xla:cpu") {
		t.Errorf("another backend: %v, %q", err, *notices)
	}
}

// The last good checkpoints stay. Damaged ones are reported and neither counted nor removed.
func TestKeepTheLastGoodOnes(t *testing.T) {
	dir := t.TempDir()
	f, notices := open(t, dir, 2)
	save(t, f, 1, 2, 3)
	truncate(t, filepath.Join(dir, "step-00000003", "weights.safetensors"))
	os.Mkdir(filepath.Join(dir, "step-7"), 0o755) // not ours
	c, err := f.Load(settings(), "go")
	if err != nil {
		t.Fatal(err)
	}
	whole(t, c, 2)
	if len(*notices) != 1 || !strings.Contains((*notices)[0], "step-00000003/weights.safetensors has the SHA-256") {
		t.Errorf("notices: %q", *notices)
	}
	again := slices.Clone(*notices)
	save(t, f, 3) // saving the step again repairs it
	if c, err = Read(filepath.Join(dir, "step-00000003")); err != nil {
		t.Fatal(err)
	}
	whole(t, c, 3)
	truncate(t, filepath.Join(dir, "step-00000003", "weights.safetensors"))
	if _, err = f.Load(settings(), "go"); err != nil || len(*notices) != 2*len(again) {
		t.Fatal(err, *notices)
	}
	save(t, f, 4, 5)
	if got, want := list(t, dir), []string{"step-00000003", "step-00000004", "step-00000005", "step-7"}; !slices.Equal(
		got, want) {
		t.Errorf("there are %q, want %q", got, want)
	}
}

func truncate(t testing.TB, path string) {
	t.Helper()
	info, err := os.Stat(path)
	if err == nil {
		err = os.Truncate(path, info.Size()/2)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// One flipped bit anywhere gives an error with its file, and so do lost bytes.
func TestDamage(t *testing.T) {
	root := t.TempDir()
	dir := filepath.Join(root, "step-00000009")
	f, _ := open(t, root, 3)
	save(t, f, 9)
	stride := 5 // bits; no divisor of 8, so that every position in a byte is covered
	if testing.Short() {
		stride = 37
	}
	for _, name := range list(t, dir) {
		path := filepath.Join(dir, name)
		good, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		check := func(what string, bad []byte) {
			t.Helper()
			if err := os.WriteFile(path, bad, 0o644); err != nil {
				t.Fatal(err)
			}
			_, err := Read(dir)
			var damaged *DamagedError
			if !errors.As(err, &damaged) || filepath.Dir(damaged.Path) != dir || strings.Contains(err.Error(), "\n") {
				t.Fatalf("%s, %s: %v", name, what, err)
			}
			// a change in the list of hashes may be reported for a file that it names
			if name != sumsName && damaged.Path != path {
				t.Fatalf("%s, %s: %v", name, what, err)
			}
		}
		for bit := 0; bit < 8*len(good); bit += stride {
			bad := slices.Clone(good)
			bad[bit/8] ^= 1 << (bit % 8)
			check(fmt.Sprintf("bit %d flipped", bit), bad)
		}
		for n := 0; n < len(good); n += 2 * stride {
			check(fmt.Sprintf("cut to %d bytes", n), good[:n])
		}
		check("longer", append(slices.Clone(good), '\n'))
		os.Remove(path)
		_, err = Read(dir)
		oneLine(t, err, path+" is missing")
		if err := os.WriteFile(path, good, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	c, err := Read(dir)
	if err != nil {
		t.Fatal(err)
	}
	whole(t, c, 9)
}

// forge writes a checkpoint with another head and matching hashes.
func forge(t *testing.T, dir string, step int, change func(*head)) {
	t.Helper()
	files, err := state(step).encode()
	if err != nil {
		t.Fatal(err)
	}
	var h head
	if err := json.Unmarshal(files[headName], &h); err != nil {
		t.Fatal(err)
	}
	change(&h)
	if files[headName], err = json.Marshal(h); err != nil {
		t.Fatal(err)
	}
	sums := ""
	for _, name := range []string{headName, "optimizer.safetensors", "weights.safetensors"} {
		sums += hashOf(files[name]) + "  " + name + "\n"
	}
	files[sumsName] = []byte(sums)
	if err := (atomicdir.Writer{}).Replace(path(dir, step), files, nil); err != nil {
		t.Fatal(err)
	}
}

// Checkpoints of other programs, of a newer program and of other settings are refused or skipped.
func TestForeign(t *testing.T) {
	for _, c := range []struct {
		name, want string
		change     func(*head)
	}{
		{"newer", "checkpoint.json has schema 2, newer than this program's 1: use the program that wrote it",
			func(h *head) { h.Schema = 2 }},
		{"another format", "no checkpoint in", func(h *head) { h.Format = "pickle" }},
		{"schema 0", "checkpoint.json is of no checkpoint of this program", func(h *head) { h.Schema = 0 }},
		{"changed by hand", "checkpoint.json holds a configuration of another hash", func(h *head) {
			h.Config = json.RawMessage(`{"rate": 2}`)
		}},
		{"a group twice", "has 3 groups, and SHA256SUMS 3 files", func(h *head) {
			h.Groups = append(h.Groups, "weights")
		}},
		{"a group less", "has 1 groups, and SHA256SUMS 3 files", func(h *head) { h.Groups = h.Groups[:1] }},
		{"no groups", "has 0 groups", func(h *head) { h.Groups = nil }},
		{"renamed", "holds the checkpoint of step 8", func(h *head) { h.Step = 8 }},
	} {
		dir := t.TempDir()
		f, notices := open(t, dir, 3)
		forge(t, dir, 9, c.change)
		_, err := f.Load(settings(), "go")
		oneLine(t, err, c.want)
		forge(t, dir, 3, func(*head) {})
		got, err := f.Load(settings(), "go")
		if c.name == "newer" { // continuing from the older one would fork the run
			if version := (*VersionError)(nil); !errors.As(err, &version) {
				t.Errorf("%s, with an older one beside it: %v", c.name, err)
			}
			continue
		}
		if err != nil {
			t.Errorf("%s, with an older one beside it: %v", c.name, err)
			continue
		}
		whole(t, got, 3)
		if len(*notices) == 0 {
			t.Errorf("%s: no notice", c.name)
		}
	}
	dir := t.TempDir()
	if err := os.MkdirAll(filepath.Join(dir, "step-00000001"), 0o755); err != nil {
		t.Fatal(err)
	}
	os.WriteFile(filepath.Join(dir, "step-00000001", "checkpoint-n0000001.bin"), nil, 0o644) // GoMLX's
	f, _ := open(t, dir, 3)
	_, err := f.Load(settings(), "go")
	oneLine(t, err, "no checkpoint in "+dir+" is whole", "SHA256SUMS is missing")
}
