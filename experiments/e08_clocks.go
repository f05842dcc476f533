package main

import (
	"fmt"

	. "github.com/gomlx/gomlx/core/graph"

	"scorelab/lib/diffusion"
	"scorelab/lib/suite"
)

// clock is a way to walk the variance-preserving path, and what it reads.
type clock struct {
	name    string
	process diffusion.Process

	even  reading // at noiseToSignal
	own   reading // in as many steps between the same ends, equal in its own time
	race  reading // in raceSteps equal steps from data to sigma = alpha
	curve reading // over its horizon
}

// reading is a process at some times: the path, and the rates of its SDE.
type reading struct{ t, alpha, sigma, f, g2 []float64 }

const (
	ouClock   = 0             // the index of the Ornstein-Uhlenbeck process in its own time: the clock of document 001
	mostNoise = 14.           // sigma/alpha at the start of noiseToSignal; 1/mostNoise at its end
	evenSteps = 20            // of noiseToSignal
	raceLevel = evenSteps / 2 // the index of sigma = alpha, where the particles of every clock arrive
	raceSteps = 200
)

// noiseToSignal are the noise levels sigma/alpha at which clocks are compared, equal steps of log SNR toward
// data.
var noiseToSignal = func() []float64 {
	levels, err := diffusion.Geometric(mostNoise, 1/mostNoise, evenSteps)
	if err != nil {
		panic(err)
	}
	return levels
}()

func readClocks(l *suite.Lab) ([]clock, error) {
	ddpm, _, err := ddpmChain()
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

// read fills in the readings of a clock.
func (c *clock) read(l *suite.Lab) error {
	var err error
	if c.even.t, err = timesAt(l, c.process, noiseToSignal); err != nil {
		return err
	}
	lo, hi := c.process.Horizon()
	for _, grid := range []struct {
		into     *reading
		from, to float64
		n        int
	}{{&c.own, c.even.t[0], c.even.t[evenSteps], evenSteps}, {&c.race, 0, c.even.t[raceLevel], raceSteps}, {&c.curve, lo, hi, 200}} {
		if grid.into.t, err = diffusion.Uniform(grid.from, grid.to, grid.n); err != nil {
			return err
		}
	}
	return readAt(l, c.process, &c.even, &c.own, &c.race, &c.curve)
}

// readAt fills in the readings of a process at their times, with one compiled graph.
func readAt(l *suite.Lab, p diffusion.Process, readings ...*reading) error {
	var times []float64
	for _, r := range readings {
		times = append(times, r.t...)
	}
	out, err := evaluate(l, func(in []*Node) []*Node {
		c := p.At(in[0])
		f, g2 := c.Rates()
		zero := ZerosLike(in[0]) // some paths do not move in one of the four
		return []*Node{Add(c.Alpha, zero), Add(c.Sigma, zero), Add(f, zero), Add(g2, zero)}
	}, times)
	if err != nil {
		return err
	}
	for _, r := range readings {
		for k, into := range []*[]float64{&r.alpha, &r.sigma, &r.f, &r.g2} {
			*into, out[k] = out[k][:len(r.t)], out[k][len(r.t):]
		}
	}
	return nil
}

// ratio is sigma/alpha.
func (r reading) ratio() []float64 {
	levels := make([]float64, len(r.t))
	for k := range levels {
		levels[k] = r.sigma[k] / r.alpha[k]
	}
	return levels
}

// logSNRSpeed is d log SNR/dt at the k-th time: 2 f - (sigma^2)'/sigma^2 = -g^2/sigma^2.
func (r reading) logSNRSpeed(k int) float64 { return -r.g2[k] / (r.sigma[k] * r.sigma[k]) }

// timesAt are the times at which a process has the given noise levels sigma/alpha, which fall.
func timesAt(l *suite.Lab, p diffusion.Process, levels []float64) ([]float64, error) {
	lo, hi := p.Horizon()
	grid, err := diffusion.InRatio(l.Backend, p, hi, lo, len(levels)+1, func(from, to float64, _ int) ([]float64, error) {
		return append(append([]float64{from}, levels...), to), nil
	})
	if err != nil {
		return nil, err
	}
	return grid[1 : len(grid)-1], nil
}
