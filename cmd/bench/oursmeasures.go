package main

import (
	"math/rand/v2"

	"scorelab/lib/fokkerplanck"
	"scorelab/lib/metrics"
)

// pair is two samples: one of N(0, I), and one of larger spread about another point.
func pair(s size, in *inputs) (x, y metrics.Points) {
	n, d := s["points"], s["dim"]
	r := rand.New(rand.NewPCG(13, 14))
	x = metrics.Points{N: n, D: d, X: normals(r, n*d)}
	y = metrics.Points{N: n, D: d, X: normals(r, n*d)}
	for i := range y.X {
		y.X[i] = 1.2*y.X[i] + .3
	}
	put(in, "x", x.X, n, d)
	put(in, "y", y.X, n, d)
	return x, y
}

// distance is a task that computes one number of two samples.
func distance(of func() (metrics.Summary, error)) (*task, error) {
	d, err := of()
	return &task{answer: answer{Values: map[string][]float64{"distance": {d.Center}}}, run: func() error {
		_, err := of()
		return err
	}}, err
}

func w2(_ *ours, s size, in *inputs) (*task, error) {
	x, y := pair(s, in)
	return distance(func() (metrics.Summary, error) { return metrics.W2(x, y) })
}

func slicedW2(_ *ours, s size, in *inputs) (*task, error) {
	x, y := pair(s, in)
	directions := metrics.Directions(s["directions"], x.D)
	var all []float64
	for _, d := range directions {
		all = append(all, d...)
	}
	put(in, "directions", all, len(directions), x.D)
	return distance(func() (metrics.Summary, error) { return metrics.SlicedW2(x, y, len(directions)) })
}

func mmd2(_ *ours, s size, in *inputs) (*task, error) {
	x, y := pair(s, in)
	width := metrics.MedianDistance(x, y)
	put(in, "width", []float64{width}, 1)
	return distance(func() (metrics.Summary, error) { return metrics.MMD2(x, y, width) })
}

// timeStep is that of the Fokker-Planck equations.
const timeStep = 1e-3

// fokkerPlanck is diffusion in a double well, from one of its sides, by Crank-Nicolson steps.
func fokkerPlanck(_ *ours, s size, in *inputs) (*task, error) {
	line := fokkerplanck.Line{Lo: -3, Hi: 3, N: s["cells"]}
	g, err := fokkerplanck.FromPotential(line, line.Values(func(x float64) float64 {
		return (x*x - 1) * (x*x - 1)
	}), 1)
	if err != nil {
		return nil, err
	}
	start, err := fokkerplanck.FromLog(line, line.Values(func(x float64) float64 { return -8 * (x + 1) * (x + 1) }))
	if err != nil {
		return nil, err
	}
	put(in, "up", g.Up, line.N-1)
	put(in, "down", g.Down, line.N-1)
	put(in, "start", start, line.N)
	put(in, "step", []float64{timeStep}, 1)
	stepper, err := g.Stepper(fokkerplanck.CrankNicolson, timeStep)
	if err != nil {
		return nil, err
	}
	return evolution(start, s["steps"], stepper.Advance)
}

// fokkerPlanckPlane is a rotation in a well, by split Crank-Nicolson steps.
func fokkerPlanckPlane(_ *ours, s size, in *inputs) (*task, error) {
	side := fokkerplanck.Line{Lo: -4, Hi: 4, N: s["cells"]}
	plane := fokkerplanck.Plane{X: side, Y: side}
	g, err := fokkerplanck.PlaneFromDrift(plane, func(x, y float64) (float64, float64) { return -x - 2*y, 2*x - y }, 1)
	if err != nil {
		return nil, err
	}
	start, err := fokkerplanck.FromLog(plane, plane.Values(func(x, y float64) float64 {
		return -4 * ((x-1)*(x-1) + y*y)
	}))
	if err != nil {
		return nil, err
	}
	rates := func(lines []*fokkerplanck.Generator) (up, down []float64) {
		for _, l := range lines {
			up, down = append(up, l.Up...), append(down, l.Down...)
		}
		return up, down
	}
	rowsUp, rowsDown := rates(g.Rows)
	colsUp, colsDown := rates(g.Cols)
	for name, values := range map[string][]float64{"rows-up": rowsUp, "rows-down": rowsDown, "cols-up": colsUp,
		"cols-down": colsDown} {
		put(in, name, values, side.N, side.N-1)
	}
	put(in, "start", start, side.N, side.N)
	put(in, "step", []float64{timeStep}, 1)
	stepper, err := g.Stepper(fokkerplanck.CrankNicolson, timeStep)
	if err != nil {
		return nil, err
	}
	return evolution(start, s["steps"], stepper.Advance)
}

// evolution is a number of steps from a start.
func evolution(start []float64, steps int, advance func(p []float64, steps int) error) (*task, error) {
	p := make([]float64, len(start))
	run := func() error {
		copy(p, start)
		return advance(p, steps)
	}
	if err := run(); err != nil {
		return nil, err
	}
	end := make([]float64, len(p))
	copy(end, p)
	return &task{answer: answer{Values: map[string][]float64{"density": end}}, run: run}, nil
}
