package suite

import (
	"fmt"
	"path/filepath"
	"strings"

	"scorelab/internal/atomicdir"
)

// target is a folder of results that is replaced as a whole. An existing folder is locked before its content is read,
// so that no process writes between reading and replacement.
type target struct {
	Catalogue
	dir  string
	held *Store // nil: there is no folder yet
}

// openTarget restores the folder after a killed replacement, and locks it.
func (c Catalogue) openTarget(dir string) (*target, error) {
	real, err := atomicdir.Resolve(dir) // if dir is a link, it stays one
	if err != nil {
		return nil, atomicdir.Error("write", dir, err)
	}
	parent, base := filepath.Split(real)
	if parent = filepath.Clean(parent); atomicdir.Exists(parent) {
		if _, err := atomicdir.Sweep(parent, base); err != nil {
			return nil, atomicdir.Error("clean", parent, err)
		}
	}
	t := &target{c, dir, nil}
	if !atomicdir.Exists(dir) {
		return t, nil
	}
	return t, t.lock()
}

func (t *target) lock() (err error) {
	if err := t.onlyResults(t.dir); err != nil {
		return err
	}
	t.held, err = OpenStore(t.dir)
	return err
}

func (t *target) close() {
	if t.held != nil {
		_ = t.held.Close()
	}
}

// replace replaces the content of the folder by these files and the foreign files beside results. former describes the
// replaced content in errors.
func (t *target) replace(writer atomicdir.Writer, files map[string][]byte, former string) error {
	if t.held == nil {
		if err := t.lock(); err != nil {
			return err
		}
	}
	if err := t.onlyResults(t.dir); err != nil { // again, now that it is locked
		return err
	}
	for _, e := range t.Experiments {
		names := undecided(filepath.Join(t.dir, e.ID), func(name string) bool {
			_, ok := files[e.ID+"/"+name]
			return ok
		})
		if len(names) > 0 {
			return fmt.Errorf("%s cannot be read, so that nothing says whether %s belongs to the result: move that "+
				"elsewhere",
				filepath.Join(t.dir, e.ID, runName), strings.Join(names, ", "))
		}
	}
	if err := writer.Replace(t.dir, files, filesOfResults(t.dir)); err != nil {
		return fmt.Errorf("%w; %s is untouched", atomicdir.Error("write", t.dir, err), former)
	}
	return nil
}
