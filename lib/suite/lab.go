package suite

import (
	"context"

	"github.com/gomlx/compute"

	"scorelab/lib/random"
)

// Profile is the amount of computing of an experiment.
type Profile string

const (
	Quick Profile = "quick" // minutes for the whole suite
	Full  Profile = "full"  // larger samples, same claims
)

// Lab is the environment of an experiment.
type Lab struct {
	Context  context.Context
	Backend  compute.Backend
	Seed     int64
	Profile  Profile
	id       string
	progress func(fraction float64, doing string)
}

// Key is the key of a random stream of this experiment.
func (l *Lab) Key(purpose string) random.Key { return random.NewKey(l.Seed, l.id, purpose) }

// Size is quick or full, by profile.
func (l *Lab) Size(quick, full int) int {
	if l.Profile == Full {
		return full
	}
	return quick
}

// Progress reports the fraction of the experiment that is done, and the next part. It returns the error of an
// interrupted run, which the experiment must return.
func (l *Lab) Progress(fraction float64, doing string) error {
	if l.progress != nil {
		l.progress(fraction, doing)
	}
	return l.Context.Err()
}
