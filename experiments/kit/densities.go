package kit

import (
	"scorelab/lib/density"
	"scorelab/lib/diffusion"
	"scorelab/lib/fokkerplanck"
	"scorelab/lib/suite"
)

// LineDensities are the densities of a mixture, noised along p to each of the times, in the cells of a line.
func LineDensities(l *suite.Lab, m *density.Mixture, p diffusion.Process, line fokkerplanck.Line, times ...float64) (
	[][]float64, error) {
	logs, err := density.LogDensityOnGrid(l.Backend, m, p, line.Nodes(), times...)
	if err != nil {
		return nil, err
	}
	for i, log := range logs {
		if logs[i], err = fokkerplanck.FromLog(line, log); err != nil {
			return nil, err
		}
	}
	return logs, nil
}

// LineDensity is the density of the mixture itself in the cells of a line.
func LineDensity(l *suite.Lab, m *density.Mixture, line fokkerplanck.Line) ([]float64, error) {
	out, err := LineDensities(l, m, diffusion.OU{}, line, 0)
	if err != nil {
		return nil, err
	}
	return out[0], nil
}

// LangevinLine is the generator of Langevin dynamics on a mixture, and the density of the mixture in the cells.
func LangevinLine(l *suite.Lab, m *density.Mixture, line fokkerplanck.Line) (*fokkerplanck.Generator, []float64,
	error) {
	logs, err := density.LogDensityOnGrid(l.Backend, m, diffusion.OU{}, line.Nodes(), 0)
	if err != nil {
		return nil, nil, err
	}
	g, err := fokkerplanck.Langevin(line, logs[0])
	if err != nil {
		return nil, nil, err
	}
	q, err := fokkerplanck.FromLog(line, logs[0])
	return g, q, err
}

// SquareGrid is [-6, 6]^2, which holds all but 1e-8 of the mass of the cross and of N(0, I).
func SquareGrid(n int) fokkerplanck.Plane {
	line := fokkerplanck.Line{Lo: -6, Hi: 6, N: n}
	return fokkerplanck.Plane{X: line, Y: line}
}

// PlaneDensities are those of a mixture, noised by the Ornstein-Uhlenbeck process to each of the times, in the cells of
// a square.
func PlaneDensities(l *suite.Lab, m *density.Mixture, plane fokkerplanck.Plane, times ...float64) ([][]float64, error) {
	fields, err := DensityFields(l, m, diffusion.OU{}, plane.X.Hi, plane.X.N, times...)
	if err != nil {
		return nil, err
	}
	out := make([][]float64, len(fields))
	for i, f := range fields {
		if out[i], err = fokkerplanck.Normalise(plane, f.Z); err != nil {
			return nil, err
		}
	}
	return out, nil
}
