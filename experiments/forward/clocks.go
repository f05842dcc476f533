package forward

import (
	"fmt"

	"scorelab/experiments/kit"
	"scorelab/lib/diffusion"
	"scorelab/lib/suite"
)

// clock is a schedule of the variance-preserving path, with its coefficients on several grids.
type clock struct {
	name    string
	process diffusion.Process

	even  diffusion.Coefficients // at noiseToSignal
	own   diffusion.Coefficients // in as many steps between the same ends, equal in the schedule's time
	race  diffusion.Coefficients // in compareSteps equal steps from data to sigma = alpha
	curve diffusion.Coefficients // over its horizon
}

const (
	// the index of the Ornstein-Uhlenbeck process in its own time: the clock of document 001
	ouClock      = 0
	mostNoise    = 14.           // sigma/alpha at the start of noiseToSignal; 1/mostNoise at its end
	evenSteps    = 20            // of noiseToSignal
	equalLevel   = evenSteps / 2 // the index of sigma = alpha, where the particles of every clock arrive
	compareSteps = 200
)

// noiseToSignal are the noise levels sigma/alpha at which schedules are compared, in equal steps of log SNR toward
// data.
var noiseToSignal = func() []float64 {
	levels, err := diffusion.Geometric(mostNoise, 1/mostNoise, evenSteps)
	if err != nil {
		panic(err)
	}
	return levels
}()

// readClocks evaluates the Ornstein-Uhlenbeck process, all registered schedules and DDPM's table.
func readClocks(l *suite.Lab) ([]clock, error) {
	ddpm, _, err := kit.DDPMChain()
	if err != nil {
		return nil, err
	}
	clocks := []clock{{name: "Ornstein-Uhlenbeck", process: diffusion.OU{}}}
	for _, spec := range diffusion.Schedules {
		clocks = append(clocks, clock{name: spec.Name, process: diffusion.VP{Schedule: spec.Schedule}})
	}
	clocks = append(clocks, clock{name: "DDPM's table", process: ddpm})
	for i := range clocks {
		if err := clocks[i].read(l); err != nil {
			return nil, fmt.Errorf("%s: %w", clocks[i].name, err)
		}
	}
	return clocks, nil
}

// read evaluates the coefficients of a schedule on its grids.
func (c *clock) read(l *suite.Lab) error {
	even, err := diffusion.AtRatios(l.Backend, c.process, noiseToSignal)
	if err != nil {
		return err
	}
	lo, hi := c.process.Horizon()
	grids := [][]float64{even}
	for _, g := range []struct {
		from, to float64
		n        int
	}{{even[0], even[evenSteps], evenSteps}, {0, even[equalLevel], compareSteps}, {lo, hi, 200}} {
		grid, err := diffusion.Uniform(g.from, g.to, g.n)
		if err != nil {
			return err
		}
		grids = append(grids, grid)
	}
	r, err := diffusion.CoefficientsAt(l.Backend, c.process, grids...)
	if err != nil {
		return err
	}
	c.even, c.own, c.race, c.curve = r[0], r[1], r[2], r[3]
	return nil
}
