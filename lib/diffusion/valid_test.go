package diffusion

import (
	"math"
	"strings"
	"testing"
)

// bounded is a process with a given horizon.
type bounded struct {
	OU
	lo, hi float64
}

func (p bounded) Horizon() (tMin, tMax float64) { return p.lo, p.hi }

// TestCheckProcess checks that a process is refused by its own Validate, or for an invalid horizon. Every registered
// process is accepted.
func TestCheckProcess(t *testing.T) {
	for _, spec := range Processes {
		if err := checkProcess(spec.Process); err != nil {
			t.Errorf("%s: %v", spec.Name, err)
		}
	}
	nan, inf := math.NaN(), math.Inf(1)
	for _, c := range []struct {
		p    Process
		want string
	}{
		{nil, "there is no process"},
		{VE{SigmaMin: 9, SigmaMax: 1}, "sigma runs from 9 to 1"},
		{VP{LinearBeta{20, -3}}, "beta runs from 20 to -3"},
		{SubVP{Table{}}, "table of betas: there are none"},
		{bounded{lo: nan, hi: 1}, "the horizon runs from NaN to 1"},
		{bounded{lo: 0, hi: nan}, "the horizon runs from 0 to NaN"},
		{bounded{lo: 0, hi: inf}, "the horizon runs from 0 to +Inf"},
		{bounded{lo: -1, hi: 1}, "the horizon runs from -1 to 1"},
		{bounded{lo: 2, hi: 1}, "the horizon runs from 2 to 1"},
	} {
		if err := checkProcess(c.p); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%#v: %v, want %q", c.p, err, c.want)
		}
	}
}
