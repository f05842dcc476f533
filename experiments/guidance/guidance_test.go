package guidance

import (
	"math"
	"testing"

	"scorelab/lib/metrics"
)

// With scale 1 all three distributions are that of the class, with scale 0 that of all data; other scales are checked
// in E18.
func TestGuidedLawsAtZeroAndOne(t *testing.T) {
	for name, momentsAt := range map[string]func(gamma float64) moments{
		"flow": func(g float64) moments {
			return flowMoments(g, 0)
		}, "SDE": func(g float64) moments { return sdeMoments(g, 0) }, "tilted": tiltedMoments,
	} {
		for gamma, want := range map[float64]moments{0: {0, 1}, 1: {lineMu, lineQ}} {
			if got := momentsAt(gamma); math.Abs(got.mean-want.mean)+math.Abs(got.variance-want.variance) > 1e-12 {
				t.Errorf("%s at scale %g: %+v, want %+v", name, gamma, got, want)
			}
		}
	}
}

// Recall counts the real points that lie in a ball around some generated one, out to its k-th neighbor.
func TestRecallOf(t *testing.T) {
	at := func(xs ...float64) metrics.Points {
		p := metrics.Points{N: len(xs), D: 2}
		for _, x := range xs {
			p.X = append(p.X, x, 0)
		}
		return p
	}
	generated := at(0, 1, 3, 10) // distances to the second neighbor: 3, 2, 3, 9
	for real, want := range map[float64]float64{-3: 1, -3.1: 0, 6: 1, 18.9: 1, 19.1: 0} {
		if got := recallOf(at(real), generated, 2); got != want {
			t.Errorf("%g is found: %g, want %g", real, got, want)
		}
	}
	if got := recallOf(at(-3.1, 0, 19.1, 5), generated, 2); got != .5 {
		t.Errorf("recall %g, want 1/2", got)
	}
}

// Estimates from populations weigh each by what it is worth, and pictures take samples in proportion to their weights.
func TestPopulations(t *testing.T) {
	p := populations{x: metrics.Points{N: 4, D: 1, X: []float64{1, 2, 3, 4}}, weights: []float64{.1, .3, .6, 0},
		groups: 2}
	mean, err := p.mean(func(i int) float64 { return p.x.X[i] })
	if err != nil || math.Abs(mean.Center-2.5) > 1e-12 {
		t.Errorf("mean %v, %v; want 2.5", mean, err)
	}
	counts := map[float64]int{}
	for _, x := range p.drawn(10).X {
		counts[x]++
	}
	if counts[1] != 1 || counts[2] != 3 || counts[3] != 6 {
		t.Errorf("drawn %v", counts)
	}
}

// A guide's recall at a purity lies between those of the scales beside it.
func TestRecallAt(t *testing.T) {
	of := func(p float64) assessment { return assessment{purity: metrics.Exactly(p)} }
	g := guideResult{assessments: []assessment{of(.5), of(.9), of(.99)}, recall: []float64{1, .8, .2}}
	for purity, want := range map[float64]float64{.5: 1, .9: .8, .99: .2, 1 - math.Sqrt(.1*.01): .5, .999: .2} {
		if got := g.recallAt(purity); math.Abs(got-want) > 1e-9 {
			t.Errorf("recall %g at purity %g, want %g", got, purity, want)
		}
	}
}
