// Package folder writes files and folders that appear whole or not at all, and keeps two processes out of one folder.
package folder

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Names of what is not there yet. Whatever begins with TmpPrefix is left over from a killed process; Sweep clears it.
const (
	TmpPrefix = ".tmp-"
	oldPrefix = TmpPrefix + "old-" // a folder on its way out, on systems that cannot exchange two folders
)

// Writer writes files and folders that appear whole or not at all. Only tests set its fields.
type Writer struct {
	Step func(string) error      // called before each change, which an error stands for
	Swap func(a, b string) error // exchanges two folders in one step; nil: the system does
}

func (w Writer) at(step string) error {
	if w.Step == nil {
		return nil
	}
	return w.Step(step)
}

// Replace puts a folder of these files in the place of dir, where there may be none. Whenever it is killed, dir is the old one or the new one.
func (w Writer) Replace(dir string, files map[string][]byte) (err error) {
	tmp, err := os.MkdirTemp(filepath.Dir(dir), TmpPrefix+filepath.Base(dir)+"-")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			os.RemoveAll(tmp)
		}
	}()
	if err := os.Chmod(tmp, 0o755); err != nil {
		return err
	}
	for _, name := range slices.Sorted(maps.Keys(files)) {
		path := filepath.Join(tmp, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return err
		}
		if err := w.at("write " + name); err != nil {
			return err
		}
		if err := writeSynced(path, files[name]); err != nil {
			return err
		}
	}
	syncTree(tmp)
	return w.replace(tmp, dir)
}

// File replaces one file.
func (w Writer) File(path string, data []byte) error {
	tmp := filepath.Join(filepath.Dir(path), TmpPrefix+filepath.Base(path))
	if err := w.at("write " + filepath.Base(path)); err != nil {
		return err
	}
	err := writeSynced(tmp, data)
	if err == nil {
		err = os.Rename(tmp, path)
	}
	if err != nil {
		os.Remove(tmp)
		return err
	}
	syncDir(filepath.Dir(path))
	return nil
}

// Remove takes a folder away: whoever reads it meanwhile finds all of it or none.
func (w Writer) Remove(dir string) error {
	if err := w.at("remove"); err != nil {
		return err
	}
	gone, err := os.MkdirTemp(filepath.Dir(dir), TmpPrefix+filepath.Base(dir)+"-")
	if err != nil {
		return err
	}
	if err := os.Rename(dir, filepath.Join(gone, "old")); err != nil {
		return errors.Join(err, os.RemoveAll(gone))
	}
	return os.RemoveAll(gone)
}

// replace puts the folder tmp in the place of dir, and removes what was there.
func (w Writer) replace(tmp, dir string) error {
	if err := w.at("rename"); err != nil {
		return err
	}
	old := "" // there may be none
	if err := os.Rename(tmp, dir); err != nil {
		if !Exists(dir) {
			return err
		}
		if old, err = w.exchange(tmp, dir); err != nil {
			return err
		}
	}
	syncDir(filepath.Dir(dir))
	if old != "" && w.at("remove old") == nil {
		_ = os.RemoveAll(old) // the new folder is in place; the next sweep tries again
	}
	return nil
}

// exchange puts the folder tmp in the place of the folder dir, and returns where that is now.
func (w Writer) exchange(tmp, dir string) (old string, err error) {
	if err := w.at("exchange"); err != nil {
		return "", err
	}
	swap := w.Swap
	if swap == nil {
		swap = exchange
	}
	if err := swap(tmp, dir); !errors.Is(err, errors.ErrUnsupported) {
		return tmp, err
	}
	// Two renames. Killed between them, the old folder comes back with the next sweep.
	old = filepath.Join(filepath.Dir(dir), oldPrefix+filepath.Base(dir))
	if err := os.RemoveAll(old); err != nil {
		return "", err
	}
	if err := os.Rename(dir, old); err != nil {
		return "", err
	}
	if err = w.at("second rename"); err == nil {
		err = os.Rename(tmp, dir)
	}
	if err != nil {
		return "", errors.Join(err, os.Rename(old, dir))
	}
	return old, nil
}

// Sweep removes what killed processes left in dir, and brings back a folder that was caught between two renames. Only is the
// folder whose replacement was cut short; empty: all of them. It returns the names of what it removed.
func Sweep(dir, only string) (removed []string, err error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	for _, entry := range entries {
		path := filepath.Join(dir, entry.Name())
		name, isOld := strings.CutPrefix(entry.Name(), oldPrefix)
		if isOld && (only == "" || only == name) {
			if _, err := os.Lstat(filepath.Join(dir, name)); errors.Is(err, fs.ErrNotExist) {
				if err := os.Rename(path, filepath.Join(dir, name)); err != nil {
					return removed, err
				}
				continue
			}
		}
		mine := only == "" || isOld && only == name || strings.HasPrefix(entry.Name(), TmpPrefix+only+"-")
		if strings.HasPrefix(entry.Name(), TmpPrefix) && mine {
			if err := os.RemoveAll(path); err != nil {
				return removed, err
			}
			removed = append(removed, entry.Name())
		}
	}
	return removed, nil
}

// writeSynced writes a file and waits until the disk has it: a rename must not overtake the data.
func writeSynced(path string, data []byte) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o644)
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	if err == nil {
		err = f.Sync()
	}
	return errors.Join(err, f.Close())
}

// syncTree waits until the disk has the names in dir and below it.
func syncTree(dir string) {
	_ = filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err == nil && entry.IsDir() {
			syncDir(path)
		}
		return nil
	})
}

// syncDir waits until the disk has the names in dir. Some file systems cannot; then a rename is atomic all the same.
func syncDir(dir string) {
	if d, err := os.Open(dir); err == nil {
		_ = d.Sync()
		d.Close()
	}
}

// Exists reports whether there is a folder at path.
func Exists(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}

// Error says what could not be done where, and drops the system call that Go names twice.
func Error(verb, path string, err error) error {
	var pathError *fs.PathError
	if errors.As(err, &pathError) && pathError.Path == path {
		err = pathError.Err
	}
	return fmt.Errorf("cannot %s %s: %w", verb, path, err)
}
