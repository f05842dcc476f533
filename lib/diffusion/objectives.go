package diffusion

import (
	. "github.com/gomlx/gomlx/core/graph"

	"scorelab/lib/random"
)

// ObjectiveSpec registers an objective. New makes it for data of standard deviation sd, at the given times and with the
// given weight. Only the explicit objective uses the known score. Head makes a denoiser of the trained network.
type ObjectiveSpec struct {
	Name string
	Head func(sd float64) Head
	New  func(sd float64, score func(x, t *Node) *Node, w Weighting, times TimeSampler) Objective
}

// Objectives lists every objective. A line here enrolls it in the conformance tests.
var Objectives = []ObjectiveSpec{
	{"explicit", ScoreHead, func(sd float64, score func(x, t *Node) *Node, w Weighting, times TimeSampler) Objective {
		return Explicit(Matching{ScoreNet(sd), w, times}, score)
	}},
	{"implicit", ScoreHead, matching(Implicit)},
	{"sliced", ScoreHead, matching(func(m Matching) Objective { return Sliced(m, (*random.Source).Normal) })},
	{"sliced-rademacher", ScoreHead, matching(func(m Matching) Objective {
		return Sliced(m, (*random.Source).Rademacher)
	})},
	{"sliced-vr", ScoreHead, matching(func(m Matching) Objective { return SlicedVR(m, (*random.Source).Rademacher) })},
	{"sliced-fd", ScoreHead, func(sd float64, _ func(x, t *Node) *Node, w Weighting, times TimeSampler) Objective {
		return SlicedFD(Matching{ScoreNet(sd), w, times}, (*random.Source).Sphere, .01*sd)
	}},
	{"denoising-eps", EpsHead, denoising(EpsHead)},
	{"denoising-x0", DataHead, denoising(DataHead)},
	{"denoising-v", VHead, denoising(VHead)},
	{"denoising-score", ScoreHead, denoising(ScoreHead)},
	{"denoising-edm", EDMHead, denoising(EDMHead)},
}

func matching(of func(Matching) Objective) func(float64, func(x, t *Node) *Node, Weighting, TimeSampler) Objective {
	return func(sd float64, _ func(x, t *Node) *Node, w Weighting, times TimeSampler) Objective {
		return of(Matching{ScoreNet(sd), w, times})
	}
}

func denoising(head func(sd float64) Head) func(float64, func(x, t *Node) *Node, Weighting, TimeSampler) Objective {
	return func(sd float64, _ func(x, t *Node) *Node, w Weighting, times TimeSampler) Objective {
		return Denoising(head(sd), w, times)
	}
}
