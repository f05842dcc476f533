package diffusion

import (
	"strings"
	"testing"

	"github.com/gomlx/compute"

	"scorelab/lib/backend/backendtest"
)

// TestCarriesHaveOwners checks that only the sampler's own carry is read. Snapshots of other samplers, without a plan,
// or from before the first value are refused.
func TestCarriesHaveOwners(t *testing.T) {
	if testing.Short() {
		t.Skip("numbers of graphs, in which the race detector finds nothing")
	}
	type reader struct {
		name string
		read func(s Snapshot) error
		from int // the first step with something to read
	}
	readers := []reader{
		{"Nats", func(s Snapshot) error { _, err := ELBONats(s); return err }, 1},
		{"LogWeights", func(s Snapshot) error { _, err := LogWeights(s); return err }, 0},
		{"ChangeOfVolume", func(s Snapshot) error { _, err := ChangeOfVolume(s); return err }, 0},
		{"Accepted", func(s Snapshot) error { _, err := Accepted(s); return err }, 1},
		{"Evaluations", func(s Snapshot) error { _, err := Evaluations(s); return err }, 0},
	}
	owners := []struct {
		sampler Sampler
		grid    []float64
		read    string
	}{
		{ELBO{}, []float64{.9, .5, .1}, "Nats"},
		{FeynmanKac{Move: ReverseEulerMaruyama}, []float64{.9, .5, .1}, "LogWeights"},
		{FlowLikelihood{}, []float64{.1, .5, .9}, "ChangeOfVolume Evaluations"},
		{FlowLikelihood{Method: ClassicMethod}, []float64{.1, .5, .9}, "ChangeOfVolume Evaluations"},
		{MALA{}, []float64{0, .1, .2}, "Accepted"},
		{DormandPrince{}, []float64{.9, .5, .1}, "Evaluations"},
		{DPMSolverPP(2), []float64{.9, .5, .1}, ""},
		{NewUniPC(3), []float64{.9, .5, .1}, ""},
		{DDIM(0), []float64{.9, .5, .1}, ""},
	}
	backendtest.Each(t, func(t *testing.T, b compute.Backend) {
		for i, owner := range owners {
			if b.Name() == "xla" && i%4 != 0 {
				continue // the owner is checked on the host; XLA compiles for a second
			}
			m := gaussian(VP{}, dataMean, dataVariance)(nil, nil)
			m.Weight = m.LogDensity
			plan := Plan{Build: Fixed(func() Model { return m }), Sampler: owner.sampler, Grid: owner.grid}
			for s, err := range plan.Trace(b, samples(1, 1)) { // one sample: everything carried has one element
				if err != nil {
					t.Fatalf("%T: %v", owner.sampler, err)
				}
				for _, r := range readers {
					err := r.read(s)
					if own := strings.Contains(owner.read, r.name) && s.Step >= r.from; own != (err == nil) {
						t.Errorf("%s of %T after %d steps: %v", r.name, owner.sampler, s.Step, err)
					}
				}
			}
		}
		for _, r := range readers {
			if err := r.read(Snapshot{Step: 1, X: samples(1, 1)}); err == nil || strings.Contains(err.Error(), "\n") {
				t.Errorf("%s of no plan: %v", r.name, err)
			}
		}
	})
}
