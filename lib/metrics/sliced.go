package metrics

import (
	"fmt"
	"math"
	"runtime"
	"slices"
	"sync"
)

// Projections is the default number of directions of the sliced distance.
const Projections = 64

// blocks is the number of groups of the jackknife.
const blocks = 20

// SlicedW2 is the sliced 2-Wasserstein distance of two samples of at least 2 points each,
//
//	SW2 = (1/K sum_k W2^2(theta_k x, theta_k y))^(1/2)
//
// over k = K fixed [Directions] (Bonneel et al., J. Math. Imaging Vis. 51, 2015), in the unit of the points. A shift
// by m in the plane has SW2 = |m|/sqrt 2.
//
// The interval is Width standard errors about SW2 for the mean of this number over samples of these sizes. It does not
// account for the upward bias of finite samples. Samples of the same distribution have a positive distance, so compare
// with that of two exact samples of the same sizes. The standard error is that of the jackknife over 20 blocks, which
// is conservative (Efron & Stein, Ann. Stat. 9, 1981). In more than two dimensions that of drawing K directions is
// added. N is the size of the smaller sample.
func SlicedW2(x, y Points, k int) (Summary, error) {
	if err := checkPair(x, y, 2); err != nil {
		return Summary{}, err
	}
	if k < 1 {
		return Summary{}, fmt.Errorf("metrics: SlicedW2 needs at least 1 direction, not %d", k)
	}
	return slicedW2(x, y, Directions(k, x.D)).finite("SlicedW2")
}

func slicedW2(x, y Points, directions [][]float64) Summary {
	along := make([]slice, len(directions))
	eachOf(len(directions), func(k int) { along[k] = newSlice(x, y, directions[k]) })

	k, groups := float64(len(directions)), float64(groupsOf(x, y))
	var mean, scatter float64 // of W2^2 over directions
	for _, s := range along {
		mean += s.all / k
	}
	for _, s := range along {
		scatter += (s.all - mean) * (s.all - mean) / (k * max(k-1, 1))
	}
	without := make([]float64, int(groups)) // SW2 without one block
	var center, v float64
	for b := range without {
		for _, s := range along {
			without[b] += s.without[b] / k
		}
		without[b] = math.Sqrt(without[b])
		center += without[b] / groups
	}
	for _, w := range without {
		v += (w - center) * (w - center) * (groups - 1) / groups
	}
	d := math.Sqrt(mean)
	if x.D > 2 && d > 0 {
		v += scatter / (4 * mean) // of the root, by the delta method
	}
	// The mass p at the distance d changes W2^2 by p d^2.
	s := WithError(d, math.Sqrt(v), min(x.N, y.N)).widened(math.Sqrt(unseen(x, y)))
	s.Lo = max(0, s.Lo)
	return s
}

// slice is W2^2 along one direction: of all points, and without each block of both samples.
type slice struct {
	all     float64
	without []float64
}

func newSlice(x, y Points, direction []float64) slice {
	square := func(z float64) float64 { return z * z }
	groups := groupsOf(x, y)
	xValues, xGroups := project(x, direction, groups)
	yValues, yGroups := project(y, direction, groups)
	s := slice{quantileDistance(xValues, yValues, square), make([]float64, groups)}
	xRest, yRest := make([]float64, 0, x.N), make([]float64, 0, y.N)
	for b := range s.without {
		xRest, yRest = drop(xRest, xValues, xGroups, b), drop(yRest, yValues, yGroups, b)
		s.without[b] = quantileDistance(xRest, yRest, square)
	}
	return s
}

func groupsOf(x, y Points) int { return min(blocks, x.N, y.N) }

// project returns the sorted coordinates along direction and the block, 0 .. groups-1, of each.
func project(p Points, direction []float64, groups int) (values []float64, group []uint8) {
	type labeled struct {
		value float64
		group uint8
	}
	all := make([]labeled, p.N)
	for i := range all {
		for j, x := range p.Row(i) {
			all[i].value += x * direction[j]
		}
		all[i].group = uint8(i * groups / p.N)
	}
	slices.SortFunc(all, func(a, b labeled) int {
		switch {
		case a.value < b.value:
			return -1
		case a.value > b.value:
			return 1
		}
		return 0
	})
	values, group = make([]float64, p.N), make([]uint8, p.N)
	for i, a := range all {
		values[i], group[i] = a.value, a.group
	}
	return values, group
}

// drop fills rest with the values outside block b.
func drop(rest, values []float64, group []uint8, b int) []float64 {
	rest = rest[:0]
	for i, v := range values {
		if int(group[i]) != b {
			rest = append(rest, v)
		}
	}
	return rest
}

// eachOf calls f(0) .. f(n-1), in parallel on all processors.
func eachOf(n int, f func(int)) {
	var group sync.WaitGroup
	workers := min(n, runtime.GOMAXPROCS(0))
	for w := range workers {
		group.Go(func() {
			for i := w; i < n; i += workers {
				f(i)
			}
		})
	}
	group.Wait()
}
