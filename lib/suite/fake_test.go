package suite

import (
	"bytes"
	"flag"
	"image"
	"image/color"
	"image/png"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"scorelab/lib/metrics"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// fake is a small suite with every kind of check.
func fake() Catalogue {
	return Catalogue{
		Documents: []Document{{"001", "Theory, from the ground up", "A. Author"},
			{"002", "Scores | fields", "B. Writer"}},
		Claims: []Claim{
			{ID: "001/moment", Document: "001", Section: "Figure 1", Statement: "E|x|^2 of the cross is 2"},
			{ID: "001/bias", Document: "001", Section: "Sampling, second figure",
				Statement: "Langevin steps leave the density q(x~|x) alone",
				Exact:     "A step of h makes a variance of v/(1 - h/(2v))."},
			{ID: "002/mass", Document: "002", Section: "Fokker-Planck", Statement: "mass is conserved"},
			{ID: "002/slope", Document: "002", Section: "Orders", Statement: "Euler has order 1"},
		},
		Experiments: []Experiment{
			{ID: "E01-moment", Title: "Moments", Question: "What is E|x|^2?", Sources: []string{"001, figure 1"},
				Run: runMoment},
			{ID: "E02-mass", Title: "Mass", Question: "Where does the mass go?", Run: runMass},
		},
		Surprises: []Surprise{{Experiment: "E01-moment", Figure: "more.png", Title: "Steps leave a | bias",
			Text: "The variance is %s.", Metrics: []string{"variance at delta = 0.01"}}},
	}
}

func runMoment(l *Lab) (*Report, error) {
	center := 2 + 0.001*float64(l.Key("moment")[0]%100)/100
	return &Report{
		Answer: "The estimate holds 2, and a step of 0.01 leaves a bias.",
		Checks: []Check{
			Near{Claim: "001/moment", Metric: "E|x|^2", Got: metrics.WithError(center, 0.02, l.Size(100, 1000)),
				Want: 2, Why: "5 s.e."}.Check(),
			Equals{Claim: "001/bias", Metric: "variance at delta = 0.01", Got: 0.105263158, Want: 0.1 / 0.95, Tol: 1e-6,
				Why: "rounding", Shows: Refuted}.Check(),
			Between{Claim: "001/bias", Metric: "KS distance",
				Got: metrics.Summary{Center: 0.01, Lo: 0.01, Hi: 0.01, N: 100}, Lo: 0, Hi: 0.02, Alpha: 1e-6,
				Why: "quantiles", Shows: Qualified}.Check(),
		},
		Tables: []Table{{"moment", "Moments by draw.", []string{"draw", "value, exact", "name"},
			[][]any{{1, center, `say "x"`}, {2, 1e-300, "b"}}}},
		Figures: []Figure{{"moment.png", "The cross, and *its* moments", picture(1)}, {"more.png", "Another [view]",
			picture(2)}},
	}, nil
}

func runMass(*Lab) (*Report, error) {
	return &Report{
		Answer: "It stays.",
		Checks: []Check{
			Below{Claim: "002/mass", Metric: "|mass - 1|", Got: 2.7e-13, Bound: 1e-12,
				Why: "rounding of 1201 cells"}.Check(),
			Equals{Claim: "002/slope", Metric: "slope", Got: 0.9984, Want: 1, Tol: 0.05,
				Why: "second-order remainder"}.Check(),
		},
	}, nil
}

func picture(shade uint8) []byte {
	m := image.NewGray(image.Rect(0, 0, 4, 4))
	m.SetGray(1, 1, color.Gray{Y: 200 + shade})
	var text bytes.Buffer
	if err := png.Encode(&text, m); err != nil {
		panic(err)
	}
	return text.Bytes()
}

// runAll runs a suite into dir.
func runAll(t testing.TB, c Catalogue, dir string, o Options) {
	t.Helper()
	store, err := OpenStore(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	for _, e := range c.Experiments {
		result, report, err := c.Do(t.Context(), e, o)
		if err != nil {
			t.Fatal(err)
		}
		if err := store.Put(result, report, Meta{}); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := store.Summarize(c); err != nil {
		t.Fatal(err)
	}
}

var quick = Options{Seed: 1, Profile: Quick, BackendName: "go"}

// golden compares text with a file of testdata. On a mismatch it writes the text beside it.
func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatalf("%v (go test -update writes it)", err)
	}
	if d := cmp.Diff(string(want), string(got)); d != "" {
		_ = os.WriteFile(path+".got", got, 0o644)
		t.Errorf("%s (-want +got; see %s.got, and go test -update):\n%s", path, path, d)
	} else {
		os.Remove(path + ".got")
	}
}

func read(t testing.TB, path ...string) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(path...))
	if err != nil {
		t.Fatal(err)
	}
	return data
}
