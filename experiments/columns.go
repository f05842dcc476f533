package main

import "scorelab/lib/metrics"

// until are the leading times that do not exceed the end.
func until(times []float64, end float64) []float64 {
	n := 0
	for n < len(times) && times[n] <= end {
		n++
	}
	return times[:n]
}

func centers(s []metrics.Summary) []float64 {
	return each(s, func(s metrics.Summary) float64 { return s.Center })
}
func lows(s []metrics.Summary) []float64 {
	return each(s, func(s metrics.Summary) float64 { return s.Lo })
}
func highs(s []metrics.Summary) []float64 {
	return each(s, func(s metrics.Summary) float64 { return s.Hi })
}

// each maps a slice.
func each[T, U any](in []T, f func(T) U) []U {
	out := make([]U, len(in))
	for i, v := range in {
		out[i] = f(v)
	}
	return out
}

// zip makes table rows of columns of equal length.
func zip(columns ...[]float64) [][]any {
	rows := make([][]any, len(columns[0]))
	for i := range rows {
		for _, c := range columns {
			rows[i] = append(rows[i], c[i])
		}
	}
	return rows
}

// distance is the largest absolute difference of two columns.
func distance(a, b []float64) float64 { return largest(differences(a, b)) }

func differences(a, b []float64) []float64 {
	out := make([]float64, len(a))
	for i := range a {
		out[i] = a[i] - b[i]
	}
	return out
}
