package atomicdir

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/gofrs/flock"
)

// TmpPrefix begins the name of a temporary folder. Its marker proves that this program made it. Only such folders are
// removed.
const TmpPrefix = ".tmp-"

// Entries of a temporary folder, besides its marker.
const (
	markerName = ".scorelab"
	newName    = "new"  // the new file or folder, not in place yet; after an exchange the old one
	oldName    = "old"  // a folder between two renames, on systems that cannot exchange two folders
	goneName   = "gone" // a folder that is being removed
)

const markerFormat = "scorelab: temporary, in place of %q\n"

// temp is a temporary folder. Its user has locked its marker, so that Sweep does not touch it.
type temp struct {
	path string
	live *flock.Flock
}

func (t temp) at(name string) string { return filepath.Join(t.path, name) }

// newTemp makes a temporary folder beside path, for its replacement. Discard or release ends its use.
func newTemp(path string) (temp, error) {
	base := filepath.Base(path)
	for {
		dir, err := os.MkdirTemp(filepath.Dir(path), TmpPrefix+base+"-")
		if err != nil {
			return temp{}, err
		}
		t := temp{dir, flock.New(filepath.Join(dir, markerName),
			flock.SetFlag(os.O_CREATE|os.O_EXCL|os.O_RDWR|noFollow),
			flock.SetPermissions(0o644))}
		if err = t.mark(base); err == nil {
			return t, nil
		}
		t.release()
		if _, gone := os.Lstat(dir); errors.Is(err, fs.ErrNotExist) && errors.Is(gone, fs.ErrNotExist) {
			continue // another process swept it before it had a marker
		}
		return temp{}, errors.Join(err, t.discard(), os.Remove(dir))
	}
}

// mark makes the marker, which is locked before anything is written to it. On a file system without locks it is not
// locked. Sweep then leaves it, since it cannot lock it either.
func (t temp) mark(base string) error {
	_, fault := t.live.TryLock()
	f, err := os.OpenFile(t.at(markerName), os.O_WRONLY|noFollow, 0)
	if err != nil {
		if fault != nil {
			return fault
		}
		return err
	}
	_, err = fmt.Fprintf(f, markerFormat, base)
	if err == nil {
		err = f.Sync()
	}
	return errors.Join(err, f.Close())
}

// abandoned returns the temporary folder at path, locked, if no live process uses it.
func abandoned(path string) (t temp, ok bool) {
	t = temp{path, flock.New(filepath.Join(path, markerName), flock.SetFlag(os.O_RDWR|noFollow))}
	ok, err := t.live.TryLock()
	return t, ok && err == nil
}

// release leaves the folder to the next sweep.
func (t temp) release() {
	if t.live != nil {
		_ = t.live.Close()
	}
}

// owner is the name of the file or folder to be replaced. It is false if this program did not make the folder.
func (t temp) owner() (base string, ok bool) {
	if regular(t.at(markerName)) != nil {
		return "", false
	}
	f, err := os.OpenFile(t.at(markerName), os.O_RDONLY|noFollow, 0)
	if err != nil {
		return "", false
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, 4096))
	if err != nil {
		return "", false
	}
	_, err = fmt.Sscanf(string(text), markerFormat, &base)
	return base, err == nil && fmt.Sprintf(markerFormat, base) == string(text) && base == filepath.Base(base)
}

// discard removes what this program put into the folder, the marker last, and then the folder if it is empty. A folder
// between two renames is kept with the marker, so that Sweep can restore it.
func (t temp) discard() error {
	defer t.release()
	for _, name := range []string{newName, goneName} {
		if err := os.RemoveAll(t.at(name)); err != nil {
			return err
		}
	}
	if _, err := os.Lstat(t.at(oldName)); err == nil {
		return nil
	}
	if err := os.Remove(t.at(markerName)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	_ = os.Remove(t.path) // with a foreign file in it, it stays
	return nil
}

// madeName matches the name of a temporary folder, for those left before they had a marker.
var madeName = regexp.MustCompile(`^\.tmp-.+-[0-9]+$`)

// Sweep removes the temporary folders that killed processes of this program left in dir. It restores a folder that was
// caught between two renames. If only is not empty, it treats only the interrupted replacement of the folder or file of
// that name. It returns the removed names. Folders of other programs and of live processes stay.
func Sweep(dir, only string) (removed []string, err error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	for _, entry := range entries {
		name := entry.Name()
		if !strings.HasPrefix(name, TmpPrefix) || !entry.IsDir() {
			continue
		}
		path := filepath.Join(dir, name)
		base, made := temp{path: path}.owner()
		if !made {
			mine := madeName.MatchString(name) && (only == "" || strings.HasPrefix(name, TmpPrefix+only+"-"))
			if mine && os.Remove(path) == nil { // removes only an empty folder
				removed = append(removed, name)
			}
			continue
		}
		if only != "" && base != only {
			continue
		}
		t, free := abandoned(path)
		if !free {
			continue
		}
		back, err := t.bringBack(filepath.Join(dir, base))
		if err == nil {
			err = t.discard()
		}
		t.release()
		if err != nil {
			return removed, err
		}
		if !back {
			removed = append(removed, name)
		}
	}
	return removed, nil
}

// inUse reports whether a live process is replacing the file or folder at path.
func inUse(path string) bool {
	entries, _ := os.ReadDir(filepath.Dir(path))
	for _, entry := range entries {
		if !strings.HasPrefix(entry.Name(), TmpPrefix) {
			continue
		}
		tmp := filepath.Join(filepath.Dir(path), entry.Name())
		if base, made := (temp{path: tmp}).owner(); !made || base != filepath.Base(path) {
			continue
		}
		t, free := abandoned(tmp)
		if t.release(); !free {
			return true
		}
	}
	return false
}

// bringBack completes a replacement that was interrupted between two renames. The old folder is dropped if the new one
// is in place, and restored otherwise.
func (t temp) bringBack(dir string) (back bool, err error) {
	old := t.at(oldName)
	if _, err := os.Lstat(old); errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if _, err := os.Lstat(dir); errors.Is(err, fs.ErrNotExist) {
		return true, os.Rename(old, dir)
	}
	return false, os.RemoveAll(old)
}

// isTemp reports whether the folder at path is a temporary folder of this program.
func isTemp(path string) bool {
	_, made := temp{path: path}.owner()
	return made && strings.HasPrefix(filepath.Base(path), TmpPrefix)
}
