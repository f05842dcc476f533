package metrics

import (
	"fmt"
	"math"
	"slices"
)

// W1 is the 1-Wasserstein distance int |F_n - F| dx, in the unit of xs, of a sample of at least 2 numbers to a
// distribution. cdf is its distribution function F, whose tails must be lighter than |x|^-3. The integral is split at
// the sample and where F crosses F_n. Adaptive Gauss-Legendre quadrature computes it with an error below 1e-9 of the
// range that sample and distribution span together. A distribution is found however narrow it is. F does not fall, so
// its values at the ends of an interval bound it inside, and a rule that disagrees with them is refined.
//
// The interval is for the distance between cdf and the distribution of the sample. As in [W1Between], it is [max(0, W1
// - floor - Width se), W1 + Width se] with the terms of the one sample. If the distributions are the same, W1 is about
// floor, and the interval reaches down to 0. For a sample of equal numbers it is W1 (1 +- p) with p = 1 - Miss^(1/n),
// the largest mass that its distribution may have elsewhere. That mass is assumed to lie as far away as the distance
// itself.
func W1(xs []float64, cdf func(float64) float64) (Summary, error) {
	if err := Line(xs).checkAtLeast(2, "xs"); err != nil {
		return Summary{}, err
	}
	x := slices.Sorted(slices.Values(xs))
	n := len(x)
	at := make([]float64, n) // F at the sample
	last := 0.0
	for i := range x {
		at[i] = cdf(x[i])
		if err := checkCDF(x[i], at[i], last); err != nil {
			return Summary{}, err
		}
		last = at[i]
	}
	scale := x[n-1] - x[0]
	if scale == 0 {
		scale = scaleAround(cdf, x[0])
	}
	q := &monotone{f: cdf, span: x[n-1] - x[0]}
	left, err := q.tail(func(z float64) float64 { return x[0] - z }, 0, scale)
	if err != nil {
		return Summary{}, err
	}
	right, err := q.tail(func(z float64) float64 { return x[n-1] + z }, 1, scale)
	if err != nil {
		return Summary{}, err
	}
	d := left + right
	q.tol = roundingTol * (d + q.span)
	for i := 1; i < n; i++ {
		d += q.gap(float64(i)/float64(n), x[i-1], x[i], at[i-1], at[i])
	}
	if q.err != nil {
		return Summary{}, q.err
	}
	floor, se := w1Error(x)
	return w1Summary(d, floor, se, n).widened(unseen(Line(xs))).finite("W1")
}

// scaleAround is a power of 2 such that at least half of the mass is within that distance of x. It is at least the
// spacing of numbers there.
func scaleAround(cdf func(float64) float64, x float64) float64 {
	_, lo := math.Frexp(max(math.Abs(x)*0x1p-52, math.SmallestNonzeroFloat64))
	hi := 1023
	for lo < hi {
		mid := lo + (hi-lo)/2
		if z := math.Ldexp(1, mid); cdf(x+z)-cdf(x-z) >= .5 {
			hi = mid
		} else {
			lo = mid + 1
		}
	}
	return math.Ldexp(1, hi)
}

// monotone integrates a nondecreasing function, and keeps the first error.
type monotone struct {
	f       func(float64) float64
	span    float64 // of the sample
	tol     float64 // an integral whose bounds differ by less is not refined
	spacing float64 // of numbers there: rounding moves positions, which changes an integral by this times the rise
	err     error
}

// roundingTol is tol relative to the whole range.
const roundingTol = 1e-10

// gap is int_a^b |level - F|, where F rises from fa to fb.
func (q *monotone) gap(level, a, b, fa, fb float64) float64 {
	if a == b {
		return 0
	}
	q.spacing = 0x1p-52 * max(math.Abs(a), math.Abs(b))
	diff := func(z float64) float64 { return q.f(z) - level }
	if fa < level && level < fb {
		c := root(diff, a, b)
		fc := diff(c)
		return q.integral(diff, c, b, fc, fb-level) - q.integral(diff, a, c, fa-level, fc)
	}
	return math.Abs(q.integral(diff, a, b, fa-level, fb-level))
}

// tail is int_0^inf |F(at(z)) - limit| dz, over segments that double from the given scale. Once that is small, the
// integral beyond z is about z times it for a power law and less for a lighter tail.
func (q *monotone) tail(at func(z float64) float64, limit, scale float64) (float64, error) {
	f := func(z float64) float64 { return math.Abs(q.f(at(z)) - limit) }
	sum, z, level := 0.0, 0.0, f(0)
	for !math.IsInf(z+scale, 0) && q.err == nil {
		if level < 1e-9 && z*level <= 1e-9*sum {
			return sum, nil
		}
		if level < 1e-15 { // beyond, 1 - F is rounding
			if z*level <= 1e-9*(sum+q.span) {
				return sum, nil
			}
			break
		}
		next := f(z + scale)
		q.tol, q.spacing = roundingTol*(z+scale), 0x1p-52*max(math.Abs(at(z)), math.Abs(at(z+scale)))
		sum += q.integral(f, z, z+scale, level, next)
		z += scale
		level = next
		scale *= 2
	}
	if q.err != nil {
		return 0, q.err
	}
	return 0, fmt.Errorf("metrics: the distribution function nears 0 or 1 too slowly, still at a distance %.2g from "+
		"the sample: does the distribution have a finite mean, and lighter tails than |x|^-3?", z)
}

// integral halves [a, b], at whose ends f is fa and fb. It stops when the rule agrees with its halves and with the ends
// to 1e-10 of the length, or when the bounds from the ends agree.
func (q *monotone) integral(f func(float64) float64, a, b, fa, fb float64) float64 {
	return q.refine(f, segment{a, b, fa, fb}, newNodes(f, a, b))
}

// segment is an interval and the values of a function at its ends.
type segment struct{ a, b, fa, fb float64 }

func (q *monotone) refine(f func(float64) float64, s segment, whole nodes) float64 {
	mid := s.a + (s.b-s.a)/2
	l, r := newNodes(f, s.a, mid), newNodes(f, mid, s.b)
	sum := l.integral(s.a, mid) + r.integral(mid, s.b)
	fm := f(mid)
	left, right := segment{s.a, mid, s.fa, fm}, segment{mid, s.b, fm, s.fb}
	q.check(left, l)
	q.check(right, r)
	length, noise := s.b-s.a, q.spacing*math.Abs(s.fb-s.fa)
	// The outer nodes are 1/50 of the length from the ends, so the error there is 1e-10 of it.
	meets := max(l.miss(s.fa, fm), r.miss(fm, s.fb)) <= 5e-9+8*noise/length
	switch {
	case q.err != nil, mid == s.a, mid == s.b:
		return sum
	case meets && math.Abs(sum-whole.integral(s.a, s.b)) <= 1e-10*length+noise:
		return sum
	case math.Abs(s.fb-s.fa)*length <= q.tol:
		return sum
	}
	return q.refine(f, left, l) + q.refine(f, right, r)
}

// check keeps an error if values are outside the bounds from the ends.
func (q *monotone) check(s segment, values nodes) {
	const rounding = 1e-9 // as in checkCDF
	lo, hi := min(s.fa, s.fb)-rounding, max(s.fa, s.fb)+rounding
	for _, v := range values {
		if !(lo <= v && v <= hi) && q.err == nil { // NaN too
			q.err = fmt.Errorf("metrics: the distribution function is no such function: off by %g between two places "+
				"%.3g apart where it differs by %g; it must rise from 0 to 1", max(lo-v, v-hi), s.b-s.a,
				math.Abs(s.fb-s.fa))
		}
	}
}
