package suite

import (
	"fmt"
	"path/filepath"
	"strings"

	"scorelab/internal/atomicdir"
)

// target is a folder of results that is replaced as a whole. Where there is one, it is locked from before the first
// look at what it holds: nobody may write between that look and the replacement.
type target struct {
	Catalogue
	dir  string
	held *Store // nil: there is no folder yet
}

// openTarget brings back what a killed replacement left, and locks the folder.
func (c Catalogue) openTarget(dir string) (*target, error) {
	real, err := atomicdir.Resolve(dir) // where dir is a link, it stays one
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

// replace makes these files, and the foreign ones beside results, all that the folder holds. Former is what they
// replace.
func (t *target) replace(writer atomicdir.Writer, files map[string][]byte, former string) error {
	if t.held == nil {
		if err := t.lock(); err != nil {
			return err
		}
	}
	if err := t.onlyResults(t.dir); err != nil { // once more, now that it is locked
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
