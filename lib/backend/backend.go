// Package backend chooses the backend of computations: XLA through a PJRT plugin, or the Go backend that is always
// compiled in. It never downloads anything.
package backend

import (
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/agnivade/levenshtein"
	"github.com/gomlx/compute"

	"scorelab/lib/exec"
)

// Names of the backends that Open accepts.
const (
	Auto    = "auto"     // XLACPU if its plugin loads, Go otherwise
	XLACPU  = "xla:cpu"  // XLA on the processor
	XLACUDA = "xla:cuda" // XLA on an NVIDIA card
	Go      = "go"       // pure Go
)

// Names lists the names that Open accepts, the default first.
func Names() []string { return []string{Auto, XLACPU, XLACUDA, Go} }

// Compiled lists the backends in this binary.
func Compiled() []string {
	if xlaCompiled {
		return []string{XLACPU, XLACUDA, Go}
	}
	return []string{Go}
}

// cache holds one backend for each name: a second XLA client would only waste memory.
var cache = struct {
	sync.Mutex
	opened map[string]compute.Backend
	failed map[string]error
}{opened: map[string]compute.Backend{}, failed: map[string]error{}}

// Open returns the backend of that name, the same one each time. It must never be finalized. A note, if any, is a line
// for the user: why auto chose Go. Errors are one line, too.
func Open(name string) (b compute.Backend, note string, err error) {
	switch name {
	case Go, XLACPU, XLACUDA:
		b, err = shared(name)
	case "xla":
		b, err = shared(XLACPU)
	case Auto, "":
		b, err = shared(XLACPU)
		if err != nil {
			note = fmt.Sprintf("using the Go backend, which is slower: %v", err)
			b, err = shared(Go)
		}
	default:
		err = fmt.Errorf("no backend %q: did you mean %q? There are %s", name, nearest(name, Names()),
			strings.Join(Names(), ", "))
	}
	if err != nil {
		return nil, "", err
	}
	return b, note, nil
}

// Name is the stable name of a backend from Open, as used in results: "go", "xla:cpu" or "xla:cuda".
func Name(b compute.Backend) string {
	cache.Lock()
	defer cache.Unlock()
	for name, opened := range cache.opened {
		if opened == b {
			return name
		}
	}
	return b.Name()
}

func shared(name string) (compute.Backend, error) {
	cache.Lock()
	defer cache.Unlock()
	if b, ok := cache.opened[name]; ok {
		return b, nil
	}
	if err, ok := cache.failed[name]; ok {
		return nil, err
	}
	b, err := open(name)
	if err != nil {
		err = oneLine(err)
		cache.failed[name] = err
		return nil, err
	}
	cache.opened[name] = b
	return b, nil
}

func open(name string) (compute.Backend, error) {
	if name == Go {
		return exec.Interpreter()
	}
	_, kind, _ := strings.Cut(name, ":")
	if !xlaCompiled {
		return nil, fmt.Errorf("%s is not compiled in: build with CGO_ENABLED=1, a C compiler and without the tag "+
			"noxla", name)
	}
	path, err := findPlugin(kind)
	if err != nil {
		return nil, err
	}
	return openXLA(kind, path)
}

// oneLine puts the text of an error on one line, since errors of PJRT have several.
func oneLine(err error) error {
	return fmt.Errorf("%s", strings.Join(strings.Fields(err.Error()), " "))
}

// nearest returns the word that contains s, or the one with the smallest edit distance to it.
func nearest(s string, words []string) string {
	if i := slices.IndexFunc(words, func(w string) bool { return strings.Contains(w, s) }); i >= 0 {
		return words[i]
	}
	return slices.MinFunc(words, func(a, b string) int {
		return levenshtein.ComputeDistance(s, a) - levenshtein.ComputeDistance(s, b)
	})
}
