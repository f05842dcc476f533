package metrics

import (
	"math"
	"slices"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/stat"
)

// The kernel distances of this package are U-statistics: means of a kernel over pairs of different points. Their
// variance has a part of first order, 1/n, and one of second order, 1/n^2. Between samples of the same distribution
// only the second is left (Hoeffding, Ann. Math. Stat. 19, 1948). Both are estimated in one pass over the pairs.

// gram sums a kernel k(i, j) over pairs.
type gram struct {
	rows, cols []float64 // sums over j, over i
	base       float64   // one value of k
	squares    float64   // sum of (k - base)^2, which keeps digits where k hardly varies
	within     bool      // i and j are of one sample, i != j; rows and cols are then the same
}

// strip is the number of rows that are summed at a time. Sums over strips are added in order, so that the last bits are
// independent of the number of processors.
const strip = 256

// across sums k over i < n and j < m.
func across(n, m int, k func(i, j int) float64) gram { return sumPairs(n, m, false, k) }

// within sums the symmetric kernel k over i != j, each below n.
func within(n int, k func(i, j int) float64) gram { return sumPairs(n, n, true, k) }

func sumPairs(n, m int, within bool, k func(i, j int) float64) gram {
	parts := make([]gram, (n+strip-1)/strip)
	g := gram{rows: make([]float64, n), cols: make([]float64, m), base: k(0, m-1), within: within}
	eachOf(len(parts), func(s int) {
		part := gram{rows: g.rows, cols: make([]float64, m)}
		for i := s * strip; i < min(n, (s+1)*strip); i++ {
			first := 0
			if within {
				first = i + 1
			}
			row := 0.0
			for j := first; j < m; j++ {
				v := k(i, j)
				row += v
				part.cols[j] += v
				part.squares += (v - g.base) * (v - g.base)
			}
			part.rows[i] = row
		}
		parts[s] = part
	})
	for _, part := range parts {
		g.squares += part.squares
		for j, c := range part.cols {
			g.cols[j] += c
		}
	}
	if within {
		g.squares *= 2
		for i := range g.rows {
			g.rows[i] += g.cols[i]
		}
		g.cols = g.rows
	}
	return g
}

// others is the number of pairs in a row.
func (g gram) others() float64 {
	if g.within {
		return float64(len(g.rows) - 1)
	}
	return float64(len(g.cols))
}

// mean is the unbiased mean of the kernel.
func (g gram) mean() float64 { return floats.Sum(g.rows) / (float64(len(g.rows)) * g.others()) }

// interaction is the mean square of the kernel less its row and column means: unbiased for E (k - E[k|x] - E[k|y] + E
// k)^2; within a sample by U-centering (Szekely & Rizzo, Ann. Stat. 42, 2014), which needs 4 points. For fewer it is
// the variance of the kernel, which is larger.
func (g gram) interaction() float64 {
	n, m := float64(len(g.rows)), float64(len(g.cols))
	rows := g.about(g.rows, g.others())
	squared, sum := floats.Dot(rows, rows), floats.Sum(rows)
	switch {
	case !g.within:
		cols := g.about(g.cols, n)
		return max(0, g.squares-squared/m-floats.Dot(cols, cols)/n+sum*sum/(n*m)) / ((n - 1) * (m - 1))
	case n > 3:
		return max(0, g.squares-2/(n-2)*squared+sum*sum/((n-1)*(n-2))) / (n * (n - 3))
	default:
		mean := sum / (n * (n - 1))
		return max(0, g.squares/(n*(n-1))-mean*mean)
	}
}

// about returns sums over pairs, each over the given number, for the kernel less its base.
func (g gram) about(sums []float64, pairs float64) []float64 {
	out := slices.Clone(sums)
	floats.AddConst(-pairs*g.base, out)
	return out
}

// estimate is a U-statistic with the two parts of its variance. noise is the contribution of the second part that was
// subtracted from the first. floor is the bias of the statistic that includes pairs (i, i).
type estimate struct{ center, first, second, noise, floor float64 }

// oneSample is the mean of the kernel over pairs within one sample:
//
//	Var = 4 Var E[k|x] / n + 2 z/(n(n-1)),  z the interaction.
//
// The first part is estimated from the means of the rows, less the noise in them. diagonal is the mean of k(x, x).
func oneSample(g gram, diagonal float64) estimate {
	n, z := float64(len(g.rows)), g.interaction()
	e := estimate{center: g.mean(), second: 2 * z / (n * (n - 1)), noise: 4 / n * z * (n - 2) / ((n - 1) * (n - 1))}
	e.first = max(0, 4/n*stat.Variance(g.rows, nil)/((n-1)*(n-1))-e.noise)
	e.floor = (diagonal - e.center) / n
	return e
}

// twoSample is the mean of k(x,x') + k(y,y') - 2 k(x,y), the squared distance of the distributions in the space of the
// kernel k, from its sums within and across the samples, and k(x, x) = diagonal:
//
//	Var = 4 Var E[k(x,X) - k(x,Y) | x]/n + the same of y + 2 zxx/(n(n-1)) + 2 zyy/(m(m-1)) + 4 zxy/(nm).
func twoSample(xx, yy, xy gram, diagonal float64) estimate {
	e := estimate{center: xx.mean() + yy.mean() - 2*xy.mean()}
	n, m := float64(len(xx.rows)), float64(len(yy.rows))
	zxx, zyy, zxy := xx.interaction(), yy.interaction(), xy.interaction()
	e.second = 2*zxx/(n*(n-1)) + 2*zyy/(m*(m-1)) + 4*zxy/(n*m)
	e.floor = (diagonal-xx.mean())/n + (diagonal-yy.mean())/m
	side := func(in gram, out []float64, n, m, z float64) float64 {
		e.noise += 4 / n * (z*(n-2)/((n-1)*(n-1)) + zxy/m)
		witness := make([]float64, len(in.rows))
		for i, r := range in.rows {
			witness[i] = r/(n-1) - out[i]/m
		}
		return 4 / n * stat.Variance(witness, nil)
	}
	all := side(xx, xy.rows, n, m, zxx) + side(yy, xy.cols, m, n, zyy)
	e.first = max(0, all-e.noise)
	return e
}

// skew is the value that a standardized chi-square of one degree of freedom, (Z^2 - 1)/sqrt 2, exceeds with probability
// Miss, as |Z| exceeds Width. The part of second order is a weighted sum of such variables. Among sums of equal
// variance the single one has the heaviest tail there.
const skew = (Width*Width - 1) / math.Sqrt2

// se is the standard error.
func (e estimate) se() float64 { return math.Sqrt(e.first + e.second) }

// summary is the interval of a squared distance |a|^2. The measurement is |a + Z|^2 less its bias, the floor, where Z
// is a small normal error in the space of the kernel. With se1^2 and se2^2 the parts of first and second order,
//
//	Lo = center - root((Width se1)^2 + (skew se2)^2)
//	Hi = center + floor + Width se1' + Width^2 se2/sqrt 2.
//
// Lo accounts for the skew between samples of the same distribution. For independent parts it covers their sum at any
// ratio. Hi is the square of |a + Z| + Width sd, where sd^2 = se2/sqrt 2 is the largest noise along a. The estimates of
// a small distance and of its se1 may both be 0 by chance, so se1' includes the noise. Both ends approach center +-
// Width se where the distance is far above its noise.
//
// The root of a squared distance is a norm in the space of the kernel. The hidden mass of [unseen] changes it by that
// fraction, if it lies as far away as the distance.
func (e estimate) summary(n int, hidden float64) Summary {
	se2 := math.Sqrt(e.second)
	s := Summary{
		Center: e.center,
		Lo:     e.center - math.Hypot(Width*math.Sqrt(e.first), skew*se2),
		Hi:     e.center + max(0, e.floor) + Width*math.Sqrt(e.first+e.noise) + Width*Width*se2/math.Sqrt2,
		N:      n,
	}
	return s.widened(hidden * (2 + hidden))
}
