package scripts

import (
	"flag"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"scorelab/lib/diffusion"
)

var update = flag.Bool("update", false, "rewrite the tables of docs/")

// Each test that docs/faults.md names is there, and each of its rows names one.
func TestFaultsNameTheirTests(t *testing.T) {
	text, err := os.ReadFile("../docs/faults.md")
	if err != nil {
		t.Fatal(err)
	}
	named := regexp.MustCompile("`([a-z/]+)\\.((?:Test|Fuzz)[A-Za-z0-9]+)`")
	rows := 0
	for line := range strings.Lines(string(text)) {
		if !strings.HasPrefix(line, "| ") || strings.HasPrefix(line, "| Fault ") {
			continue
		}
		rows++
		tests := named.FindAllStringSubmatch(line, -1)
		if len(tests) == 0 {
			t.Errorf("no test in the row %s", line)
		}
		for _, test := range tests {
			if !declared(t, filepath.Join("..", test[1]), test[2]) {
				t.Errorf("%s has no test %s", test[1], test[2])
			}
		}
	}
	if rows < 20 {
		t.Errorf("%d rows", rows)
	}
}

// declared reports whether a package has a test of that name.
func declared(t *testing.T, dir, name string) bool {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*_test.go"))
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		source, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(string(source), "\nfunc "+name+"(") {
			return true
		}
	}
	return false
}

// docs/samplers.md holds the table of samplers, as it is; go test ./scripts -run Samplers -update writes it.
func TestSamplersPage(t *testing.T) {
	const path, begin, end = "../docs/samplers.md", "<!-- samplers -->\n", "<!-- end of samplers -->\n"
	page := read(t, path)
	before, rest, _ := strings.Cut(string(page), begin)
	_, after, found := strings.Cut(rest, end)
	if !found {
		t.Fatalf("%s has no place for the table, between %q and %q", path, begin, end)
	}
	want := before + begin + samplersTable(t) + end + after
	if *update {
		write(t, path, want, 0o644)
	}
	if string(page) != want && !*update {
		t.Errorf("%s is not the table of samplers: go test ./scripts -run Samplers -update", path)
	}
}

// samplersTable is diffusion.Samplers in Markdown, by what they do.
func samplersTable(t *testing.T) string {
	var text strings.Builder
	for _, part := range []struct {
		kind  diffusion.Kind
		title string
	}{
		{diffusion.ReverseKind, "From noise to data"},
		{diffusion.StaticKind, "On one density"},
		{diffusion.ForwardKind, "From data to noise"},
	} {
		fmt.Fprintf(&text, "\n### %s\n\n", part.title)
		text.WriteString("| Name | In Go | Source | Order | Evaluations | Random | To σ = 0 | Also called | Is not |\n")
		text.WriteString("|---|---|---|--:|--:|---|---|---|---|\n")
		for _, s := range diffusion.Samplers {
			if s.Kind == part.kind {
				fmt.Fprintf(&text, "| `%s` | [`%s`](../lib/diffusion/%s) | %s | %s | %s | %s | %s | %s | %s |\n",
					s.Name, s.Go,
					declaredIn(t, s.Go), s.Source, order(s.Order), evaluations(s.Evaluations), yes(s.Stochastic),
					yes(s.EndsAtData), s.Also, s.Not)
			}
		}
	}
	return text.String() + "\n"
}

// declaredIn is the file of lib/diffusion with the function or type that an expression begins with.
func declaredIn(t *testing.T, expression string) string {
	t.Helper()
	name := regexp.MustCompile(`^\w+`).FindString(expression)
	files, err := filepath.Glob("../lib/diffusion/*.go")
	if err != nil {
		t.Fatal(err)
	}
	declaration := regexp.MustCompile(`(?m)^(func|type) ` + name + `\b`)
	for _, file := range files {
		if !strings.HasSuffix(file, "_test.go") && declaration.Match(read(t, file)) {
			return filepath.Base(file)
		}
	}
	t.Fatalf("no file of lib/diffusion declares %s", name)
	return ""
}

func order(order float64) string {
	switch {
	case math.IsInf(order, 1):
		return "exact"
	case math.IsNaN(order):
		return "see there"
	}
	return fmt.Sprint(order)
}

func evaluations(n int) string {
	if n == diffusion.Adaptive {
		return "by tolerance"
	}
	return fmt.Sprint(n)
}

func yes(is bool) string {
	if is {
		return "yes"
	}
	return "no"
}
