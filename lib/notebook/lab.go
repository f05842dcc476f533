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

// Variables of the environment that the kernel and `make notebooks` set.
const (
	RootEnv     = "SCORELAB_ROOT"     // the checkout
	CacheEnv    = "SCORELAB_CACHE"    // see Cache
	HeadlessEnv = "SCORELAB_HEADLESS" // 1: nobody watches; sliders show pictures, and training no live curve
	backendEnv  = "SCORELAB_BACKEND"  // see backend.Open
)

// Seed is that of the committed results.
const Seed = 1

// Root is the checkout that the notebooks belong to.
func Root() string {
	root := os.Getenv(RootEnv)
	if root == "" {
		Check(fmt.Errorf("%s is not set: choose the kernel Go (scorelab), which `make kernel` installs", RootEnv))
	}
	return root
}

// Cache is where what notebooks train lasts.
func Cache() string {
	if dir := os.Getenv(CacheEnv); dir != "" {
		return dir
	}
	return filepath.Join(Root(), "build", "notebooks")
}

func headless() bool { return os.Getenv(HeadlessEnv) == "1" }

// Backend computes: XLA where its plugin loads, else Go.
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

// Key names a stream of random numbers.
func Key(purpose string) random.Key { return random.NewKey(Seed, "notebook", purpose) }

// SuiteKey is the stream that an experiment of the suite names so: the cell draws what the experiment drew.
func SuiteKey(experiment, purpose string) random.Key {
	return random.NewKey(Seed, experiment, purpose)
}
