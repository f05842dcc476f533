package metrics

import (
	"math"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/stat"
)

// The kernel distances of this package are U-statistics: means of a kernel over pairs of different points. Their
// variance has a part of first order, 1/n, and one of second order, 1/n^2, which is all that is left between samples of
// one law (Hoeffding, Ann. Math. Stat. 19, 1948). Both are estimated, in one pass over the pairs.

// gram sums a kernel k(i, j) over pairs.
type gram struct {
	rows, cols []float64 // sums over j, over i
	squares    float64   // sum of k^2
	within     bool      // i and j are of one sample, i != j; rows and cols are then the same
}

// strip is the number of rows that are summed at a time: sums over strips are added in their order, so that the
// processors do not show in the last bits.
const strip = 256

// across sums k over i < n and j < m.
func across(n, m int, k func(i, j int) float64) gram { return sumPairs(n, m, false, k) }

// within sums the symmetric kernel k over i != j, each below n.
func within(n int, k func(i, j int) float64) gram { return sumPairs(n, n, true, k) }

func sumPairs(n, m int, within bool, k func(i, j int) float64) gram {
	parts := make([]gram, (n+strip-1)/strip)
	g := gram{rows: make([]float64, n), cols: make([]float64, m), within: within}
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
				part.squares += v * v
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

// others is the number of pairs that a row is in.
func (g gram) others() float64 {
	if g.within {
		return float64(len(g.rows) - 1)
	}
	return float64(len(g.cols))
}

// mean is the unbiased mean of the kernel.
func (g gram) mean() float64 { return floats.Sum(g.rows) / (float64(len(g.rows)) * g.others()) }

// interaction is the mean square of the kernel less its row and column means: unbiased for
// E (k - E[k|x] - E[k|y] + E k)^2; within a sample by U-centring (Szekely & Rizzo, Ann. Stat. 42, 2014), which takes 4
// points, and for fewer by the variance of the kernel, which is larger.
func (g gram) interaction() float64 {
	n, m, sum := float64(len(g.rows)), float64(len(g.cols)), floats.Sum(g.rows)
	switch {
	case !g.within:
		return max(0, g.squares-floats.Dot(g.rows, g.rows)/m-floats.Dot(g.cols, g.cols)/n+sum*sum/(n*m)) / ((n - 1) * (m - 1))
	case n > 3:
		return max(0, g.squares-2/(n-2)*floats.Dot(g.rows, g.rows)+sum*sum/((n-1)*(n-2))) / (n * (n - 3))
	default:
		return max(0, g.squares/(n*(n-1))-g.mean()*g.mean())
	}
}

// estimate is a U-statistic with the two parts of its variance.
type estimate struct{ center, first, second float64 }

// oneSample is the mean of the kernel over pairs within one sample:
//
//	Var = 4 Var E[k|x] / n + 2 z/(n(n-1)),  z the interaction.
//
// The first part is estimated from the means of the rows, less the noise in them.
func oneSample(g gram) estimate {
	n, z := float64(len(g.rows)), g.interaction()
	noise := z * (n - 2) / ((n - 1) * (n - 1))
	return estimate{g.mean(), 4 / n * max(0, stat.Variance(g.rows, nil)/(g.others()*g.others())-noise), 2 * z / (n * (n - 1))}
}

// twoSample is the mean of k(x,x') + k(y,y') - 2 k(x,y), the squared distance of the laws in the space of the kernel
// k, from its sums within and across the samples:
//
//	Var = 4 Var E[k(x,X) - k(x,Y) | x]/n + the same of y + 2 zxx/(n(n-1)) + 2 zyy/(m(m-1)) + 4 zxy/(nm).
func twoSample(xx, yy, xy gram) estimate {
	e := estimate{center: xx.mean() + yy.mean() - 2*xy.mean()}
	n, m := float64(len(xx.rows)), float64(len(yy.rows))
	zxx, zyy, zxy := xx.interaction(), yy.interaction(), xy.interaction()
	e.second = 2*zxx/(n*(n-1)) + 2*zyy/(m*(m-1)) + 4*zxy/(n*m)
	side := func(in gram, out []float64, n, m, z float64) float64 {
		witness := make([]float64, len(in.rows))
		for i, r := range in.rows {
			witness[i] = r/(n-1) - out[i]/m
		}
		return 4 / n * (stat.Variance(witness, nil) - z*(n-2)/((n-1)*(n-1)) - zxy/m)
	}
	e.first = max(0, side(xx, xy.rows, n, m, zxx)+side(yy, xy.cols, m, n, zyy))
	return e
}

// skew is how many standard errors a centred chi-square of one degree of freedom, (Z^2 - 1)/sqrt 2, exceeds with
// probability Miss, as |Z| exceeds Width. The part of second order is a weighted sum of such, and of those with one
// variance the single one has the heaviest tail there.
const skew = (Width*Width - 1) / math.Sqrt2

// summary is [center - root((Width se1)^2 + (skew se2)^2), center + Width se], with se1^2 and se2^2 the two parts of the
// variance se^2: between samples of one law the estimate is skewed to the right, so the truth may lie further below. For
// independent parts the root covers their sum with probability 1 - Miss, whatever their ratio.
func (e estimate) summary(n int) Summary {
	se1, se2 := math.Sqrt(e.first), math.Sqrt(e.second)
	return Summary{Center: e.center, Lo: e.center - math.Hypot(Width*se1, skew*se2), Hi: e.center + Width*math.Hypot(se1, se2), N: n}
}
