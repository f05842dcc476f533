package metrics

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// Between equal distributions the accuracy is 1/2 and binomial; between shifted ones it approaches that of the best
// classifier.
func TestC2STIsCalibrated(t *testing.T) {
	const n, runs = 200, 200
	accuracy := func(m float64) (mean, sd float64) {
		mean, sd, _ = repeated(t, runs, func(r *rand.Rand) (Summary, error) {
			return C2ST(normals(r, n, 2), normals(r, n, 2).each(func(v float64) float64 { return v + m }), 0)
		})
		return mean, sd
	}
	mean, sd := accuracy(0)
	near(t, "accuracy between equal distributions", mean, .5, 10*sd/math.Sqrt(runs))
	near(t, "its standard deviation / binomial", sd/(.5/math.Sqrt(n)), 1, .25)
	best := (1 + math.Erf(math.Sqrt(2./8))) / 2
	if mean, sd = accuracy(1); mean > best+5*sd/math.Sqrt(runs) || mean < best-.03 {
		t.Errorf("accuracy %g between distributions whose best classifier has %g", mean, best)
	}
	if s := must(C2ST(normals(rand.New(rand.NewPCG(1, 1)), n, 1), Line(slices.Repeat([]float64{90}, n)),
		0)); s.Center != 1 || s.Hi != 1 || s.Lo > .95 || s.Lo < .9 {
		t.Errorf("distributions far apart: %+v", s)
	}
}

// Ties count half: if all points are equal, every vote is tied.
func TestC2STTies(t *testing.T) {
	zeros := Points{7, 2, make([]float64, 14)}
	if s := must(C2ST(zeros, zeros, 3)); s.Center != .5 || s.N != 6 {
		t.Errorf("%+v", s)
	}
}

func TestSmallest(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		v := drawPoints(1).Draw(t, "v").X
		k := rapid.IntRange(1, len(v)).Draw(t, "k")
		want := slices.Sorted(slices.Values(v))[k-1]
		if got := smallest(v, k); got != want {
			t.Fatalf("%g, want %g", got, want)
		}
	})
}

// The p-value equals that of all ways to merge two small samples, counted one by one.
func TestKSBetweenPValueCountsMergings(t *testing.T) {
	for n := 1; n <= 6; n++ {
		for m := 1; m <= 6; m++ {
			count := map[int]float64{} // of the largest |i m - j n|
			all := 0.
			var merge func(i, j, far int)
			merge = func(i, j, far int) {
				far = max(far, i*m-j*n, j*n-i*m)
				if i == n && j == m {
					count[far]++
					all++
					return
				}
				if i < n {
					merge(i+1, j, far)
				}
				if j < m {
					merge(i, j+1, far)
				}
			}
			merge(0, 0, 0)
			for reach := range n*m + 1 {
				want := 0.
				for far, c := range count {
					if far >= reach {
						want += c / all
					}
				}
				near(t, "p", must(KSBetweenPValue(float64(reach)/float64(n*m), n, m)), want, 1e-14)
			}
		}
	}
}

// For large samples the critical value of the limit distribution is nearly that of the walk. The p-values continue
// smoothly where samples are too large for the walk.
func TestKSBetweenPValueLimit(t *testing.T) {
	const n, m = 4000, 3000
	d := must(KSBetweenCritical(n, m, .01))
	near(t, "p at the limit's 1 %", must(KSBetweenPValue(d, n, m)), .01, 5e-4)
	d = must(KSBetweenCritical(1e6, 1e6, 1e-6))
	near(t, "p of a million / 1e-6", must(KSBetweenPValue(d, 1e6, 1e6))/1e-6, 1, 1e-9)
	near(t, "p at 0", must(KSBetweenPValue(0, n, m)), 1, 0)
}
