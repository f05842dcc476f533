package data

import (
	"errors"
	"math"
	"strings"
	"testing"
)

func TestPointsValidate(t *testing.T) {
	nan, inf := math.NaN(), math.Inf(-1)
	for _, c := range []struct {
		p          Points
		want       string // "": fit for training
		degenerate bool
	}{
		{Points{N: 2, D: 2, X: []float64{1, 2, 1, 2.5}}, "", false},
		{Points{N: 3, D: 1, X: []float64{1, 1, 0}}, "", false},
		{Points{}, "the data set is empty, its shape is [0, 0]", false},
		{Points{N: 3}, "the data set is empty, its shape is [3, 0]", false},
		{Points{N: 2, D: 2, X: []float64{1, 2, 3}}, "shape [2, 2] have 3 values instead of 4", false},
		{Points{N: 2, D: 2, X: []float64{1, 2, nan, inf}}, "2 of 4 values are NaN or infinite, the first at row 1, " +
			"column 0, counted from 0", false},
		{Points{N: 1, D: 2, X: []float64{1, 2}}, "there is a single point, so that the score would be that of one " +
			"Gaussian", true},
		{Points{N: 3, D: 2, X: []float64{1, 2, 1, 2, 1, 2}}, "all 3 points are identical, so that the score would be " +
			"that of one Gaussian", true},
	} {
		err := c.p.Validate()
		if (err == nil) != (c.want == "") || err != nil && (!strings.Contains(err.Error(), c.want) || strings.Contains(
			err.Error(), "\n")) {
			t.Errorf("%+v: %v, want %q", c.p, err, c.want)
		}
		if degenerate := (*DegenerateError)(nil); errors.As(err, &degenerate) != c.degenerate {
			t.Errorf("%+v: %T", c.p, err)
		}
	}
}
