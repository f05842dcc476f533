package atomicdir

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// ForeignError is the error of a folder that cannot be removed, since it contains files that this program did not
// write.
type ForeignError struct {
	Dir   string
	Names []string // by their paths in Dir, with slashes
}

func (e *ForeignError) Error() string {
	const most = 3
	shown, more := e.Names, ""
	if len(shown) > most {
		shown, more = shown[:most], fmt.Sprintf(" and %d more", len(shown)-most)
	}
	return fmt.Sprintf("%s holds %s%s, which this program did not write: move that elsewhere",
		e.Dir, strings.Join(shown, ", "), more)
}

// Foreign lists the foreign files below dir, by their paths in dir, with slashes: all except for those for which ours
// is true, the lock and temporary folders. Links are listed and not followed. The path of an empty folder ends with a
// slash.
func Foreign(dir string, ours func(name string) bool) (names []string, err error) {
	err = filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(dir, path)
		if err != nil {
			return err
		}
		name := filepath.ToSlash(rel)
		switch {
		case entry.IsDir():
			if path == dir {
				return nil
			}
			if isTemp(path) {
				return fs.SkipDir
			}
			entries, err := os.ReadDir(path)
			if err != nil || len(entries) > 0 {
				return err
			}
			if name += "/"; ours != nil && ours(name) {
				return nil
			}
		case name == LockName, ours != nil && ours(name):
			return nil
		}
		names = append(names, name)
		return nil
	})
	return names, err
}

// keep links the foreign files of these names into another folder, or copies them where the file system has no hard
// links.
func keep(from, to string, names []string) error {
	for _, name := range names {
		source, target := filepath.Join(from, filepath.FromSlash(name)), filepath.Join(to, filepath.FromSlash(name))
		parent := filepath.Dir(target)
		if strings.HasSuffix(name, "/") {
			parent = target // an empty folder
		}
		if err := os.MkdirAll(parent, 0o755); err != nil {
			return fmt.Errorf("keeping %s: %w", source, err)
		}
		if parent == target {
			continue
		}
		if err := os.Link(source, target); err == nil {
			continue
		}
		if err := copyFile(source, target); err != nil {
			return fmt.Errorf("keeping %s: %w", source, err)
		}
	}
	return nil
}

// copyFile copies a plain file or a link.
func copyFile(source, target string) error {
	info, err := os.Lstat(source)
	if err != nil {
		return err
	}
	if info.Mode().Type() == fs.ModeSymlink {
		to, err := os.Readlink(source)
		if err != nil {
			return err
		}
		return os.Symlink(to, target)
	}
	if err := regular(source); err != nil {
		return fmt.Errorf("it is no plain file: move it elsewhere")
	}
	data, err := os.ReadFile(source)
	if err != nil {
		return err
	}
	if err := writeSynced(target, data); err != nil {
		return err
	}
	return os.Chmod(target, info.Mode().Perm())
}
