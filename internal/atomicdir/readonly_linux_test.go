package atomicdir

import (
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"golang.org/x/sys/unix"
)

// asNobody calls f with the rights of a user who owns no file, even if the tests run as root.
func asNobody(t *testing.T, f func()) {
	t.Helper()
	if os.Getuid() != 0 {
		f()
		return
	}
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	if err := unix.Setfsuid(65534); err != nil {
		t.Skipf("cannot drop rights: %v", err)
	}
	defer unix.Setfsuid(0)
	f()
}

// A folder that this process may not write can be guarded for reading, but not while another process writes it.
func TestGuardReadOnly(t *testing.T) {
	dir := t.TempDir()
	if err := os.Chmod(filepath.Dir(dir), 0o755); err != nil {
		t.Fatal(err)
	}
	put(t, dir, map[string]string{"run.json": "1"})
	if err := os.Chmod(dir, 0o555); err != nil {
		t.Fatal(err)
	}
	defer os.Chmod(dir, 0o755)
	guard := func(what string, free bool) {
		t.Helper()
		asNobody(t, func() {
			release, err := Guard(dir)
			if locked := (*LockedError)(nil); free != (err == nil) || !free && !errors.As(err, &locked) {
				t.Errorf("%s: %v", what, err)
			}
			if err == nil && release() != nil {
				t.Errorf("%s: not released", what)
			}
			if _, _, err := Open(dir); err == nil {
				t.Errorf("%s: it can be written", what)
			}
		})
	}
	guard("no lock", true)
	os.Chmod(dir, 0o755)
	put(t, dir, map[string]string{LockName: "123\n"})
	os.Chmod(filepath.Join(dir, LockName), 0o444)
	os.Chmod(dir, 0o555)
	guard("the lock of a killed process", true)
	os.Chmod(dir, 0o755)
	os.Chmod(filepath.Join(dir, LockName), 0o644)
	_, unlock, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	os.Chmod(filepath.Join(dir, LockName), 0o444)
	os.Chmod(dir, 0o555)
	guard("a writer", false)
	os.Chmod(dir, 0o755)
	if err := unlock(); err != nil {
		t.Error(err)
	}
}
