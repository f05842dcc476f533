package atomicdir

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"

	"github.com/gofrs/flock"
)

// LockName is the name of the locked file.
const LockName = ".lock"

const unknown = "(number unknown)" // of a process

// LockedError is the error of a folder into which another process writes.
type LockedError struct{ Dir, PID string }

func (e *LockedError) Error() string {
	return fmt.Sprintf("process %s is writing into %s: wait until it ends, or choose another folder", e.PID, e.Dir)
}

// Open makes dir if needed, locks it, and clears what killed processes of this program left there. It returns the
// cleared names. The error of a folder that is in use is a *LockedError, also between the two renames of a replacement,
// when the folder does not exist.
func Open(dir string) (cleared []string, unlock func() error, err error) {
	if real, err := Resolve(dir); err == nil && !Exists(dir) && inUse(real) {
		return nil, nil, &LockedError{dir, unknown}
	}
	if err := makeDir(dir); err != nil {
		return nil, nil, Error("open", dir, err)
	}
	if unlock, err = lock(dir); err != nil {
		return nil, nil, lockFault(dir, err)
	}
	if cleared, err = Sweep(dir, ""); err != nil {
		return nil, nil, errors.Join(Error("clean", dir, err), unlock())
	}
	return cleared, unlock, nil
}

// Guard keeps other processes from writing into a folder that this one only reads, until release. It clears nothing and
// does not change the folder. Where this process may not write, it can use only an existing lock. The error of a folder
// that is in use is a *LockedError.
func Guard(dir string) (release func() error, err error) {
	release, err = lock(dir)
	if err == nil {
		return release, nil
	}
	if !errors.Is(err, fs.ErrPermission) && !errors.Is(err, syscall.EROFS) {
		return nil, lockFault(dir, err)
	}
	path := filepath.Join(dir, LockName)
	switch err := regular(path); {
	case errors.Is(err, fs.ErrNotExist): // no process is writing
		return func() error { return nil }, nil
	case err != nil:
		return nil, Error("read", dir, err)
	}
	held := flock.New(path, flock.SetFlag(os.O_RDONLY|noFollow))
	if ok, err := held.TryLock(); err == nil && !ok {
		return nil, &LockedError{Dir: dir, PID: holder(path)}
	}
	return held.Close, nil
}

func lockFault(dir string, err error) error {
	if locked := (*LockedError)(nil); errors.As(err, &locked) {
		return err
	}
	return Error("write into", dir, err)
}

// lock keeps other processes from writing into dir until unlock. The system frees it when the process is killed.
func lock(dir string) (unlock func() error, err error) {
	path := filepath.Join(dir, LockName)
	for {
		if err := regular(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, err
		}
		held := flock.New(path, flock.SetFlag(os.O_CREATE|os.O_RDWR|noFollow), flock.SetPermissions(0o644))
		ok, err := held.TryLock()
		if err != nil {
			return nil, err
		}
		if !ok {
			return nil, &LockedError{Dir: dir, PID: holder(path)}
		}
		mine, err := held.Stat()
		if err != nil {
			return nil, errors.Join(err, held.Close())
		}
		again, err := claim(path, mine)
		if again {
			held.Close()
			continue
		}
		if err != nil {
			return nil, errors.Join(err, held.Close())
		}
		return func() error {
			if there, err := os.Lstat(path); err == nil && os.SameFile(mine, there) {
				os.Remove(path)
			}
			return held.Close()
		}, nil
	}
}

// claim writes the number of this process into the lock, unless a foreign file has its name. The last holder may have
// removed the file just after it was opened. Then the lock must be taken again.
func claim(path string, mine os.FileInfo) (again bool, err error) {
	f, err := os.OpenFile(path, os.O_RDWR|noFollow, 0)
	if errors.Is(err, fs.ErrNotExist) {
		return true, nil
	}
	if err != nil {
		return false, err
	}
	defer f.Close()
	there, err := f.Stat()
	if err != nil {
		return false, err
	}
	if !os.SameFile(mine, there) {
		return true, nil
	}
	text, err := io.ReadAll(io.LimitReader(f, 64))
	if err != nil {
		return false, err
	}
	if !pidLine.Match(text) {
		return false, fmt.Errorf("%s is no lock of this program: move it elsewhere", path)
	}
	if err := f.Truncate(0); err != nil {
		return false, err
	}
	_, err = f.WriteAt([]byte(strconv.Itoa(os.Getpid())+"\n"), 0)
	return false, err
}

// pidLine is the text of a lock, also of one whose writer was killed.
var pidLine = regexp.MustCompile(`^[0-9]*\n?$`)

// regular checks that path is a plain file, since writing through a link would change another file.
func regular(path string) error {
	info, err := os.Lstat(path)
	switch {
	case err != nil:
		return err
	case info.Mode().Type() == fs.ModeSymlink:
		return fmt.Errorf("%s is a symbolic link, and a lock is a file of its own: remove the link", path)
	case !info.Mode().IsRegular():
		return fmt.Errorf("%s is no plain file, as a lock is: remove it", path)
	}
	return nil
}

// holder is the number of the process that holds a lock, read from the lock.
func holder(path string) string {
	f, err := os.OpenFile(path, os.O_RDONLY|noFollow, 0)
	if err != nil {
		return unknown
	}
	defer f.Close()
	text, _ := io.ReadAll(io.LimitReader(f, 64))
	pid := strings.TrimSpace(string(text))
	if _, err := strconv.Atoi(pid); err != nil {
		return unknown
	}
	return pid
}
