package metrics

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/stat/distuv"
)

// HistogramJS is the Jensen-Shannon divergence in nats between the histograms of two samples of at least 2 points each.
// The cells are a grid of bins^D equal boxes over the range of the pooled sample. (A point on the border of two boxes
// is in the upper one.)
//
// The interval is for the divergence of the binned distributions, which is at most that of the distributions, over the
// same boxes. The divergence of samples is biased upward: for one distribution, with B occupied cells, it is c
// chi^2(B-1) with c = (1/n+1/m)/8, so (B-1)c on average. With the standard error se by the delta method, the interval
// is [max(0, JS - Width se - c q), min(JS + Width se + c Width^2, ln 2)], where chi^2(B-1) exceeds q with probability
// Miss. The term c Width^2 covers small divergences whose estimate is 0 by chance. Both hold for cells with many points
// each, so choose few bins. N is the size of the smaller sample.
func HistogramJS(x, y Points, bins int) (Summary, error) {
	h, err := newHistogram(x, y, bins, 0)
	if err != nil {
		return Summary{}, err
	}
	var js float64
	var p, q moments2
	for b := range h.p {
		m := (h.p[b] + h.q[b]) / 2
		js += (xlog(h.p[b], h.p[b]/m) + xlog(h.q[b], h.q[b]/m)) / 2
		p.add(h.p[b], math.Log(max(h.p[b], h.floorP)/m)/2)
		q.add(h.q[b], math.Log(max(h.q[b], h.floorQ)/m)/2)
	}
	s := h.summary(js, p.variance()/h.n+q.variance()/h.m, 1./8)
	s.Center, s.Hi = min(s.Center, math.Ln2), min(s.Hi, math.Ln2)
	return s, nil
}

// HistogramKL is the Kullback-Leibler divergence in nats of the distribution of x from that of y, between their shares
// of the cells of [HistogramJS]. Every occupied cell gets half a point more of both samples (Krichevsky & Trofimov,
// IEEE Trans. Inf. Theory 27, 1981). This keeps the divergence finite where only x has points, and lowers it there.
//
// The interval is as in HistogramJS with c = (1/n+1/m)/2. It is for the divergence of the binned distributions,
// provided that y has points wherever x has many; otherwise the true divergence may lie anywhere above it.
func HistogramKL(x, y Points, bins int) (Summary, error) {
	h, err := newHistogram(x, y, bins, .5)
	if err != nil {
		return Summary{}, err
	}
	var kl float64
	var p, q moments2
	for b := range h.p {
		ratio := h.p[b] / h.q[b]
		kl += xlog(h.p[b], ratio)
		p.add(h.p[b], math.Log(ratio))
		q.add(h.q[b], ratio)
	}
	return h.summary(kl, p.variance()/h.n+q.variance()/h.m, 1./2), nil
}

// histogram holds the shares of two samples of n and m points in the occupied cells, in the order of first occurrence.
type histogram struct {
	p, q           []float64
	n, m           float64
	floorP, floorQ float64 // half a point, for the error of an empty cell
}

func newHistogram(x, y Points, bins int, prior float64) (histogram, error) {
	if err := checkPair(x, y, 2); err != nil {
		return histogram{}, err
	}
	if cells := math.Pow(float64(bins), float64(x.D)); bins < 1 || cells > math.MaxInt32 {
		return histogram{}, fmt.Errorf("metrics: a histogram of %d bins in %d dimensions has %g cells; give at least "+
			"1 and "+
			"at most %d", bins, x.D, cells, math.MaxInt32)
	}
	lo, hi := append([]float64(nil), x.Row(0)...), append([]float64(nil), x.Row(0)...)
	for _, p := range []Points{x, y} {
		for i, v := range p.X {
			lo[i%p.D], hi[i%p.D] = min(lo[i%p.D], v), max(hi[i%p.D], v)
		}
	}
	for d := range lo {
		if math.IsInf(hi[d]-lo[d], 0) {
			return histogram{}, fmt.Errorf("metrics: the range of a histogram, from %g to %g, leaves float64; scale "+
				"the points "+
				"down", lo[d], hi[d])
		}
	}
	h := histogram{n: float64(x.N), m: float64(y.N), floorP: .5 / float64(x.N), floorQ: .5 / float64(y.N)}
	index := map[int]int{}
	for which, p := range []Points{x, y} {
		for i := range p.N {
			cell := 0
			for d, v := range p.Row(i) {
				b := 0
				if hi[d] > lo[d] {
					b = min(bins-1, int((v-lo[d])/(hi[d]-lo[d])*float64(bins)))
				}
				cell = cell*bins + b
			}
			at, known := index[cell]
			if !known {
				at = len(h.p)
				index[cell] = at
				h.p, h.q = append(h.p, prior), append(h.q, prior)
			}
			[]([]float64){h.p, h.q}[which][at]++
		}
	}
	spread := prior * float64(len(h.p))
	for b := range h.p {
		h.p[b] /= h.n + spread
		h.q[b] /= h.m + spread
	}
	return h, nil
}

// summary makes the interval from the first-order variance and the factor of 1/n + 1/m in c.
func (h histogram) summary(d, variance, factor float64) Summary {
	c, q, se := factor*(1/h.n+1/h.m), 0.0, root2(variance)
	if cells := len(h.p); cells > 1 {
		// A chi-square of k degrees of freedom is twice a gamma variable of shape k/2.
		q = 2 * gammaQuantile(float64(cells-1)/2)
	}
	d = max(0, d) // below 0 only by rounding
	return Summary{Center: d, Lo: max(0, d-c*q-Width*se), Hi: d + Width*se + Width*Width*c, N: int(min(h.n, h.m))}
}

// gammaQuantile is the value that a gamma variable of the given shape and rate 1 exceeds with probability Miss.
func gammaQuantile(shape float64) float64 {
	g := distuv.Gamma{Alpha: shape, Beta: 1}
	return root(func(z float64) float64 { return math.Log(g.Survival(z) / Miss) }, 0, shape+40+12*math.Sqrt(shape))
}

// moments2 accumulates the variance of f under weights that sum to 1. It takes no difference of squares (West, Commun.
// ACM 22, 1979).
type moments2 struct{ weight, mean, square float64 }

func (m *moments2) add(weight, f float64) {
	if weight == 0 {
		return
	}
	m.weight += weight
	off := f - m.mean
	m.mean += off * (weight / m.weight) // exact for the first value
	m.square += weight * off * (f - m.mean)
}

func (m moments2) variance() float64 { return max(0, m.square) }

// xlog is a log b, 0 for a = 0.
func xlog(a, b float64) float64 {
	if a == 0 {
		return 0
	}
	return a * math.Log(b)
}
