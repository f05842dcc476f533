package suite

import (
	"errors"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"scorelab/lib/metrics"
)

// edit changes a stored result.
func edit(t *testing.T, dir, id string, change func(*Result)) {
	t.Helper()
	path := filepath.Join(dir, id, runName)
	r, err := decodeResult(read(t, path))
	if err != nil {
		t.Fatal(err)
	}
	change(r)
	text, err := r.encode()
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, text, 0o644); err != nil {
		t.Fatal(err)
	}
}

// forget removes the hashes of a result, as in older versions.
func forget(r *Result) {
	for _, list := range [][]File{r.Tables, r.Figures} {
		for i := range list {
			list[i].SHA256 = ""
		}
	}
}

// rewrite writes the summaries of a folder anew.
func rewrite(t *testing.T, dir string) {
	t.Helper()
	results, _, err := fake().Load(dir)
	if err != nil {
		t.Fatal(err)
	}
	files, err := fake().summaries(results)
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), text, 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

func replaceText(t *testing.T, old, new string, path ...string) {
	t.Helper()
	text := strings.Replace(string(read(t, path...)), old, new, 1)
	if err := os.WriteFile(filepath.Join(path...), []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

const mass, moment = "E02-mass", "E01-moment"

// gateCases change a baseline or a fresh result. The gate must report the difference.
var gateCases = []struct {
	name   string
	change func(t *testing.T, baseline, fresh string)
	want   string // "": the gate passes
	isErr  bool   // an error instead of a failure
}{
	{"same", func(*testing.T, string, string) {}, "", false},
	{"other seed and profile", func(t *testing.T, _, fresh string) {
		runAll(t, fake(), fresh, Options{Seed: 7, Profile: Full, BackendName: "xla:cpu"})
	}, "", false},
	{"no baseline", func(t *testing.T, baseline, _ string) {
		os.RemoveAll(baseline)
	}, "does not exist: `make accept`", true},
	{"empty baseline", func(t *testing.T, baseline, _ string) {
		os.RemoveAll(filepath.Join(baseline, mass))
		os.RemoveAll(filepath.Join(baseline, moment))
	}, "holds no results: `make accept`", true},
	{"no results", func(t *testing.T, _, fresh string) { os.RemoveAll(fresh) }, "`scorelab run -out", true},
	{"older baseline", func(t *testing.T, baseline, _ string) {
		replaceText(t, `"schema": 1`, `"schema": 0`, baseline, mass, runName)
	}, "schema 0, older than this program's 1: `make accept`", true},
	{"newer baseline", func(t *testing.T, baseline, _ string) {
		replaceText(t, `"schema": 1`, `"schema": 2`, baseline, mass, runName)
	}, "schema 2, newer than this program's 1: `make accept`", true},
	{"newer result", func(t *testing.T, _, fresh string) {
		replaceText(t, `"schema": 1`, `"schema": 2`, fresh, mass, runName)
	}, "newer than this program's 1: `scorelab run -run '^E02-mass$'`", true},
	{"broken result", func(t *testing.T, _, fresh string) {
		replaceText(t, `{`, `{{`, fresh, mass, runName)
	}, "cannot be used, line 1", true},
	{"empty figure", func(t *testing.T, _, fresh string) {
		os.Truncate(filepath.Join(fresh, moment, "more.png"), 0)
	},
		"names more.png, whose 0 bytes are not those that were stored: `scorelab run -run '^E01-moment$'`", true},
	{"foreign figure", func(t *testing.T, _, fresh string) {
		os.WriteFile(filepath.Join(fresh, moment, "more.png"), picture(9), 0o644)
	}, "names more.png, whose", true},
	{"cut table", func(t *testing.T, _, fresh string) {
		os.Truncate(filepath.Join(fresh, moment, "moment.csv"), 20)
	},
		"names moment.csv, whose 20 bytes", true},
	{"cut table in the baseline", func(t *testing.T, baseline, _ string) {
		os.Truncate(filepath.Join(baseline, moment, "moment.csv"), 20)
	}, "names moment.csv, whose 20 bytes are not those that were stored: `make accept`", true},
	{"no hashes", func(t *testing.T, _, fresh string) { edit(t, fresh, moment, forget) },
		"fresh: no hashes of the tables and figures of E01-moment, so that damage to them would not show: " +
			"`scorelab run", false},
	{"no hashes in the baseline", func(t *testing.T, baseline, _ string) { edit(t, baseline, moment, forget) },
		"results: no hashes of the tables and figures of E01-moment, so that damage to them would not show: " +
			"`make exp", false},
	{"missing figure", func(t *testing.T, _, fresh string) { os.Remove(filepath.Join(fresh, moment, "more.png")) },
		"names more.png, which is missing", true},
	{"folder under another name", func(t *testing.T, _, fresh string) {
		os.RemoveAll(filepath.Join(fresh, mass))
		os.Rename(filepath.Join(fresh, moment), filepath.Join(fresh, mass))
	}, "is a result of another experiment", true},
	{"not in the baseline", func(t *testing.T, baseline, _ string) { os.RemoveAll(filepath.Join(baseline, mass)) },
		"E02-mass: not in the baseline", false},
	{"not run", func(t *testing.T, _, fresh string) { os.RemoveAll(filepath.Join(fresh, mass)) },
		"`scorelab run -run '^E02-mass$'`", false},
	{"claim uncovered", func(t *testing.T, _, fresh string) { os.RemoveAll(filepath.Join(fresh, mass)) },
		"claim 002/slope is measured by no experiment", false},
	{"stray result", func(t *testing.T, _, fresh string) { os.Mkdir(filepath.Join(fresh, "E99"), 0o755) },
		"E99: in", false},
	{"stray baseline", func(t *testing.T, baseline, _ string) { os.Mkdir(filepath.Join(baseline, "E99"), 0o755) },
		"E99: in", false},
	{"stale index", func(t *testing.T, baseline, _ string) {
		replaceText(t, "confirmed", "proven", baseline, readmeName)
	}, "README.md is not what the results beside it say", false},
	{"no ledger", func(t *testing.T, baseline, _ string) { os.Remove(filepath.Join(baseline, ledgerName)) },
		"ledger.json is not what the results beside it say", false},
	{"check gone", func(t *testing.T, _, fresh string) {
		edit(t, fresh, mass, func(r *Result) { r.Checks = r.Checks[:1] })
	}, "in the baseline, but no longer measured", false},
	{"new check", func(t *testing.T, baseline, _ string) {
		edit(t, baseline, mass, func(r *Result) { r.Checks = r.Checks[:1] })
	}, "not in the baseline: `make accept`", false},
	{"new claim", func(t *testing.T, _, fresh string) {
		edit(t, fresh, mass, func(r *Result) { r.Checks[0].Claim = "002/slope" })
	}, "no longer measured", false},
	{"figure gone", func(t *testing.T, _, fresh string) {
		edit(t, fresh, moment, func(r *Result) { r.Figures = r.Figures[:1] })
	}, "its baseline has more.png", false},
	{"check fails", func(t *testing.T, _, fresh string) {
		edit(t, fresh, mass, func(r *Result) { r.Checks[0].Got = metrics.Exactly(1e-3) })
	}, "got 0.001, wanted 0 ± 1e-12", false},
	{"NaN", func(t *testing.T, _, fresh string) {
		edit(t, fresh, mass, func(r *Result) { r.Checks[0].Got = metrics.Exactly(math.NaN()) })
	}, "got NaN", false},
	{"wanted value", func(t *testing.T, _, fresh string) {
		edit(t, fresh, mass, func(r *Result) { r.Checks[1].Want = 1.001 })
	}, "the wanted value was 1 and is now 1.001", false},
	{"tolerance", func(t *testing.T, _, fresh string) {
		edit(t, fresh, mass, func(r *Result) { r.Checks[1].Tol = 0.1 })
	}, "the tolerance was 0.05 and is now 0.1", false},
	{"band", func(t *testing.T, _, fresh string) {
		edit(t, fresh, mass, func(r *Result) { r.Checks[1].Band = 0.1 })
	}, "the band was 0 and is now 0.1", false},
	{"verdict", func(t *testing.T, _, fresh string) {
		edit(t, fresh, mass, func(r *Result) { r.Checks[1].Shows = Refuted })
	}, `a pass meant "confirmed" and now means "refuted"`, false},
	{"deterministic drift", func(t *testing.T, _, fresh string) {
		edit(t, fresh, mass, func(r *Result) { r.Checks[1].Got = metrics.Exactly(1.02) })
	}, "they differ by 0.0216, the band is 0.005", false},
	{"estimate drift", func(t *testing.T, baseline, fresh string) {
		edit(t, baseline, moment, func(r *Result) {
			r.Checks[0] = Near{Claim: "001/moment", Metric: "E|x|^2", Got: metrics.WithError(1.91, 0.02, 100),
				Want: 2, Why: "5 s.e."}.Check()
		})
		edit(t, fresh, moment, func(r *Result) {
			r.Checks[0] = Near{Claim: "001/moment", Metric: "E|x|^2", Got: metrics.WithError(2.09, 0.02, 100),
				Want: 2, Why: "5 s.e."}.Check()
		})
	}, "they differ by 0.18, the band is 0.141", false},
	{"trained longer", func(t *testing.T, baseline, fresh string) {
		edit(t, baseline, mass, func(r *Result) { r.Checks[1].OfTraining = true })
		edit(t, fresh, mass, func(r *Result) { r.Checks[1].Got, r.Profile = metrics.Exactly(1.02), Full })
		rewrite(t, baseline)
	}, "", false},
	{"trained as long", func(t *testing.T, baseline, fresh string) {
		edit(t, baseline, mass, func(r *Result) { r.Checks[1].OfTraining = true })
		edit(t, fresh, mass, func(r *Result) { r.Checks[1].Got = metrics.Exactly(1.02) })
		rewrite(t, baseline)
	}, "they differ by 0.0216", false},
	{"trained longer, and worse", func(t *testing.T, baseline, fresh string) {
		edit(t, baseline, mass, func(r *Result) { r.Checks[1].OfTraining = true })
		edit(t, fresh, mass, func(r *Result) { r.Checks[1].Got, r.Profile = metrics.Exactly(1.06), Full })
		rewrite(t, baseline)
	}, "got 1.06", false},
	{"another profile, not trained", func(t *testing.T, _, fresh string) {
		edit(t, fresh, mass, func(r *Result) { r.Checks[1].Got, r.Profile = metrics.Exactly(1.02), Full })
	}, "they differ by 0.0216", false},
	{"trained from another seed", func(t *testing.T, baseline, fresh string) {
		edit(t, baseline, mass, func(r *Result) { r.Checks[1].OfTraining = true })
		edit(t, fresh, mass, func(r *Result) { r.Checks[1].Got, r.Seed = metrics.Exactly(1.02), 2 })
		rewrite(t, baseline)
	}, "", false},
	{"trained on another backend", func(t *testing.T, baseline, fresh string) {
		edit(t, baseline, mass, func(r *Result) { r.Checks[1].OfTraining = true })
		edit(t, fresh, mass, func(r *Result) { r.Checks[1].Got, r.Backend = metrics.Exactly(1.02), "xla:cpu" })
		rewrite(t, baseline)
	}, "they differ by 0.0216", false},
	{"wanted value of another backend", func(t *testing.T, _, fresh string) {
		edit(t, fresh, mass, func(r *Result) { r.Checks[1].Want, r.Backend = 1.001, "xla:cpu" })
	}, "", false},
	{"wanted value of another seed", func(t *testing.T, _, fresh string) {
		edit(t, fresh, mass, func(r *Result) { r.Checks[1].Want, r.Seed = 1.001, 2 })
	}, "", false},
	{"lost precision", func(t *testing.T, _, fresh string) {
		edit(t, fresh, moment, func(r *Result) {
			r.Checks[0] = Near{Claim: "001/moment", Metric: "E|x|^2", Got: metrics.WithError(2, 5, 100), Want: 2,
				Why: "5 s.e."}.Check()
		})
	}, "the check has lost its force", false},
}

// The gate passes for equal results and fails for anything missing, changed or off.
func TestGateFailsClosed(t *testing.T) {
	for _, c := range gateCases {
		t.Run(c.name, func(t *testing.T) {
			baseline, fresh := filepath.Join(t.TempDir(), "results"), filepath.Join(t.TempDir(), "fresh")
			runAll(t, fake(), baseline, quick)
			runAll(t, fake(), fresh, quick)
			c.change(t, baseline, fresh)
			gate, err := fake().Compare(baseline, fresh, "")
			if c.isErr {
				if err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "\n") {
					t.Errorf("error %v, want ... %s", err, c.want)
				}
				if wrong := (*BaselineError)(nil); errors.As(err, &wrong) != strings.Contains(c.name, "baseline") {
					t.Errorf("error %v has the wrong type %T", err, err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			found := strings.Join(gate.Failures, "\n")
			if (c.want == "") != (found == "") || !strings.Contains(found, c.want) {
				t.Errorf("failures:\n%s\nwant ... %s", found, c.want)
			}
		})
	}
}

func TestGateOfSomeExperiments(t *testing.T) {
	dir := t.TempDir()
	runAll(t, fake(), dir, quick)
	fresh := t.TempDir()
	runAll(t, fake(), fresh, Options{Seed: 3, Profile: Quick, BackendName: "go"})
	os.RemoveAll(filepath.Join(fresh, "E02-mass"))
	gate, err := fake().Compare(dir, fresh, "E01")
	if err != nil || len(gate.Failures) != 0 || gate.Summary() != "3 metrics compared, all within their bands (the "+
		"baseline has seed 1, this run 3)" {
		t.Errorf("%+v, %v", gate, err)
	}
}

func TestBand(t *testing.T) {
	estimate := func(se float64) Check {
		return Near{Claim: "c", Metric: "m", Got: metrics.WithError(2, se, 9), Want: 2, Why: "w"}.Check()
	}
	for _, c := range []struct {
		name string
		a, b Check
		want float64
	}{
		{"explicit", Check{Band: 0.5}, Check{}, 0.5},
		{"two estimates", estimate(0.3), estimate(0.4), 2.5},
		{"one interval is a point", estimate(0), estimate(0.4), 2},
		{"quantiles", Between{Claim: "c", Metric: "m", Got: metrics.Exactly(0.01), Lo: 0, Hi: 0.02, Alpha: 1e-6,
			Why: "w"}.Check(), Check{}, 0.02},
		{"rounding error", Below{Claim: "c", Metric: "m", Got: 1e-14, Bound: 1e-12, Why: "w"}.Check(), Check{}, 1e-12},
		{"exact equality", Equals{Claim: "c", Metric: "m", Got: 3, Want: 3, Tol: 0, Why: "w"}.Check(), Check{}, 0},
		{"a fine tolerance caps", Equals{Claim: "c", Metric: "m", Got: 100, Want: 100, Tol: 1e-8, Why: "w"}.Check(),
			Check{}, 1e-8},
		{"rounding of a number", Equals{Claim: "c", Metric: "m", Got: 100, Want: 100, Tol: 5e-4, Why: "w"}.Check(),
			Check{}, 1e-4},
		{"a coarse tolerance", Equals{Claim: "c", Metric: "m", Got: 100, Want: 100, Tol: 5, Why: "w"}.Check(), Check{},
			0.5},
	} {
		if got := band(c.a, c.b); math.Abs(got-c.want) > 1e-9*c.want {
			t.Errorf("%s: band %v, want %v", c.name, got, c.want)
		}
	}
}
