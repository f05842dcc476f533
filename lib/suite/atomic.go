package suite

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Names of what is not a result. Whatever begins with tmpPrefix is left over from a killed run, and swept by the next.
const (
	tmpPrefix = ".tmp-"
	oldPrefix = ".tmp-old-" // a folder on its way out, on systems that cannot exchange two folders
)

// atomic writes files and folders that appear whole or not at all. Tests set its fields.
type atomic struct {
	step func(string) error      // called before each change
	swap func(a, b string) error // nil: exchange
}

func (a atomic) at(step string) error {
	if a.step == nil {
		return nil
	}
	return a.step(step)
}

// folder replaces dir by a folder of these files. Whenever it is killed, dir is the old one or the new one.
func (a atomic) folder(dir string, files map[string][]byte) (err error) {
	tmp, err := os.MkdirTemp(filepath.Dir(dir), tmpPrefix+filepath.Base(dir)+"-")
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
	for _, name := range sortedKeys(files) {
		path := filepath.Join(tmp, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return err
		}
		if err := a.at("write " + name); err != nil {
			return err
		}
		if err := writeSynced(path, files[name]); err != nil {
			return err
		}
	}
	syncTree(tmp)
	return a.replace(tmp, dir)
}

// file replaces one file.
func (a atomic) file(path string, data []byte) error {
	tmp := filepath.Join(filepath.Dir(path), tmpPrefix+filepath.Base(path))
	if err := a.at("write " + filepath.Base(path)); err != nil {
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

// replace puts the folder tmp in the place of dir, and removes what was there.
func (a atomic) replace(tmp, dir string) error {
	if err := a.at("rename"); err != nil {
		return err
	}
	old := "" // there may be none
	if err := os.Rename(tmp, dir); err != nil {
		if !isFolder(dir) {
			return err
		}
		if old, err = a.exchange(tmp, dir); err != nil {
			return err
		}
	}
	syncDir(filepath.Dir(dir))
	if old != "" && a.at("remove old") == nil {
		_ = os.RemoveAll(old) // the new folder is in place; the next sweep tries again
	}
	return nil
}

// exchange puts the folder tmp in the place of the folder dir, and returns where that is now.
func (a atomic) exchange(tmp, dir string) (old string, err error) {
	if err := a.at("exchange"); err != nil {
		return "", err
	}
	swap := a.swap
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
	if err = a.at("second rename"); err == nil {
		err = os.Rename(tmp, dir)
	}
	if err != nil {
		return "", errors.Join(err, os.Rename(old, dir))
	}
	return old, nil
}

// sweep removes what killed runs left in dir, and brings back a folder that was caught between two renames. Only is the
// folder whose replacement was cut short; empty: all of them.
func sweep(dir, only string) error {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	for _, entry := range entries {
		path := filepath.Join(dir, entry.Name())
		name, isOld := strings.CutPrefix(entry.Name(), oldPrefix)
		if isOld && (only == "" || only == name) {
			if _, err := os.Lstat(filepath.Join(dir, name)); errors.Is(err, fs.ErrNotExist) {
				if err := os.Rename(path, filepath.Join(dir, name)); err != nil {
					return err
				}
				continue
			}
		}
		mine := only == "" || isOld && only == name || strings.HasPrefix(entry.Name(), tmpPrefix+only+"-")
		if strings.HasPrefix(entry.Name(), tmpPrefix) && mine {
			if err := os.RemoveAll(path); err != nil {
				return err
			}
		}
	}
	return nil
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

func sortedKeys[V any](m map[string]V) []string {
	var keys []string
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}
