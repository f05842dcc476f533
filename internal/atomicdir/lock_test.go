package atomicdir

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"
)

// A lock that is a link, or no lock of this program, is refused, and the target of a link stays unchanged.
func TestLockRefusesForeign(t *testing.T) {
	root := t.TempDir()
	precious := filepath.Join(root, "precious")
	write := func(lock string) error { return os.WriteFile(lock, []byte("pid=7\n"), 0o644) }
	for name, c := range map[string]struct {
		make func(lock string) error
		want string
	}{
		"a link": {func(lock string) error { return os.Symlink(precious, lock) },
			"is a symbolic link, and a lock is a file of its own: remove the link"},
		"a dangling link": {func(lock string) error { return os.Symlink(precious+".not", lock) }, "is a symbolic link"},
		"a second name": {func(lock string) error {
			return os.Link(precious, lock)
		}, "is no lock of this program: move it"},
		"another file": {write, "is no lock of this program"},
		"a folder":     {func(lock string) error { return os.Mkdir(lock, 0o755) }, "is no plain file"},
	} {
		if err := os.WriteFile(precious, []byte("1234567 lines\n"), 0o644); err != nil {
			t.Fatal(err)
		}
		dir := t.TempDir()
		lock := filepath.Join(dir, LockName)
		if err := c.make(lock); err != nil {
			t.Fatal(err)
		}
		_, _, err := Open(dir)
		oneLine(t, name, err, "cannot write into "+dir+": "+lock+" "+c.want)
		_, err = Guard(dir)
		oneLine(t, name+", reading", err, c.want)
		if text, err := os.ReadFile(precious); err != nil || string(text) != "1234567 lines\n" {
			t.Errorf("%s: its target is %q, %v", name, text, err)
		}
		if _, err := os.Stat(precious + ".not"); err == nil {
			t.Errorf("%s: its target was made", name)
		}
		if _, err := os.Lstat(lock); err != nil {
			t.Errorf("%s: it is gone: %v", name, err)
		}
	}
}

// A killed process leaves its lock, complete or truncated, and the next process takes it.
func TestLockOfKilledProcess(t *testing.T) {
	for _, text := range []string{"", "123", "99999\n"} {
		dir := t.TempDir()
		put(t, dir, map[string]string{LockName: text})
		_, unlock, err := Open(dir)
		if err != nil {
			t.Fatalf("%q: %v", text, err)
		}
		if got, _ := os.ReadFile(filepath.Join(dir, LockName)); string(got) != fmt.Sprintln(os.Getpid()) {
			t.Errorf("%q: the lock holds %q", text, got)
		}
		if err := unlock(); err != nil {
			t.Error(err)
		}
		if _, err := os.Lstat(filepath.Join(dir, LockName)); err == nil {
			t.Errorf("%q: the lock is left", text)
		}
	}
}

// Guarding a folder keeps writers out and changes nothing there. The rest of killed processes is not cleared.
func TestGuard(t *testing.T) {
	dir := t.TempDir()
	tmp, err := newTemp(filepath.Join(dir, "e"))
	if err != nil {
		t.Fatal(err)
	}
	tmp.release() // like a kill
	release, err := Guard(dir)
	if err != nil {
		t.Fatal(err)
	}
	_, _, err = Open(dir)
	if locked := (*LockedError)(nil); !errors.As(err, &locked) || locked.PID != fmt.Sprint(os.Getpid()) {
		t.Errorf("a writer: %v", err)
	}
	if err := release(); err != nil {
		t.Error(err)
	}
	if got := temporary(t, dir); len(got) != 1 || got[0] != filepath.Base(tmp.path) {
		t.Errorf("there are %q", got)
	}
	cleared, unlock, err := Open(dir)
	if err != nil || len(cleared) != 1 {
		t.Fatalf("%q, %v", cleared, err)
	}
	defer unlock()
	if _, err = Guard(dir); err == nil {
		t.Error("a folder that is being written is guarded")
	}
	_, err = Guard(filepath.Join(dir, "not"))
	oneLine(t, "no folder", err, "no such file or directory")
}
