package backend

import (
	"path"
	"runtime"
	"runtime/debug"
)

// computing are the modules that numbers depend on.
var computing = []string{"github.com/gomlx/gomlx", "github.com/gomlx/compute", "github.com/gomlx/go-xla"}

// Versions names what computed, for the record of a run: Go, the platform, and the modules behind the backends.
// Modules are missing in test binaries, which carry no build information.
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
