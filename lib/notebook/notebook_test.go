package notebook

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/janpfeifer/gonb/gonbui/protocol"

	"scorelab/lib/figure"
	"scorelab/lib/metrics"
	"scorelab/lib/suite"
)

// ended is the panic by which exit leaves a cell in a test.
type ended int

// cellOutput runs a cell's code outside a kernel. It returns the output, the error text and the exit code.
func cellOutput(t *testing.T, code func()) (shown, failed string, status int) {
	t.Helper()
	var out, err bytes.Buffer
	stdout, stderr, exit = &out, &err, func(code int) { panic(ended(code)) }
	defer func() {
		stdout, stderr, exit = os.Stdout, os.Stderr, os.Exit
		if end := recover(); end != nil {
			code, ok := end.(ended)
			if !ok {
				panic(end)
			}
			status = int(code)
		}
		shown, failed = out.String(), err.String()
	}()
	code()
	return
}

func TestErrorsEndTheCell(t *testing.T) {
	if got := Must(3, nil); got != 3 {
		t.Errorf("%d", got)
	}
	shown, failed, status := cellOutput(t, func() { Must(3, errors.New("no wind")); Say("after") })
	if shown != "" || failed != "error: no wind\n" || status != 1 {
		t.Errorf("%q, %q, %d", shown, failed, status)
	}
}

func TestTable(t *testing.T) {
	shown, _, _ := cellOutput(t, func() { Table([]string{"a<b", "x"}, []any{"one & two", 1. / 3}, []any{7, 1e-9}) })
	if shown != "a<b  x\none & two  0.333333\n7  1e-09\n" {
		t.Errorf("%q", shown)
	}
}

// TestIntervalsAreExplained: readers may take ± for one standard error, so each output with an interval explains the
// five, once.
func TestIntervalsAreExplained(t *testing.T) {
	estimate := metrics.WithError(2, .01, 100)
	for want, code := range map[string]func(){
		"mean 2.000 ± 0.050 (± is 5 s.e.)\n": func() { Say("mean %v", estimate) },
		"2.00, between 1.90 and 2.50 (the interval is that of 5 s.e.)\n": func() {
			Say("%v", metrics.Summary{Center: 2, Lo: 1.9, Hi: 2.5, N: 9})
		},
		"no interval\n": func() { Say("no interval") },
		"x\n2.000 ± 0.050\n2.000 ± 0.050\n" + intervals + "\n": func() {
			Table([]string{"x"}, []any{estimate}, []any{estimate})
		},
		"x\n2\n": func() { Table([]string{"x"}, []any{metrics.Exactly(2)}) },
	} {
		if shown, _, _ := cellOutput(t, code); shown != want {
			t.Errorf("%q, want %q", shown, want)
		}
	}
	results(t, `[{"claim": "c/one", "experiment": "E", "metric": "m", "got": 2, "lo": 1.5, "hi": 2.5,
		"want": 2.1, "tol": 0.5, "verdict": "confirmed"}]`)
	shown, _, _ := cellOutput(t, func() { Claims("c/one") })
	if strings.Count(shown, "those of 5 standard errors; must be: ± is the tolerance") != 1 {
		t.Errorf("%q", shown)
	}
}

// results makes a checkout with a ledger, whose rows have all fields. Missing fields become empty.
func results(t *testing.T, ledger string) {
	t.Helper()
	var rows []suite.Row
	if json.Unmarshal([]byte(ledger), &rows) == nil {
		whole, err := json.Marshal(rows)
		if err != nil {
			t.Fatal(err)
		}
		ledger = string(whole)
	}
	root := t.TempDir()
	t.Setenv(RootEnv, root)
	if err := os.Mkdir(filepath.Join(root, "results"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(root, "results", "ledger.json"), []byte(ledger), 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestHold(t *testing.T) {
	results(t, `[{"claim": "c/one", "experiment": "E", "metric": "m", "got": 2, "lo": 1.5, "hi": 2.25, "want": 2.1,
			"verdict": "confirmed"},
		{"claim": "c/two", "experiment": "E", "metric": "exact", "got": 3, "lo": 3, "hi": 3, "want": 3,
			"verdict": "qualified"}]`)
	for _, test := range []struct {
		held Held
		want string // of the error; empty: it holds
	}{
		{Held{Experiment: "E", Metric: "m", Got: 1.6}, ""},
		{Held{Experiment: "E", Metric: "m", Got: 2.51}, "m of E is 2.51 here and 2 in results/"},
		{Held{Experiment: "E", Metric: "m", Got: 2.51, Tol: 1}, ""},
		{Held{Experiment: "E", Metric: "exact", Got: 3.000001}, ""},
		{Held{Experiment: "E", Metric: "exact", Got: 3.00001}, "exact of E"},
		{Held{Experiment: "E", Metric: "none", Got: 3}, `no metric "none" of E`},
	} {
		shown, failed, status := cellOutput(t, func() { CheckLedger(test.held) })
		if (status == 0) != (test.want == "") || !strings.Contains(failed, test.want) {
			t.Errorf("%+v: %q, exit code %d", test.held, failed, status)
		}
		if status == 0 && !strings.Contains(shown, "the same") {
			t.Errorf("%+v shows %q", test.held, shown)
		}
	}
	shown, _, _ := cellOutput(t, func() { Claims("c/two") })
	if !strings.Contains(shown, "c/two  exact  3  exactly 3  qualified") {
		t.Errorf("%q", shown)
	}
	if shown, _, _ := cellOutput(t, func() { Measured("E", "ex") }); !strings.Contains(shown, "c/two  exact") ||
		strings.Contains(shown, "c/one") {
		t.Errorf("%q", shown)
	}
	if _, failed, status := cellOutput(t, func() { Measured("E", "m", "x") }); status != 1 || !strings.Contains(
		failed, `of E that begins with "x"`) {
		t.Errorf("%q", failed)
	}
	if _, failed, status := cellOutput(t, func() { Claims("c/three") }); status != 1 || !strings.Contains(
		failed, `no claim "c/three"`) {
		t.Errorf("%q", failed)
	}
	results(t, "{")
	if _, failed, status := cellOutput(t, func() { Claims("c/two") }); status != 1 || !strings.Contains(
		failed, "is no ledger") {
		t.Errorf("%q", failed)
	}
	t.Setenv(RootEnv, "")
	if _, failed, status := cellOutput(t, func() { Claims("c/two") }); status != 1 || !strings.Contains(
		failed, "make kernel") {
		t.Errorf("%q", failed)
	}
}

// TestClaims: a claim links to its line in the ledger. One with many measurements shows a few and the number of the
// others.
func TestClaims(t *testing.T) {
	var rows []string
	for i := range most + 3 {
		rows = append(
			rows, fmt.Sprintf(
				`{"claim": "c/many", "experiment": "E", "metric": "m%d", "got": %d, "verdict": "confirmed"}`, i, i))
	}
	results(t, "["+strings.Join(rows, ",")+"]")
	shown, _, _ := cellOutput(t, func() { Claims("c/many") })
	if !strings.Contains(shown, "m4") || strings.Contains(shown, "m5") || !strings.Contains(shown, "and 3 more") {
		t.Errorf("%q", shown)
	}
	if text, markup := cell(lineOf("c/many")); text != "c/many" || markup !=
		`<a href="../results/ledger.md#c-many">c/many</a>` {
		t.Errorf("%q, %q", text, markup)
	}
}

func TestFilm(t *testing.T) {
	at := func(x float64) figure.Figure {
		return figure.Row("", figure.Panel{Layers: []figure.Layer{figure.Points{X: []float64{x}, Y: []float64{x}}},
			X: figure.Axis{Min: -1, Max: 1}, Y: figure.Axis{Min: -1, Max: 1}})
	}
	var bundle map[protocol.MIMEType]any
	page := filmOf([]Frame{{"x < 0", at(-.5)}, {"x = 0.5", at(.5)}}, func(forms map[protocol.MIMEType]any) {
		bundle = forms
	})
	if n := len(regexp.MustCompile(`<img src="data:image/png;base64,[A-Za-z0-9&#;/=]{500,}" alt=`).FindAllString(
		page, -1)); n != 2 {
		t.Errorf("%d pictures", n)
	}
	if !strings.Contains(page, "<figcaption>x &lt; 0</figcaption>") || strings.Contains(page, ` id="`) ||
		strings.Contains(page, "http") {
		t.Errorf("labels, random names or other hosts in %.300s", page)
	}
	if png, ok := bundle[protocol.MIMEImagePNG].([]byte); !ok || !bytes.Contains(png, []byte("acTL")) {
		t.Error("no animation for those who show no HTML")
	}
	if shown, _, _ := cellOutput(t, func() { Film(Frame{"", at(0)}) }); shown != "[film of 1 pictures]\n" {
		t.Errorf("%q", shown)
	}
}
