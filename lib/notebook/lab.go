package notebook

import (
	"fmt"
	"os"
	"path/filepath"
	"sync"

	"github.com/gomlx/compute"

	"scorelab/lib/backend"
	"scorelab/lib/random"
)

// Environment variables that the kernel and `make notebooks` set.
const (
	RootEnv     = "SCORELAB_ROOT"     // the checkout
	CacheEnv    = "SCORELAB_CACHE"    // see Cache
	HeadlessEnv = "SCORELAB_HEADLESS" // 1: no interaction; sliders show pictures, and training shows no live curve
	backendEnv  = "SCORELAB_BACKEND"  // see backend.Open
)

// Seed is the seed of the committed results.
const Seed = 1

// Root is the checkout that the notebooks belong to.
func Root() string {
	root := os.Getenv(RootEnv)
	if root == "" {
		Check(fmt.Errorf("%s is not set: choose the kernel Go (scorelab), which `make kernel` installs", RootEnv))
	}
	return root
}

// Cache is the folder of checkpoints of trainings in notebooks.
func Cache() string {
	if dir := os.Getenv(CacheEnv); dir != "" {
		return dir
	}
	return filepath.Join(Root(), "build", "notebooks")
}

func headless() bool { return os.Getenv(HeadlessEnv) == "1" }

// Backend returns the backend of the notebooks: XLA if its plugin loads, else Go.
func Backend() compute.Backend {
	return opened()
}

var opened = sync.OnceValue(func() compute.Backend {
	b, note, err := backend.Open(os.Getenv(backendEnv))
	Check(err)
	if note != "" {
		Say("%s", note)
	}
	return b
})

// Key is the key of a random stream of the notebooks.
func Key(purpose string) random.Key { return random.NewKey(Seed, "notebook", purpose) }

// SuiteKey is the key of a random stream of an experiment of the suite. A cell can so repeat the draws of the
// experiment.
func SuiteKey(experiment, purpose string) random.Key {
	return random.NewKey(Seed, experiment, purpose)
}
