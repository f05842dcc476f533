package suite

import (
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"golang.org/x/sys/unix"
)

// Read-only shards, on a read-only disk or of another user, merge like others. Accept reads them, too.
func TestReadOnlyShards(t *testing.T) {
	root, free := t.TempDir(), t.TempDir()
	dirs := shards(t, fake(), root, 2, quick)
	for _, dir := range []string{filepath.Dir(root), filepath.Dir(free)} {
		os.Chmod(dir, 0o755)
	}
	for _, dir := range dirs {
		os.Chmod(dir, 0o555)
		defer os.Chmod(dir, 0o755)
	}
	os.Chmod(free, 0o777)
	if os.Getuid() == 0 { // root may write everywhere, unless this thread drops its rights over files
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		if err := unix.Setfsuid(65534); err != nil {
			t.Skipf("cannot drop rights: %v", err)
		}
		defer unix.Setfsuid(0)
	}
	if err := os.WriteFile(filepath.Join(dirs[0], "x"), nil, 0o644); err == nil {
		t.Fatal("the shards can be written")
	}
	out := filepath.Join(free, "out")
	if done, err := fake().Merge(out, dirs, ""); err != nil || done.Experiments != 2 {
		t.Fatalf("merge: %+v, %v", done, err)
	}
	os.Chmod(out, 0o555)
	defer os.Chmod(out, 0o755)
	if _, err := fake().Accept(out, filepath.Join(free, "results"), ""); err != nil {
		t.Errorf("accept: %v", err)
	}
}
