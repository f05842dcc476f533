// Package atomicdir writes files and folders that appear complete or not at all. It keeps two processes from writing
// into the same folder. It removes only what this program made, and follows links instead of replacing them. Foreign
// files are files and empty folders that this program did not write. They stay.
package atomicdir

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
)

// Writer writes files and folders that appear complete or not at all. Only tests set its fields.
type Writer struct {
	Step func(string) error      // called before each change; an error replaces the change
	Swap func(a, b string) error // exchanges two folders in one step; nil: the system does
}

func (w Writer) at(step string) error {
	if w.Step == nil {
		return nil
	}
	return w.Step(step)
}

// Replace replaces dir, which need not exist, by a folder of these files. If it is killed at any moment, dir is the old
// folder or the new one. Files of the old folder for which ours is true (of their paths there, with slashes; nil: none)
// are dropped. All others, unless they are written, are foreign and move to the new folder. If dir is a link, its
// target is replaced.
func (w Writer) Replace(dir string, files map[string][]byte, ours func(name string) bool) (err error) {
	if dir, err = Resolve(dir); err != nil {
		return err
	}
	if err := notHere(dir); err != nil {
		return err
	}
	tmp, err := newTemp(dir)
	if err != nil {
		return err
	}
	defer tmp.release()
	defer func() {
		if err != nil {
			err = errors.Join(err, tmp.discard())
		}
	}()
	if err := w.fill(tmp.at(newName), files); err != nil {
		return err
	}
	if Exists(dir) {
		names, err := Foreign(dir, func(name string) bool {
			_, written := files[name]
			return written || ours != nil && ours(name)
		})
		if err != nil {
			return err
		}
		if err := keep(dir, tmp.at(newName), names); err != nil {
			return err
		}
	}
	syncTree(tmp.at(newName))
	return w.replace(tmp, dir)
}

// fill makes the folder dir with these files.
func (w Writer) fill(dir string, files map[string][]byte) error {
	if err := os.Mkdir(dir, 0o755); err != nil {
		return err
	}
	for _, name := range slices.Sorted(maps.Keys(files)) {
		path := filepath.Join(dir, filepath.FromSlash(name))
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
	return nil
}

// File replaces one file. If path is a link, its target is replaced.
func (w Writer) File(path string, data []byte) error {
	path, err := Resolve(path)
	if err != nil {
		return err
	}
	if info, err := os.Lstat(path); err == nil && !info.Mode().IsRegular() {
		return fmt.Errorf("%s is no plain file: move it elsewhere", path)
	}
	if err := w.at("write " + filepath.Base(path)); err != nil {
		return err
	}
	tmp, err := newTemp(path)
	if err != nil {
		return err
	}
	if err = writeSynced(tmp.at(newName), data); err == nil {
		err = os.Rename(tmp.at(newName), path)
	}
	if err != nil {
		return errors.Join(err, tmp.discard())
	}
	syncDir(filepath.Dir(path))
	return tmp.discard()
}

// Remove removes a folder. A concurrent reader finds all of it or none. A folder with files for which ours is false (of
// their paths there, with slashes) stays, and the error is a *ForeignError. Of a link, only the link is removed.
func (w Writer) Remove(dir string, ours func(name string) bool) error {
	if err := w.at("remove"); err != nil {
		return err
	}
	if info, err := os.Lstat(dir); err == nil && info.Mode().Type() == fs.ModeSymlink {
		return os.Remove(dir)
	}
	names, err := Foreign(dir, ours)
	if err != nil {
		return err
	}
	if len(names) > 0 {
		return &ForeignError{dir, names}
	}
	tmp, err := newTemp(dir)
	if err != nil {
		return err
	}
	return errors.Join(os.Rename(dir, tmp.at(goneName)), tmp.discard())
}

// replace puts the new folder in place of dir, and removes the old one.
func (w Writer) replace(tmp temp, dir string) error {
	if err := w.at("rename"); err != nil {
		return err
	}
	err := os.Rename(tmp.at(newName), dir)
	there := err != nil && Exists(dir)
	if there {
		err = w.exchange(tmp, dir)
	}
	if err != nil {
		return err
	}
	syncDir(filepath.Dir(dir))
	// The new folder is in place. If the old one cannot be removed, the next sweep does it.
	if !there || w.at("remove old") == nil {
		_ = errors.Join(os.RemoveAll(tmp.at(oldName)), tmp.discard())
	}
	return nil
}

// exchange puts the new folder in place of the folder dir, which moves to tmp.
func (w Writer) exchange(tmp temp, dir string) error {
	if err := w.at("exchange"); err != nil {
		return err
	}
	swap := w.Swap
	if swap == nil {
		swap = exchange
	}
	if err := swap(tmp.at(newName), dir); !errors.Is(err, errors.ErrUnsupported) {
		return err
	}
	// Two renames. After a kill between them, the next sweep restores the old folder.
	if err := os.Rename(dir, tmp.at(oldName)); err != nil {
		return err
	}
	err := w.at("second rename")
	if err == nil {
		err = os.Rename(tmp.at(newName), dir)
	}
	if err != nil {
		return errors.Join(err, os.Rename(tmp.at(oldName), dir))
	}
	return nil
}

// Resolve returns the absolute path to which path leads through links. Its last element need not exist.
func Resolve(path string) (string, error) {
	full, err := filepath.Abs(path)
	if err != nil {
		return "", err
	}
	real, err := filepath.EvalSymlinks(full)
	if !errors.Is(err, fs.ErrNotExist) {
		return real, err
	}
	if to, err := os.Readlink(full); err == nil {
		return "", fmt.Errorf("%s is a link to %s, which is not there: make that, or remove the link", path, to)
	}
	parent, err := filepath.EvalSymlinks(filepath.Dir(full))
	return filepath.Join(parent, filepath.Base(full)), err
}

// notHere returns an error if dir is or contains the working directory, since replacing it would leave the shell in a
// removed folder.
func notHere(dir string) error {
	here, err := os.Getwd()
	if err == nil {
		here, err = filepath.EvalSymlinks(here)
	}
	if err != nil {
		return nil // the folder does not exist
	}
	if rel, err := filepath.Rel(dir, here); err == nil && filepath.IsLocal(rel) && Exists(dir) {
		return fmt.Errorf("%s is the working directory or holds it, and would be replaced as a whole: "+
			"run this from another folder", dir)
	}
	return nil
}

// writeSynced writes a new file and waits until it is on disk, since a rename must not overtake the data.
func writeSynced(path string, data []byte) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	if err == nil {
		err = f.Sync()
	}
	return errors.Join(err, f.Close())
}

// makeDir makes a folder and its parents, and waits until their names are on disk.
func makeDir(dir string) error {
	if Exists(dir) {
		return nil
	}
	if to, err := os.Readlink(dir); err == nil {
		return fmt.Errorf("it is a link to %s, which is not there: make that, or remove the link", to)
	}
	err := os.MkdirAll(dir, 0o755)
	for parent := filepath.Dir(dir); err == nil; parent = filepath.Dir(parent) {
		if syncDir(parent); parent == filepath.Dir(parent) {
			break
		}
	}
	return err
}

// syncTree waits until the names in dir and below it are on disk.
func syncTree(dir string) {
	_ = filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err == nil && entry.IsDir() {
			syncDir(path)
		}
		return nil
	})
}

// syncDir waits until the names in dir are on disk. Some file systems cannot do this. A rename is still atomic there.
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

// Error describes a failed operation on path, without the path and system call that Go's error repeats.
func Error(verb, path string, err error) error {
	var pathError *fs.PathError
	if errors.As(err, &pathError) && pathError.Path == path {
		err = pathError.Err
	}
	return fmt.Errorf("cannot %s %s: %w", verb, path, err)
}
