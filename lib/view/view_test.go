package view

import (
	"errors"
	"math"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/gomlx/compute"
	. "github.com/gomlx/gomlx/core/graph"

	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"

	"scorelab/lib/backend/backendtest"
	"scorelab/lib/density"
	"scorelab/lib/diffusion"
	"scorelab/lib/figure"
)

// lopsided is N((1, 0), diag(1, 4)), whose axes differ.
func lopsided(t *testing.T) *density.Mixture {
	t.Helper()
	m, err := density.NewMixture("lopsided", density.Component{Weight: 1, Mean: []float64{1, 0},
		Cov: [][]float64{{1, 0}, {0, 4}}})
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func TestDensitiesAndScores(t *testing.T) {
	backendtest.Each(t, func(t *testing.T, b compute.Backend) {
		target, p := lopsided(t), diffusion.EDM{} // x + t eps
		const side, n = 2., 5
		times := []float64{0, 1}
		fields, err := Densities(b, target, p, side, n, times...)
		if err != nil {
			t.Fatal(err)
		}
		arrows, err := Scores(b, nil, target.Build(p), side, n, times...)
		if err != nil {
			t.Fatal(err)
		}
		for k, time := range times {
			vx, vy := 1+time*time, 4+time*time
			for j := range n {
				for i := range n {
					x, y := -side+float64(i), -side+float64(j)
					want := math.Exp(-(x-1)*(x-1)/(2*vx)-y*y/(2*vy)) / (2 * math.Pi * math.Sqrt(vx*vy))
					if got := fields[k].Z[j*n+i]; math.Abs(got-want) > 1e-14 {
						t.Errorf("t = %g: density %g at (%g, %g), want %g", time, got, x, y, want)
					}
				}
			}
			a := arrows[k]
			if len(a.X) != n*n {
				t.Fatalf("%d arrows", len(a.X))
			}
			for i := range a.X {
				if math.Abs(a.U[i]+(a.X[i]-1)/vx) > 1e-13 || math.Abs(a.V[i]+a.Y[i]/vy) > 1e-13 {
					t.Errorf("t = %g: arrow (%g, %g) at (%g, %g)", time, a.U[i], a.V[i], a.X[i], a.Y[i])
				}
			}
		}
	})
}

func TestViewsOfWhatIsNotThere(t *testing.T) {
	b := backendtest.Default(t)
	_, err := Fields(b, nil, func(*model.Scope, []*Node) diffusion.Model {
		return diffusion.Model{Process: diffusion.OU{}}
	},
		func(m diffusion.Model, x, t *Node) *Node { panic(errors.New("no log density")) }, 1, 3, .5)
	if err == nil || !strings.Contains(err.Error(), "drawing a model") {
		t.Errorf("%v", err)
	}
	if _, err := Densities(b, density.Bimodal(), diffusion.OU{}, 1, 3, .5); err == nil {
		t.Error("a target on a line is drawn in the plane")
	}
}

func TestCloud(t *testing.T) {
	p := Points(tensors.FromValue([][]float64{{1, 2}, {3, 4}, {5, 6}}))
	if back := Points(Tensor(p)); !slices.Equal(back.X, p.X) || back.D != 2 {
		t.Errorf("there and back: %+v", back)
	}
	if p.N != 3 || p.D != 2 {
		t.Errorf("%d points in %d dimensions", p.N, p.D)
	}
	c := Cloud(p, 2, figure.Blue)
	if len(c.X) != 2 || c.X[1] != 3 || c.Y[1] != 4 || c.Color != figure.Blue {
		t.Errorf("%+v", c)
	}
	if all := Cloud(p, 10, figure.Blue); len(all.X) != 3 {
		t.Errorf("%d of 3", len(all.X))
	}
}

// A model that panics with any value gives a one-line error from a picture.
func TestPanicsInAPicture(t *testing.T) {
	backendtest.Each(t, func(t *testing.T, b compute.Backend) {
		for want, fail := range map[string]func(){"text": func() { panic("text") }, "runtime.Goexit": runtime.Goexit} {
			_, err := Scores(b, nil, func(*model.Scope, []*Node) diffusion.Model { fail(); return diffusion.Model{} },
				3, 5, 1)
			if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "\n") {
				t.Errorf("%v, want one line with %q", err, want)
			}
		}
	})
}
