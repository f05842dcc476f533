package suite

import (
	"context"
	"errors"
	"math"
	"runtime"
	"strings"
	"testing"

	"scorelab/lib/metrics"
)

func TestMatch(t *testing.T) {
	c := fake()
	for pattern, want := range map[string]int{"": 2, "E0": 2, "^E02-mass$": 1, "mass|moment": 2} {
		if got, err := c.Match(pattern); err != nil || len(got) != want {
			t.Errorf("%q matches %d, %v; want %d", pattern, len(got), err, want)
		}
	}
	for pattern, want := range map[string]string{"E03-mess": "the nearest are E02-mass", "^momnt$": "the nearest are " +
		"E01-moment", "(": "no regular expression"} {
		if _, err := c.Match(pattern); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want ... %s", pattern, err, want)
		}
	}
}

func TestValidate(t *testing.T) {
	if err := fake().Validate(); err != nil {
		t.Error(err)
	}
	for want, change := range map[string]func(*Catalogue){
		`claim "001/bias" is in the table twice`: func(c *Catalogue) { c.Claims = append(c.Claims, c.Claims[1]) },
		`experiment "E02-mass" is in the table twice`: func(c *Catalogue) {
			c.Experiments = append(c.Experiments, c.Experiments[1])
		},
		`document "001" is in the table twice`: func(c *Catalogue) {
			c.Documents = append(c.Documents, c.Documents[0])
		},
		`document "001" lacks a title or an author`:    func(c *Catalogue) { c.Documents[0].Author = "" },
		`of document "003", which is not in the table`: func(c *Catalogue) { c.Claims[0].Document = "003" },
		`must begin with its document, "002/"`:         func(c *Catalogue) { c.Claims[0].Document = "002" },
		`lacks a section or a statement`:               func(c *Catalogue) { c.Claims[0].Section = "" },
		`"a/b" cannot name a folder`:                   func(c *Catalogue) { c.Experiments[0].ID = "a/b" },
		`lacks a title or a question`:                  func(c *Catalogue) { c.Experiments[0].Question = "" },
		`has no Run`:                                   func(c *Catalogue) { c.Experiments[0].Run = nil },
	} {
		c := fake()
		change(&c)
		if err := c.Validate(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want ... %s", err, want)
		}
	}
}

// do runs one experiment of the fake suite with the given body.
func do(ctx context.Context, run func(*Lab) (*Report, error)) error {
	c := fake()
	c.Experiments[0].Run = run
	_, _, err := c.Do(ctx, c.Experiments[0], quick)
	return err
}

var errTwoLines = errors.New("shapes differ\nat node 3")

func goodReport() *Report { r, _ := runMoment(&Lab{}); return r }

// badRuns are experiments that cannot be stored. Keys are parts of the error.
var badRuns = map[string]func(*Lab) (*Report, error){
	"panic: no such node":   func(*Lab) (*Report, error) { panic("no such node") },
	"panic: shapes differ ": func(*Lab) (*Report, error) { panic(errTwoLines) },
	"ended its goroutine":   func(*Lab) (*Report, error) { runtime.Goexit(); return nil, nil },
	"panic: runtime error": func(l *Lab) (*Report, error) {
		return nil, errors.New(fake().Experiments[2+l.Size(0, 1)].ID)
	},
	"shapes differ ...": func(*Lab) (*Report, error) { return nil, errTwoLines },
	"no report":         func(*Lab) (*Report, error) { return nil, nil },
	"no answer":         func(*Lab) (*Report, error) { r := goodReport(); r.Answer = ""; return r, nil },
	"no checks":         func(*Lab) (*Report, error) { r := goodReport(); r.Checks = nil; return r, nil },
	`the nearest are 001/bias`: func(*Lab) (*Report, error) {
		r := goodReport()
		r.Checks[0].Claim = "001/bais"
		return r, nil
	},
	`the metric "E|x|^2" twice`: func(*Lab) (*Report, error) { r := goodReport(); r.Add(r.Checks[0]); return r, nil },
	"does not say why":          func(*Lab) (*Report, error) { r := goodReport(); r.Checks[0].Why = ""; return r, nil },
	"infinite tolerance": func(*Lab) (*Report, error) {
		r := goodReport()
		r.Checks[0] = Near{Claim: "001/moment", Metric: "m", Got: metrics.WithError(1, math.Inf(1), 2), Want: 2,
			Why: "w"}.Check()
		return r, nil
	},
	"held against NaN": func(*Lab) (*Report, error) {
		r := goodReport()
		r.Checks[0].Want = math.NaN()
		return r, nil
	},
	`shows "maybe"`: func(*Lab) (*Report, error) {
		r := goodReport()
		r.Checks[0].Shows = "maybe"
		return r, nil
	},
	`is blank`: func(*Lab) (*Report, error) {
		r := goodReport()
		r.Figures[0].Data = picture(56)
		return r, nil
	},
	`is no PNG picture`: func(*Lab) (*Report, error) {
		r := goodReport()
		r.Figures[0].Data = []byte("x")
		return r, nil
	},
	`must be .png, .gif or`: func(*Lab) (*Report, error) {
		r := goodReport()
		r.Figures[0].Name = "a.txt"
		return r, nil
	},
	`"../a.png" cannot name`: func(*Lab) (*Report, error) {
		r := goodReport()
		r.Figures[0].Name = "../a.png"
		return r, nil
	},
	`want the name "More.png"`: func(*Lab) (*Report, error) {
		r := goodReport()
		r.Figures[0].Name, r.Figures[1].Name = "more.png", "More.png"
		return r, nil
	},
	`is no SVG picture`: func(*Lab) (*Report, error) {
		r := goodReport()
		r.Figures[0].Name = "a.svg"
		return r, nil
	},
	`cannot name a file: use le`: func(*Lab) (*Report, error) {
		r := goodReport()
		r.Tables[0].Name = "a b"
		return r, nil
	},
}

// A mistake of an experiment gives an error that names the experiment, never a result.
func TestDoRefuses(t *testing.T) {
	for want, run := range badRuns {
		err := do(t.Context(), run)
		if stop := (*RunError)(nil); !errors.As(err, &stop) || stop.Experiment != "E01-moment" || !strings.Contains(
			err.Error(), want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%v, want ... %s", err, want)
		}
	}
}

// An interrupted experiment has no result, even if it returns one.
func TestDoInterrupted(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	err := do(ctx, func(l *Lab) (*Report, error) {
		if err := l.Progress(0.1, "starting"); err != nil {
			return nil, err
		}
		cancel()
		return runMoment(l)
	})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("interrupted: %v", err)
	}
}

func TestDetailHasStack(t *testing.T) {
	var stop *RunError
	if err := do(t.Context(), func(*Lab) (*Report, error) { panic("here") }); !errors.As(err, &stop) ||
		!strings.Contains(stop.Detail(), "catalogue_test.go") {
		t.Errorf("detail of %v lacks the stack", err)
	}
}

func TestTableRefuses(t *testing.T) {
	for want, table := range map[string]Table{
		"no header":                     {Name: "t"},
		"row 2: 1 cells under 2":        {Name: "t", Header: []string{"a", "b"}, Rows: [][]any{{1, 2}, {3}}},
		"row 1, b: a cell is a string,": {Name: "t", Header: []string{"a", "b"}, Rows: [][]any{{1, []int{2}}}},
	} {
		if _, err := table.encode(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want ... %s", err, want)
		}
	}
}

func TestOnceIn(t *testing.T) {
	for p, want := range map[float64]string{0: "never", 1e-6: "once in 1,000,000 runs", 1.9e-5: "once in 53,000 runs",
		0.3: "once in 3 runs", 1: "once in 1 runs"} {
		if got := OnceIn(p); got != want {
			t.Errorf("%v is %q, want %q", p, got, want)
		}
	}
}
