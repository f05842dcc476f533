package kit

import (
	"math"

	"scorelab/lib/affine"
	"scorelab/lib/diffusion"
	"scorelab/lib/figure"
)

// DDPMSteps, DDPMLow and DDPMHigh are the chain of Ho et al. 2020, section 4: beta rises linearly from low to high.
const (
	DDPMSteps         = 1000
	DDPMLow, DDPMHigh = 1e-4, .02
)

// DDPMChain is the path of that chain, whose time counts its steps, and the grid of all steps from T to 0.
func DDPMChain() (path diffusion.VP, grid []float64, err error) {
	table, err := diffusion.NewTable(diffusion.LinearBetas(DDPMLow, DDPMHigh, DDPMSteps))
	if err != nil {
		return diffusion.VP{}, nil, err
	}
	grid, err = diffusion.Trailing(DDPMSteps, DDPMSteps)
	return diffusion.VP{Schedule: table}, grid, err
}

// DDPMVariances are the two reverse variances of Ho et al. 2020, section 3.2.
var DDPMVariances = []struct {
	Name     string
	Variance diffusion.ReverseVariance
	Color    figure.Color
}{{"variance beta", diffusion.KernelVariance, figure.Blue}, {"posterior variance", diffusion.PosteriorVariance,
	figure.Vermillion}}

// NoiseAt is a time of a variance-preserving path: Signal is alpha^2 (the alpha-bar of DDPM), Noise is sigma^2.
type NoiseAt struct{ Signal, Noise float64 }

// Total is the variance of N(0, variance) data at that time.
func (p NoiseAt) Total(variance float64) float64 { return p.Signal*variance + p.Noise }

// DDPMPath is the chain by its own recursions, from step T to 0.
func DDPMPath() []NoiseAt {
	path := make([]NoiseAt, DDPMSteps+1)
	at := NoiseAt{Signal: 1}
	path[DDPMSteps] = at
	for t := 1; t <= DDPMSteps; t++ {
		beta := DDPMLow + (DDPMHigh-DDPMLow)*float64(t-1)/(DDPMSteps-1)
		at = NoiseAt{at.Signal * (1 - beta), at.Noise*(1-beta) + beta}
		path[DDPMSteps-t] = at
	}
	return path
}

// ReverseStep is the document's step in DDPM's letters (Ho et al. 2020, algorithm 2, with equations 7 and 11): mu = (x
// - beta/sqrt(1-abar) eps)/sqrt(alpha), sigma^2 = beta or its posterior value. On N(0, variance) data the exact eps is
// sqrt(1-abar) x/S, with S the variance of x.
func ReverseStep(variance float64, from, to NoiseAt, v diffusion.ReverseVariance) affine.Map {
	alpha := from.Signal / to.Signal
	beta := from.Noise - alpha*to.Noise
	eps := math.Sqrt(from.Noise) / from.Total(variance)
	square := beta
	if v == diffusion.PosteriorVariance {
		square *= to.Noise / from.Noise
	}
	if v == diffusion.KernelVarianceQuietEnd && to.Noise == 0 {
		square = 0
	}
	return affine.Map{Gain: (1 - beta/math.Sqrt(from.Noise)*eps) / math.Sqrt(alpha), Noise: math.Sqrt(square)}
}

// AncestralVariance is the variance with which the chain along a path, from noisy to clean, ends on N(0, variance) data
// when it starts from N(0, 1).
func AncestralVariance(variance float64, path []NoiseAt, v diffusion.ReverseVariance) float64 {
	end := 1.
	for i := range len(path) - 1 {
		step := ReverseStep(variance, path[i], path[i+1], v)
		end = step.Variance(end)
	}
	return end
}
