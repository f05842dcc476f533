package backend

import (
	"path"
	"runtime"
	"runtime/debug"
)

// computing lists the modules that numbers depend on.
var computing = []string{"github.com/gomlx/gomlx", "github.com/gomlx/compute", "github.com/gomlx/go-xla"}

// Versions returns the versions of Go, the platform and the modules of the backends, for the record of a run. Modules
// are missing in test binaries, which have no build information.
func Versions() map[string]string {
	versions := map[string]string{"go": runtime.Version(), "platform": runtime.GOOS + "/" + runtime.GOARCH}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return versions
	}
	for _, dep := range info.Deps {
		for _, module := range computing {
			if dep.Path == module {
				versions[path.Base(module)] = dep.Version
			}
		}
	}
	return versions
}
