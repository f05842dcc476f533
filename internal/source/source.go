// Package source finds what a function of this module depends on: declarations and files, with hashes of their text.
//
// It follows names. Packages below the folder "fine" are read declaration by declaration: a declaration depends on what
// it names, and a type brings its methods along. All other packages count as a whole, with what they import. A name
// that means something else where it stands, such as a local variable, only adds dependencies, and so does every
// func init and var _ of a package. Packages outside the module are not followed: their versions are the caller's
// business. Nor are packages whose func init changes what others compute: the suite has none.
package source

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"strings"

	"golang.org/x/mod/modfile"
)

// Tree is the source of a module. It is not safe for concurrent use.
type Tree struct {
	files        fs.FS
	module, fine string
	declared     map[string]*declarations     // of fine packages, by folder
	hashes       map[string]map[string]string // of the files of whole packages and of all below them, by folder
}

// New reads the name of the module in go.mod. Packages in the folder fine, and below it, are read declaration by
// declaration.
func New(files fs.FS, fine string) (*Tree, error) {
	text, err := fs.ReadFile(files, "go.mod")
	if err != nil {
		return nil, err
	}
	module := modfile.ModulePath(text)
	if module == "" {
		return nil, fmt.Errorf("go.mod does not name its module")
	}
	return &Tree{files, module, fine, map[string]*declarations{}, map[string]map[string]string{}}, nil
}

// Inputs returns what a function depends on, by names such as "lib/density/mixture.go" and "experiments/kit.Learner",
// with the hash of each. The function is named as in the runtime: "scorelab/experiments/tweedie.runTweedie". It must be
// a declaration: what a closure or a method depends on is where it was made.
func (t *Tree) Inputs(function string) (map[string]string, error) {
	slash := strings.LastIndex(function, "/") + 1
	pkg, name, _ := strings.Cut(function[slash:], ".")
	dir, ours := t.folder(function[:slash] + pkg)
	if !ours {
		return nil, fmt.Errorf("%s is not in module %s", function, t.module)
	}
	r := &reach{Tree: t, found: map[string]string{}, seen: map[reference]bool{}}
	if err := r.start(dir, name); err != nil {
		return nil, fmt.Errorf("what %s depends on: %w", function, err)
	}
	return r.found, nil
}

// folder is the folder of a package of the module.
func (t *Tree) folder(importPath string) (dir string, ours bool) {
	if importPath == t.module {
		return ".", true
	}
	return strings.CutPrefix(importPath, t.module+"/")
}

// isFine reports whether a package is read declaration by declaration.
func (t *Tree) isFine(dir string) bool { return dir == t.fine || strings.HasPrefix(dir, t.fine+"/") }

// reference is a name in a package.
type reference struct{ dir, name string }

// reach follows references.
type reach struct {
	*Tree
	found map[string]string
	seen  map[reference]bool
}

// start follows the function that is named.
func (r *reach) start(dir, name string) error {
	if r.isFine(dir) {
		d, err := r.declarationsIn(dir)
		if err != nil {
			return err
		}
		if len(d.byName[name]) != 1 {
			return fmt.Errorf("%s is not a function that %s declares", name, dir)
		}
	}
	return r.from(dir, name)
}

func (r *reach) from(dir, name string) error {
	fine := r.isFine(dir)
	if !fine {
		name = "" // all names stand for the whole package
	}
	if r.seen[reference{dir, name}] {
		return nil
	}
	r.seen[reference{dir, name}] = true
	if !fine {
		files, err := r.wholePackage(dir)
		maps.Copy(r.found, files)
		return err
	}
	d, err := r.declarationsIn(dir)
	if err != nil {
		return err
	}
	for _, declared := range d.byName[name] {
		label := dir + "." + declared.label
		if other, ok := r.found[label]; ok { // two of func init, say
			declared.hash = hash([]byte(other + declared.hash))
		}
		r.found[label] = declared.hash
		for _, used := range declared.uses {
			if err := r.from(used.dir, used.name); err != nil {
				return err
			}
		}
	}
	return r.from(dir, always)
}

// wholePackage returns the hashes of the files of a package and of all that it imports, tests left out.
func (t *Tree) wholePackage(dir string) (map[string]string, error) {
	if known, ok := t.hashes[dir]; ok {
		return known, nil
	}
	found := map[string]string{}
	imports := map[string]bool{}
	err := fs.WalkDir(t.files, dir, func(name string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		isGo := path.Ext(name) == ".go"
		switch {
		case entry.IsDir():
			return nil
		case isGo && (path.Dir(name) != dir || strings.HasSuffix(name, "_test.go")):
			return nil // data of a folder below belongs to this package, and code does not
		}
		text, err := fs.ReadFile(t.files, name)
		if err != nil {
			return err
		}
		found[name] = hash(text)
		if isGo {
			return importsOf(name, text, imports)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	for imported := range imports {
		if below, ours := t.folder(imported); ours {
			files, err := t.wholePackage(below)
			if err != nil {
				return nil, err
			}
			maps.Copy(found, files)
		}
	}
	t.hashes[dir] = found
	return found, nil
}

// hash is short enough to read and long enough to differ: 64 bits.
func hash(text []byte) string {
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:8])
}
