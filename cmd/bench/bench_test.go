package main

import (
	"bytes"
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"scorelab/lib/data"
	"scorelab/lib/metrics"
)

// The interval of a median is the one of the sign test: all numbers up to 8, and one less at each side from 9 on.
func TestMedianInterval(t *testing.T) {
	for _, test := range []struct {
		x      []float64
		lo, hi float64
	}{
		{nil, 0, 0},
		{[]float64{3}, 3, 3},
		{[]float64{5, 1, 4, 2, 3}, 1, 5},
		{[]float64{8, 7, 6, 5, 4, 3, 2, 1}, 1, 8},
		{[]float64{1, 2, 3, 4, 5, 6, 7, 8, 9}, 2, 8},
		{[]float64{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12}, 3, 10},
	} {
		if lo, hi := medianInterval(test.x); lo != test.lo || hi != test.hi {
			t.Errorf("%v: %g to %g, want %g to %g", test.x, lo, hi, test.lo, test.hi)
		}
	}
}

func TestRatio(t *testing.T) {
	center, lo, hi := ratio([]float64{1, 2, 1}, []float64{3, 4, 2})
	if center != 3 || lo != 2 || hi != 3 {
		t.Errorf("%g in %g to %g", center, lo, hi)
	}
	// The ratio of the medians may lie outside the ratios of the rounds, which the interval then includes.
	if center, lo, hi = ratio([]float64{1, 10, 11}, []float64{10, 1, 11}); center != 1 || lo != .1 || hi != 10 {
		t.Errorf("%g in %g to %g", center, lo, hi)
	}
	if m := median([]float64{4, 1, 3, 2}); m != 2.5 {
		t.Errorf("the median of 1 to 4 is %g", m)
	}
}

// example is a report with all that a report may have.
func example() *report {
	goal, part := 1.1, .25
	return &report{Machine: machine{"a processor", 2, "xla:cpu", .1}, Versions: map[string]string{"jax": "1.2"},
		Rounds:   7,
		Products: products{2e11, 1e11}, Costs: []curve{{Name: "batch", About: "training", Of: "batch",
			At: []float64{1, 2, 4}, Seconds: []float64{1, 2, 4.1}, Bytes: []float64{1e6, 2e6, 4e6},
			Time: metrics.Summary{Center: 1.02, Lo: .9, Hi: 1.1, N: 3}, Memory: metrics.Exactly(1)}},
		LeftOut: map[string]string{"torch.compile": "no compiler"}, Rows: []row{
			{Work: "train-64", About: "training", Size: size{"batch": 64}, Peer: "jax", Ours: .3, Theirs: .36,
				Ratio: 1.2, Lo: 1.15, Hi: 1.25, Goal: &goal, Gemm: &part,
				Notes: map[string]string{"jax, sampler": "DDIM"}},
			{Work: "w2", About: "a distance", Size: size{"points": 2}, Peer: "pot", Ours: 2, Theirs: 1, Ratio: .5,
				Lo: .4, Hi: .6},
		}}
}

// A report is read as it was written, and nothing else is read.
func TestReport(t *testing.T) {
	want, dir := example(), t.TempDir()
	if err := want.write(dir); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "bench.json")
	got, err := readReport(path)
	if err != nil || !cmp.Equal(got, want) {
		t.Fatalf("%v: %s", err, cmp.Diff(got, want))
	}
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var rows struct{ Rows []map[string]any }
	if err := json.Unmarshal(text, &rows); err != nil {
		t.Fatal(err)
	}
	for _, key := range []string{"work", "peer", "ours_s", "peer_s", "ratio", "lo", "hi", "goal", "gemm"} {
		if _, is := rows.Rows[0][key]; !is {
			t.Errorf("no %q in %v", key, rows.Rows[0])
		}
	}
	for from, to := range map[string]string{`"ratio"`: `"ration"`, `"rounds": 7`: `"rounds": "7"`} {
		if err := os.WriteFile(path, bytes.Replace(text, []byte(from), []byte(to), 1), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := readReport(path); err == nil {
			t.Errorf("a report with %s in place of %s is read", to, from)
		}
	}
	for _, want := range []string{"1 of 1 goals",
		"| `train-64` | training | jax | 300 ms | 360 ms | 1.2 | 1.15 to 1.25 |",
		"| 1.1 | reached | 25 % |", "`torch.compile` is left out", "jax, sampler: DDIM"} {
		if !strings.Contains(example().page(), want) {
			t.Errorf("the page lacks %q:\n%s", want, example().page())
		}
	}
}

// Numbers that differ, lists that differ and bounds that do not hold are errors.
func TestAgree(t *testing.T) {
	of := func(x ...float64) answer { return answer{Values: map[string][]float64{"x": x}} }
	within := func(got float64) answer { return answer{Bounds: map[string]bound{"error": {got, 0, 1}}} }
	for _, test := range []struct {
		name         string
		ours, theirs answer
		want         string
	}{
		{"equal", of(1, 2), of(1, 2), ""},
		{"close to the largest", of(100, 0), of(100, 1e-4), ""},
		{"apart", of(100, 0), of(100, 1e-2), "x, number 1: 0 here, 0.01 there"},
		{"not a number there", of(1), of(math.NaN()), "x, number 0"},
		{"not a number here", of(math.NaN()), of(1), "x, number 0"},
		{"lengths", of(1), of(1, 2), "1 numbers here and 2 there"},
		{"names", of(1), answer{Values: map[string][]float64{"y": {1}}}, "x has 1 numbers here and 0 there"},
		{"nothing", answer{}, answer{}, "0 lists"},
		{"bounds", within(.5), within(1), ""},
		{"beyond a bound there", within(.5), within(1.5), "error is 1.5 there"},
		{"beyond a bound here", within(math.NaN()), within(1), "error is NaN here"},
	} {
		err := agree(test.ours, test.theirs, 1e-5)
		if (err == nil) != (test.want == "") || err != nil && !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: %v, want %q", test.name, err, test.want)
		}
	}
}

// Every work has a name of its own, and its peers have registered their parts.
func TestTable(t *testing.T) {
	registered := map[string][]string{}
	files, err := filepath.Glob("../../scripts/bench/*.py")
	if err != nil || len(files) == 0 {
		t.Fatalf("%v, %v", files, err)
	}
	call, name := regexp.MustCompile(`work\("([^)]*)"\)`), regexp.MustCompile(`", "`)
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range call.FindAllStringSubmatch(string(text), -1) {
			parts := name.Split(m[1], -1)
			registered[parts[0]] = append(registered[parts[0]], parts[1:]...)
		}
	}
	seen := map[string]bool{}
	for _, w := range works {
		if seen[w.Name] {
			t.Errorf("two works are %s", w.Name)
		}
		seen[w.Name] = true
		for _, p := range w.Peers {
			if !slices.ContainsFunc(programs, func(q struct{ Name, About string }) bool { return q.Name == p.Name }) {
				t.Errorf("%s: there is no peer %s", w.Name, p.Name)
			}
			if _, err := os.Stat("../../scripts/bench/cold_" + p.Name + ".py"); w.Ours == nil && err != nil {
				t.Errorf("%s: %v", w.Name, err)
			}
			if w.Ours != nil && !slices.Contains(registered[w.Kind], p.Name) {
				t.Errorf("%s: %s has not registered %s", w.Name, p.Name, w.Kind)
			}
		}
	}
}

// A tiny work, through the protocol: its inputs are written, its numbers are right, and it runs.
func TestServe(t *testing.T) {
	dir := t.TempDir()
	var in, out bytes.Buffer
	for _, r := range []request{
		{Do: "run"},
		{Do: "prepare", Work: "none"},
		{Do: "prepare", Work: "fokker-planck", Size: size{"cells": 50, "steps": 3}, Dir: dir},
		{Do: "run"},
		{Do: "drop"},
	} {
		if err := json.NewEncoder(&in).Encode(r); err != nil {
			t.Fatal(err)
		}
	}
	if err := serve("go", &in, &out); err != nil {
		t.Fatal(err)
	}
	var answers []answer
	for decoder := json.NewDecoder(&out); decoder.More(); {
		var a answer
		if err := decoder.Decode(&a); err != nil {
			t.Fatal(err)
		}
		answers = append(answers, a)
	}
	if len(answers) != 6 || answers[0].Notes["backend"] != "go" || answers[1].Error == "" || answers[2].Error == "" ||
		answers[4].Seconds <= 0 || answers[5].Error != "" {
		t.Fatalf("%+v", answers)
	}
	mass := 0.
	for _, p := range answers[3].Values["density"] {
		mass += p * 6 / 49
	}
	if math.Abs(mass-1) > 1e-12 {
		t.Errorf("the mass after 3 steps is %g", mass)
	}
	start, err := data.OpenNPY(filepath.Join(dir, "start.npy"))
	if err != nil || start.N != 50 {
		t.Errorf("%+v, %v", start, err)
	}
}
