package kit

import (
	"github.com/gomlx/gomlx/core/tensors"

	"scorelab/lib/metrics"
)

// Until are the leading times up to and including end.
func Until(times []float64, end float64) []float64 {
	n := 0
	for n < len(times) && times[n] <= end {
		n++
	}
	return times[:n]
}

// Centers, Lows and Highs are the estimates of summaries and the ends of their intervals.
func Centers(s []metrics.Summary) []float64 {
	return Map(s, func(s metrics.Summary) float64 { return s.Center })
}
func Lows(s []metrics.Summary) []float64 {
	return Map(s, func(s metrics.Summary) float64 { return s.Lo })
}
func Highs(s []metrics.Summary) []float64 {
	return Map(s, func(s metrics.Summary) float64 { return s.Hi })
}

// Map applies f to each element.
func Map[T, U any](in []T, f func(T) U) []U {
	out := make([]U, len(in))
	for i, v := range in {
		out[i] = f(v)
	}
	return out
}

// Rows makes the rows of a table from columns of equal length.
func Rows(columns ...[]float64) [][]any {
	rows := make([][]any, len(columns[0]))
	for i := range rows {
		for _, c := range columns {
			rows[i] = append(rows[i], c[i])
		}
	}
	return rows
}

// LargestDifference is the largest absolute difference of two columns.
func LargestDifference(a, b []float64) float64 { return LargestAbs(Differences(a, b)) }

// Differences are a[i] - b[i] for columns of equal length.
func Differences(a, b []float64) []float64 {
	out := make([]float64, len(a))
	for i := range a {
		out[i] = a[i] - b[i]
	}
	return out
}

// Flatten copies float64 tensors to flat slices.
func Flatten(out []*tensors.Tensor) [][]float64 { return Map(out, tensors.MustCopyFlatData[float64]) }

// SquaredNorm is |x|^2.
func SquaredNorm(x []float64) float64 {
	sum := 0.
	for _, v := range x {
		sum += v * v
	}
	return sum
}
