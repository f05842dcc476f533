package scripts

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// ask asks a kernel, and returns its answers and its log; see testdata/ask.py.
func ask(t *testing.T, questions ...[]any) (answers [][]string, log string) {
	t.Helper()
	if testing.Short() {
		t.Skip("starts a kernel")
	}
	if _, err := os.Stat("../.venv/.lab"); err != nil {
		t.Skip("JupyterLab is not set up: make lab")
	}
	text, err := json.Marshal(questions)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("../.venv/bin/python", "testdata/ask.py")
	var out, failed bytes.Buffer
	cmd.Stdin, cmd.Stdout, cmd.Stderr = bytes.NewReader(text), &out, &failed
	if err := cmd.Run(); err != nil {
		t.Fatalf("%v\n%s", err, failed.String())
	}
	var got struct {
		Answers [][]string
		Log     string
	}
	if err := json.Unmarshal(out.Bytes(), &got); err != nil || len(got.Answers) != len(questions) {
		t.Fatalf("%v: %s", err, out.String())
	}
	return got.Answers, got.Log
}

// TestCompletion: Tab names what a package of this checkout has, and Shift-Tab explains it, from the first cell on,
// also for what another cell declared.
func TestCompletion(t *testing.T) {
	const open = "import \"scorelab/lib/density\"\n\n%%\np := density."
	const whole = open + "Cross()\nfmt.Println(p)"
	answers, _ := ask(t,
		[]any{"complete", open, len(open)},
		[]any{"inspect", whole, strings.Index(whole, "Cross") + 1},
		[]any{"execute", "import \"scorelab/lib/density\"\n\n" +
			"func crossOfMine() *density.Mixture { return density.Cross() }"},
		[]any{"complete", "%%\ncrossOf", len("%%\ncrossOf")},
	)
	if !slices.Contains(answers[0], "NewMixture") {
		t.Errorf("Tab after density. names %q", answers[0])
	}
	text := strings.Join(answers[1], "")
	if !strings.Contains(text, "func density.Cross() *density.Mixture") || !strings.Contains(text, "is the cross") {
		t.Errorf("Shift-Tab on Cross says %q", text)
	}
	if !slices.ContainsFunc(answers[3], func(name string) bool { return strings.HasPrefix(name, "crossOfMine") }) {
		t.Errorf("Tab after crossOf names %q", answers[3])
	}
}

// mistakes are the common ones in cells, with the compiler's message, the hint below it, and the message in the table
// of the notebook to start from.
var mistakes = []struct{ cell, message, hint, row string }{
	{"x := 3", "expected declaration, found x",
		"a cell that runs statements needs a line %% above them", "expected declaration, found ..."},
	{"%%\nfmt.Println(fromAnotherCell)", "undefined: fromAnotherCell",
		"a name from below a %% lives only in its own cell", "undefined: x"},
	{"%%\ny := 3", "declared and not used: y",
		"Go wants every variable used", "declared and not used: x"},
	{"%%\nn := strconv.Atoi(\"3\")\nfmt.Println(n)",
		"assignment mismatch: 1 variable but strconv.Atoi returns 2 values",
		"the second value is an error", "assignment mismatch: 1 variable but f returns 2 values"},
	{"import \"example.org/nothing\"\n\n%%\nnothing.Do()", "cannot find module providing package example.org/nothing",
		"cells import the packages of this checkout", "cannot find module providing package x"},
}

// TestMistakesHaveHints: what the compiler says of a cell ends with what to do; and Jupyter's terminal shows errors
// alone.
func TestMistakesHaveHints(t *testing.T) {
	questions := [][]any{{"execute", "%%\nfmt.Println(6 * 7)"}}
	for _, m := range mistakes {
		questions = append(questions, []any{"execute", m.cell})
	}
	answers, log := ask(t, questions...)
	if got := strings.Join(answers[0], ""); got != "42\n" {
		t.Errorf("a good cell shows %q", got)
	}
	for i, m := range mistakes {
		got := strings.Join(answers[i+1], "\n")
		one := strings.Count(got, "hint: ") == 1
		if !one || !strings.Contains(got, m.message) || !strings.Contains(got, "hint: "+m.hint) {
			t.Errorf("%q shows\n%s", m.cell, got)
		}
	}
	// A line of its log begins with I, W or E for information, warning or error, and the date.
	if quiet := regexp.MustCompile(`(?m)^[IW]\d{4}|Error message`); quiet.MatchString(log) {
		t.Errorf("the terminal shows\n%s", log)
	}
}
