package suite

import (
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"scorelab/lib/metrics"
)

func anyFloat(t *rapid.T, name string) float64 {
	return rapid.OneOf(rapid.Float64(), rapid.SampledFrom([]float64{math.NaN(), math.Inf(1), math.Inf(-1), 0,
		5e-324})).Draw(t, name)
}

// Every measurement is read back to the last bit, and written to the same bytes again.
func TestJSONRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := &Result{
			Experiment: "E01", Seed: rapid.Int64().Draw(t, "seed"), Profile: Full, Backend: "xla:cpu", Title: "t",
			Question: rapid.String().Draw(t, "question"), Sources: rapid.SliceOf(rapid.Just("s")).Draw(t, "sources"),
			Answer: "a",
			Tables: []File{{Name: "x.csv", Caption: rapid.String().Draw(t, "caption"), SHA256: rapid.String().Draw(
				t, "hash")}},
		}
		for i := range rapid.IntRange(1, 4).Draw(t, "checks") {
			r.Checks = append(r.Checks, Check{
				Claim: "001/a", Metric: strings.Repeat("m", i+1), Why: "w",
				Got: metrics.Summary{Center: anyFloat(t, "got"), Lo: anyFloat(t, "lo"), Hi: anyFloat(t, "hi"),
					N: rapid.Int().Draw(t, "n")},
				Want: rapid.Float64().Draw(t, "want"), Tol: rapid.Float64().Draw(t, "tol"),
				Shows: rapid.SampledFrom([]Verdict{"", Confirmed, Qualified, Refuted}).Draw(t, "shows"),
				Band:  math.Abs(rapid.Float64().Draw(t, "band")), Alpha: rapid.Float64Range(0, 0.9).Draw(t, "alpha"),
			})
		}
		text, err := r.encode()
		if err != nil {
			t.Fatal(err)
		}
		back, err := decodeResult(text)
		if err != nil {
			t.Fatalf("%v in\n%s", err, text)
		}
		if d := cmp.Diff(r, back, cmpopts.EquateNaNs(), cmpopts.EquateEmpty()); d != "" {
			t.Fatal(d)
		}
		again, err := back.encode()
		if err != nil || string(again) != string(text) || text[len(text)-1] != '\n' {
			t.Fatalf("written again: %v\n%s", err, again)
		}
	})
}

func TestNumberForms(t *testing.T) {
	for x, want := range map[float64]string{1: "1", 0.1: "0.1", 1e21: "1e+21", 5e-324: "5e-324", math.Inf(1): `"+Inf"`,
		math.Copysign(0, -1): "-0"} {
		if got, err := json.Marshal(number(x)); err != nil || string(got) != want {
			t.Errorf("%v is written %s, want %s (%v)", x, got, want, err)
		}
	}
	var x number
	if err := json.Unmarshal([]byte(`"2.5"`), &x); err != nil || x != 2.5 {
		t.Errorf("a quoted number reads as %v, %v", x, err)
	}
	if err := json.Unmarshal([]byte(`"two"`), &x); err == nil {
		t.Error("a word reads as a number")
	}
}

// Results that cannot be trusted are refused with a one-sentence reason.
func TestDecodeRefuses(t *testing.T) {
	good, err := (&Result{Experiment: "E01", Checks: []Check{Equals{Claim: "001/a", Metric: "m",
		Got: 1, Want: 1, Tol: 0.1, Why: "w"}.Check()}}).encode()
	if err != nil {
		t.Fatal(err)
	}
	none, err := (&Result{Experiment: "E01"}).encode()
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ name, old, new, want string }{
		{"empty", string(good), "", "unexpected end of JSON input"},
		{"cut", string(good), string(good[:100]), "line 7: unexpected end"},
		{"list", string(good), "[]", "must not be a JSON array"},
		{"no schema", `"schema": 1,`, "", "no schema number"},
		{"older", `"schema": 1`, `"schema": 0`, "schema 0, older than this program's 1"},
		{"newer", `"schema": 1`, `"schema": 7`, "schema 7, newer than this program's 1"},
		{"unknown field", `"seed"`, `"sead": 1, "seed"`, `unknown field "sead"`},
		{"wrong type", `"seed": 0`, `"seed": "x"`, "seed must not be a JSON string"},
		{"word for a number", `"got": 1`, `"got": "x"`, `"x" is no number`},
		{"edited", `"got": 1`, `"got": 3`, "changed by hand"},
		{"another verdict", `"confirmed"`, `"qualified"`, "changed by hand"},
		{"more text", string(good), string(good) + "{}", "after top-level value"},
		{"infinite tolerance", `"tol": 0.1`, `"tol": "Inf"`, "changed by hand"},
		{"no field", string(good), `{"schema": 1}`, `line 1: the value has no field "`},
		{"no check", string(good), string(none), "holds no checks"},
		{"two lists of checks", "  \"tables\"", "  \"checks\": [{\"got\": 1, \"n\": 7}],\n  \"tables\"",
			`line 26: the value has the key "checks" twice`},
		{"a name twice", `"seed": 0`, "\"seed\": 0,\n  \"seed\": 0",
			`line 5: the value has the key "seed" twice`},
		{"another case", `"checks"`, `"Checks"`, `line 11: the value has the unknown field "Checks" (it is "checks")`},
		{"another case within a check", `"metric"`, `"METRIC"`, `line 14: checks[0] has the unknown field "METRIC"`},
		{"an unknown field of a check", `"claim"`, `"clam": "x", "claim"`, `unknown field "clam"`},
		{"other spaces", "  ", "    ", "line 2 is"},
		{"a number in other digits", `"tol": 0.1`, `"tol": 0.10`, `line 20 is "\"tol\": 0.10,", where`},
		{"a number in quotes", `"tol": 0.1`, `"tol": "0.1"`, "line 20 is"},
	} {
		_, err := decodeResult([]byte(strings.Replace(string(good), c.old, c.new, 1)))
		if err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: %v, want ... %s", c.name, err, c.want)
		}
	}
}

// A ledger of another program or a truncated one is refused. The error names the command that writes it anew.
func TestReadLedgerRefuses(t *testing.T) {
	dir := t.TempDir()
	runAll(t, fake(), dir, quick)
	if rows, err := ReadLedger(dir); err != nil || len(rows) != 5 {
		t.Fatalf("%d rows, %v", len(rows), err)
	}
	for _, change := range [][2]string{
		{`"claim"`, `"clam": 1, "claim"`}, {"[", "{"}, {`"got":`, `"got"`},
	} {
		os.Remove(filepath.Join(dir, ledgerName))
		runAll(t, fake(), dir, quick)
		replaceText(t, change[0], change[1], dir, ledgerName)
		_, err := ReadLedger(dir)
		oneLine(t, change[1]+" for "+change[0], err, "is no ledger: ")
	}
}

func FuzzReadResult(f *testing.F) {
	f.Add(read(f, "testdata", "run.json"))
	f.Add([]byte(`{"schema": 1, "checks": [{"got": "NaN"}]}`))
	f.Add([]byte(`{"schema": 1, "tables": [{"name": "../../x"}], "checks": [null]}`))
	const path = "results/E01-moment/run.json"
	f.Fuzz(func(t *testing.T, text []byte) {
		r, err := parseResult(path, "E01-moment", text)
		if err != nil {
			if message := err.Error(); !strings.Contains(message, path) || strings.Contains(message, "\n") {
				t.Fatalf("error does not name the file in one line: %q", message)
			}
			return
		}
		if _, err := r.encode(); err != nil {
			t.Fatal(err)
		}
		fake().Index([]*Result{r})
		fake().ResultPage(r)
		fake().LedgerPage([]*Result{r})
	})
}
