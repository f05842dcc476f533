package folder

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/gofrs/flock"
)

// LockName is the file that is locked.
const LockName = ".lock"

// LockedError says that another process writes into the folder.
type LockedError struct{ Dir, PID string }

func (e *LockedError) Error() string {
	return fmt.Sprintf("process %s is writing into %s: wait until it ends, or choose another folder", e.PID, e.Dir)
}

// Open makes dir if need be, locks it, and clears what killed processes left there: these names. The error of a folder
// that is in use is a *LockedError.
func Open(dir string) (cleared []string, unlock func() error, err error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, nil, Error("open", dir, err)
	}
	unlock, err = lock(dir)
	if locked := (*LockedError)(nil); errors.As(err, &locked) {
		return nil, nil, err
	}
	if err != nil {
		return nil, nil, Error("write into", dir, err)
	}
	if cleared, err = Sweep(dir, ""); err != nil {
		return nil, nil, errors.Join(Error("clean", dir, err), unlock())
	}
	return cleared, unlock, nil
}

// lock keeps other processes from writing into dir until unlock. The system frees it when the process is killed.
func lock(dir string) (unlock func() error, err error) {
	path := filepath.Join(dir, LockName)
	for {
		held := flock.New(path, flock.SetFlag(os.O_CREATE|os.O_RDWR))
		ok, err := held.TryLock()
		if err != nil {
			return nil, err
		}
		if !ok {
			text, _ := os.ReadFile(path)
			return nil, &LockedError{Dir: dir, PID: orUnknown(strings.TrimSpace(string(text)))}
		}
		// The last holder may have removed the file just after we opened it; then our lock is on nothing.
		mine, err := held.Stat()
		if err != nil {
			return nil, err
		}
		if there, err := os.Stat(path); err != nil || !os.SameFile(mine, there) {
			held.Close()
			continue
		}
		if err := os.WriteFile(path, []byte(strconv.Itoa(os.Getpid())+"\n"), 0o644); err != nil {
			os.Remove(path)
			held.Close()
			return nil, err
		}
		return func() error {
			if there, err := os.Stat(path); err == nil && os.SameFile(mine, there) {
				os.Remove(path)
			}
			return held.Close()
		}, nil
	}
}

func orUnknown(pid string) string {
	if _, err := strconv.Atoi(pid); err != nil {
		return "(number unknown)"
	}
	return pid
}
